"""The page that says how the hotline itself is: the figures that Prometheus gets, in words.

It is for who sees the gateways: administrators, heads and auditors. It shows no number and no word of a citizen. What sums up all tickets
is shown to administrators alone, who know of no ticket: compared with the tickets that a head or an auditor sees, it would tell of those
that are sealed, or that name the head.
"""

import contextlib
from http import HTTPStatus

from flask import Blueprint, abort, render_template

from hotline.domain.rights import Role
from hotline.guards import rights, runtime, volunteer
from hotline.services.condition import disks, figures
from hotline.services.condition.readiness import OK, disks_answer
from hotline.spool import SpoolFault
from hotline.storage.figures import MOST
from hotline.web.health import readiness

blueprint = Blueprint("condition", __name__, url_prefix="/condition")


@blueprint.before_request
def refuse_others() -> None:
    """Answer 404 to everybody but administrators, heads and auditors: nobody else learns that the page exists."""
    if not (volunteer().role in (Role.ADMINISTRATOR, Role.AUDITOR) or (rights().works and rights().is_head)):
        abort(HTTPStatus.NOT_FOUND)


@blueprint.get("")
def page() -> str:
    """How the hotline is."""
    rt = runtime()
    found, parts = figures.read(rt), readiness().ask()
    may_ask, spooled = disks_answer(parts), None
    if may_ask:
        with contextlib.suppress(SpoolFault):  # among the parts it is said to be broken
            spooled = disks.spooled(rt.config)
    return render_template(
        "condition.html",
        parts=parts,
        ok=OK,
        found=found,
        sums_up=volunteer().role == Role.ADMINISTRATOR,
        leaving=[(one.name, one.leaving) for one in found.gateways] + [("", found.unknown_gateways)],
        spooled=spooled,
        disks=disks.disks(rt.config) if may_ask else {},
        full_below=rt.config.watch.disk_percent,
        most=MOST,
        gigabytes=_gigabytes,
        now=found.now,
    )


def _gigabytes(size: int) -> str:
    return f"{size / 10**9:,.1f} GB"
