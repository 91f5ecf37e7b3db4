"""Whether somebody can be rung at every hour."""

from hotline.cli.checks.verdict import Wrong, runtime_of
from hotline.config import Config
from hotline.gateways.registry import gateways_in_use
from hotline.runtime import Runtime
from hotline.services.duty import coverage

_THIN = 14
"""How many stretches of thin hours are named: two a day."""


def check(config: Config) -> str:
    """Check that volunteers can be rung, and that at every hour of the next seven days there are two phones to ring."""
    if not config.gateway_is_real:
        return "not asked beside a pretend gateway, which rings nobody"
    if not any(entry.calls for entry in gateways_in_use(config).values()):
        raise Wrong("no alarm can ring a volunteer: the gateway in use places no calls; set up another, such as a phone line of your own")
    if not config.voice.number:
        raise Wrong("no alarm can ring a volunteer: [voice] number is empty; write the number there from which the gateway places calls")
    with runtime_of(config) as rt:
        thin = _thin_hours(rt)
    if thin:
        more = f", and {len(thin) - _THIN} more" if len(thin) > _THIN else ""
        raise Wrong(
            f"fewer than {coverage.LEAST} people can be rung: {', '.join(_hours(one) for one in thin[:_THIN])}{more}; on the page "
            "Roster plan shifts of people who gave a phone that may be rung, or add phones to [voice] duty_line"
        )
    return f"{coverage.LEAST} people or more can be rung at every hour of the next seven days"


def _thin_hours(rt: Runtime) -> list[coverage.Thin]:
    with rt.reading() as session:
        return coverage.thin_hours(rt, session)


def _hours(thin: coverage.Thin) -> str:
    ends = f"{thin.ends:%H:%M}" if thin.begins.date() == thin.ends.date() else f"{thin.ends:%A %Y-%m-%d %H:%M}"
    return f"{thin.begins:%A %Y-%m-%d %H:%M} to {ends} ({thin.phones or 'nobody'})"
