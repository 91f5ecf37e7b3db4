"""How a hotline that runs is: who stands still, what does not leave, what is nearly full or about to end."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hotline.cli.checks.verdict import Doubtful, Unseen, Wrong, runtime_of
from hotline.config import Config
from hotline.runtime import Runtime
from hotline.services.condition import certificate, disks, telling, ticks


def running(config: Config) -> str:
    """Look whether the clock and the worker of each queue do anything."""
    try:
        with runtime_of(config) as rt:
            with rt.reading() as session:
                seen = ticks.read(session)
            still, since = ticks.still(seen, rt.clock()), _shown(rt, max((at for at in seen.values() if at), default=None))
    except Unseen:
        return "whether clock and workers do anything shows once the rest is mended"
    just_begun = "if they were started just now, ask again in a minute"
    if not any(seen.values()):
        raise Doubtful(f"neither the clock nor a worker has done anything yet: start them; {just_begun}")
    if still:
        raise Wrong(
            f"stand still: {', '.join(still)}; the last of all that was done is of {since}. Start what does not run "
            f"(clock, workers), and see its log; {just_begun}"
        )
    return "the clock and all workers"


def texts(config: Config) -> str:
    """Look whether a text that should have left waits."""
    try:
        with runtime_of(config) as rt:
            since = telling.unsent_since(rt)
            shown = _shown(rt, since)
    except Unseen:
        return "what waits to leave shows once the rest is mended"
    if since is not None:
        raise Wrong(f"should have left since {shown}: see hotline gateways, and whether the worker of sending runs")
    return "none that should have left waits for long"


def disk(config: Config) -> str:
    """Look how much is free where our files lie."""
    if not config.database_url:
        return "how much is free shows once the rest is mended"
    if full := disks.nearly_full(config):
        raise Wrong(
            f"less than {config.watch.disk_percent} % is free where these lie: {', '.join(full)}; make room before texts are refused"
        )
    return "enough is free"


def address(config: Config) -> str:
    """Look until when the certificate of the public address holds, as a worker saw it. One that ends is asked for again: it may be new."""
    if urlsplit(config.public_url).scheme != "https":
        return "not https, so it has no certificate"
    try:
        with runtime_of(config) as rt:
            now, ends = rt.clock(), certificate.known_end(rt)
    except Unseen:
        return "until when its certificate holds shows once the rest is mended"
    soon = now + timedelta(days=config.watch.certificate_days)
    if ends is not None and ends <= soon:
        ends = certificate.ends_at(config.public_url, now=now) or ends
    if ends is None:
        return "until when its certificate holds is not known: no worker of this hotline has reached it yet"
    if ends <= now:
        raise Wrong(f"the certificate of {config.public_url} does not hold: gateways refuse to call us. Renew it, and reload the proxy")
    if ends <= soon:
        raise Doubtful(f"the certificate of {config.public_url} ends on {ends:%Y-%m-%d}: see why it was not renewed")
    return f"its certificate holds until {ends:%Y-%m-%d}"


def _shown(rt: Runtime, at: datetime | None) -> str:
    return f"{at.astimezone(rt.config.zone):%Y-%m-%d %H:%M}" if at is not None else ""
