"""Tells whether this process is alive."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> tuple[str, int, dict[str, str]]:
    """200 while the process answers. `hotline doctor` checks everything else."""
    return "ok\n", 200, {"Content-Type": "text/plain"}
