"""The web process: build the Runtime, hang guards and blueprints on it."""

import contextlib
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, cast

from flask import Flask, Response, g, request

from hotline import guards
from hotline.config import ConfigFault
from hotline.domain import reference
from hotline.domain.languages import BY_CODE, PAGE_LANGUAGES
from hotline.domain.lateness import came_late
from hotline.gateways.registry import GATEWAYS, load_config
from hotline.i18n import CatalogueFault, local_day, local_time
from hotline.jobs import RedisBell, RelayedBell
from hotline.keys import KeysFault
from hotline.log import configure_log, logger
from hotline.runtime import Runtime, build_runtime
from hotline.services.people.installation import DemoBesideReal, check_installation
from hotline.services.people.keysafe import check_keys
from hotline.services.texts.intake import make_ready
from hotline.spool import SpoolFault
from hotline.storage import revision
from hotline.storage.db import DatabaseFault
from hotline.storage.patience import ANSWER_S
from hotline.tables import TableFault
from hotline.web import (
    account,
    audit,
    auth,
    bridges,
    bulk,
    calls,
    condition,
    danger,
    digits,
    erasing,
    factor,
    facts,
    focus,
    gateways,
    going,
    health,
    keeping,
    looks,
    people,
    photos,
    pranks,
    presence,
    protocols,
    queues,
    recordings,
    redaction,
    releases,
    replies,
    ringing,
    roster,
    search,
    splitting,
    tickets,
    undoing,
    walkin,
    welcome,
    words,
)
from hotline.webhooks import prompts

BLUEPRINTS = (
    *(
        blueprint
        for kind, entry in GATEWAYS.items()
        if entry.has_webhooks
        for blueprint in importlib.import_module(f"hotline.webhooks.{kind}").BLUEPRINTS
    ),
    prompts.blueprint,
    health.blueprint,
    auth.blueprint,
    factor.blueprint,
    account.blueprint,
    welcome.blueprint,
    people.blueprint,
    audit.blueprint,
    looks.blueprint,
    tickets.blueprint,
    replies.blueprint,
    danger.blueprint,
    facts.blueprint,
    protocols.blueprint,
    queues.blueprint,
    recordings.blueprint,
    photos.blueprint,
    redaction.blueprint,
    releases.blueprint,
    calls.blueprint,
    bridges.blueprint,
    walkin.blueprint,
    search.blueprint,
    splitting.blueprint,
    undoing.blueprint,
    bulk.blueprint,
    roster.blueprint,
    ringing.blueprint,
    erasing.blueprint,
    going.blueprint,
    gateways.blueprint,
    condition.blueprint,
    pranks.blueprint,
)


_ASK_AGAIN_S = 1


class _Hotline(Flask):
    """Flask. What a gateway requests passes the guards alone, and none of what pages have: a language, a log-in, a form's token.

    So `before_request` and `after_request` are of pages, also those of a gateway's blueprint.
    """

    def preprocess_request(self) -> Any:
        """See Flask."""
        return guards.refuse_strangers() if request.path.startswith(guards.FOR_GATEWAYS) else super().preprocess_request()

    def process_response(self, response: Response) -> Response:
        """See Flask."""
        return guards.add_headers(response) if request.path.startswith(guards.FOR_GATEWAYS) else super().process_response(response)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view or hook of ours is a coroutine: to look at each of them for every request takes longer than to call it."""
        return func


def create_app(rt: Runtime | None = None) -> Flask:
    """Build the application. Without `rt` it builds the Runtime from the environment; if there are faults it lists them all and exits."""
    if rt is None:
        rt = _runtime_or_exit()
    config = rt.config
    app = _Hotline("hotline.web")
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="hotline",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=config.web.session_hours),
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=guards.FORM_LIMIT_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # a form holds as long as the log-in: a page that was left open for an hour must still work
        WTF_CSRF_SSL_STRICT=False,  # it compares the Referer with the Host header, which we do not trust
    )
    app.extensions["hotline"] = rt
    app.url_map.merge_slashes = False  # it redirects to the address in the Host header, which we do not trust
    app.url_map.converters["reference"] = tickets.ReferenceConverter
    app.before_request(auth.choose_language)
    app.before_request(auth.catch_words)
    guards.hang_guards(app, config)
    app.after_request(presence.note_presence)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _dress_pages(app, rt)
    return app


def _runtime_or_exit() -> Runtime:
    configure_log()
    try:
        config = load_config()
        rt = build_runtime(config, bell=RelayedBell(RedisBell(config.redis_url)), answer_s=ANSWER_S)
    except (ConfigFault, TableFault, CatalogueFault, KeysFault, OSError) as fault:  # OSError: SQLite's folder cannot be made
        sys.exit("\n".join(["hotline cannot start:", *(f"  {line}" for line in _lines(fault))]))
    make_ready(rt)
    try:
        rt.spool.make_ready()
        if lacks := revision.lacking(rt.engine):
            logger().error(f"{lacks}: say hotline release. What comes in and cannot be stored waits on the disk until then")
        check_installation(rt)
        check_keys(rt)
    except (DemoBesideReal, KeysFault, SpoolFault) as fault:
        sys.exit(f"hotline cannot start: {fault}")
    except DatabaseFault as fault:
        # Start all the same: the gateway repeats its requests and plays its fallback meanwhile, and all is well once the database is back.
        logger().error("the database is not there; run hotline doctor", fault=type(fault).__name__)
        threading.Thread(target=_check_once_it_is_back, args=(rt,), name="check", daemon=True).start()
    return rt


def _check_once_it_is_back(rt: Runtime) -> None:
    """End the process if the database that comes back is not its own: nothing in it could be read with our keys, and a phone that it knows
    would get a second contact."""
    while True:
        time.sleep(_ASK_AGAIN_S)
        with contextlib.suppress(DatabaseFault):
            try:
                check_installation(rt)
                check_keys(rt)
            except (DemoBesideReal, KeysFault) as fault:
                logger().error(f"hotline cannot go on: {fault}")
                os._exit(1)  # of a thread, `sys.exit` would end the thread alone
            return


def _lines(fault: Exception) -> list[str]:
    return list(fault.args[0]) if fault.args and isinstance(fault.args[0], list | tuple) else [str(fault)]


def _ngettext(one: str, many: str, n: int) -> str:
    return cast("str", g.translations.ngettext(one, many, n))


def _dress_pages(app: Flask, rt: Runtime) -> None:
    """Give every template gettext in the reader's language, times in the hotline's zone and references as people read them."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        guards.gettext,
        _ngettext,
        newstyle=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        words=words,
        in_order=digits.for_reader,
        for_reader=digits.plain_for_reader,
        focus=focus.FOCUS,
        first_looks=looks.counted,
        after_form=focus.after_form,
        language_names={code: BY_CODE[code].own_name for code in PAGE_LANGUAGES},
        local_time=lambda at: local_time(cast("datetime", at), g.language, rt.config.zone),
        local_day=lambda on: local_day(cast("date", on), g.language),
        written=reference.written,
        came_late=came_late,
        owner=keeping.owner,
        currency=rt.config.sending.currency,
        local_instant=lambda iso: local_time(datetime.fromisoformat(iso), g.language, rt.config.zone),
    )
