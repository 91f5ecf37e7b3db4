"""What there is to say of the gateways, and what is still at them."""

import io

from hotline.cli import gatewaylines
from hotline.cli.checks.verdict import Doubtful, Unseen, Wrong, runtime_of
from hotline.config import Config
from hotline.gateways.base import GatewayFault
from hotline.gateways.registry import gateways_in_use
from hotline.media.store import StoreFault, open_store
from hotline.runtime import Runtime
from hotline.services.calls import takenout
from hotline.services.keeping import forgetting
from hotline.services.keeping.forgetting import Kept

_PROBE = "doctor"


def gateway(config: Config) -> str:
    used = gateways_in_use(config)
    if not used:
        raise Wrong(f"{' or '.join(gateway.key for gateway in config.gateways.values())} is not set: no text can come or go")
    if not any(gateway.texts for gateway in used.values()):
        raise Wrong(f"no text can come or go: {', '.join(used)} carries calls only; set up another gateway for texts")
    if config.gateway_is_real and not config.public_url.startswith("https://"):
        raise Wrong("HOTLINE_PUBLIC_URL is not https: texts would cross the internet in the clear")
    return f"{len(used)} set up" if config.gateway_is_real else "a pretend one on this machine"


def one_gateway(config: Config, name: str) -> str:
    """Ask the gateway itself, then our own book of it."""
    try:
        told = gateways_in_use(config)[name].check(config, name)
    except GatewayFault as fault:
        raise Wrong(str(fault)) from fault
    try:
        with runtime_of(config) as rt:
            carries, said = gatewaylines.said(rt, name)
    except Unseen:
        return f"{told}; how it is shows once the rest is mended"
    if not carries:
        raise Doubtful(f"{told}; {said}; see hotline gateways")
    return f"{told}; {said}"


def recordings(config: Config) -> str:
    """Check that recordings can be stored, and that the gateway gives them to nobody without a password."""
    if config.media.bucket:
        store = open_store(config)
        try:
            store.save(_PROBE, io.BytesIO(b"hotline doctor"))
            is_there = store.size(_PROBE) is not None
        except StoreFault as fault:
            raise Wrong(f"cannot be stored ({fault}); check [media] and HOTLINE_S3_ACCESS_KEY") from fault
        if not is_there:
            raise Wrong("what was stored is not there; check [media]")
    where = f"in the bucket {config.media.bucket}" if config.media.bucket else "in the data folder"
    try:
        ask_for_a_password = [check(config) for entry in gateways_in_use(config).values() if (check := entry.check_recordings) is not None]
    except GatewayFault as fault:
        raise Wrong(str(fault)) from fault
    if any(ask_for_a_password):
        return f"{where}, and the gateway asks for a password"
    return f"{where}, and none is at the gateway to try its password on"


def kept(config: Config) -> str:
    """Look at the texts and calls that are still at the gateway."""
    try:
        with runtime_of(config) as rt:
            return _kept(rt)
    except Unseen:
        return "what the gateway still has shows once the rest is mended"


def _kept(rt: Runtime) -> str:
    carry_calls = [name for name, entry in gateways_in_use(rt.config).items() if entry.calls is not None]
    with rt.reading() as session:
        kept, left = forgetting.kept(rt, session), takenout.left_at(session, carry_calls)
    if kept.late_since is not None:
        since = kept.late_since.astimezone(rt.config.zone)
        raise Wrong(f"texts or calls should have been deleted at the gateway since {since:%Y-%m-%d}: {_why(rt, kept)}")
    if left:
        where = ", ".join(f"{rows} at {name}" for name, rows in sorted(left.items()))
        raise Doubtful(
            f"recordings were not deleted at gateways that are not configured any more ({where}): "
            "put their tables back until none is left, or delete them there by hand"
        )
    failing = f"; {kept.failing} could not be deleted yet ({kept.reason})" if kept.failing else ""
    condition = ", once a verified backup holds them" if rt.config.gateway_is_real else ""
    return f"texts and calls are deleted at the gateway after {rt.config.sending.gateway_keep_days} days{condition}{failing}"


def _why(rt: Runtime, kept: Kept) -> str:
    """What keeps them there, and what to do."""
    if kept.failing:
        return f"{kept.failing} could not be deleted, with the gateway's code {kept.reason}; look it up, or delete them in its console"
    if not rt.config.gateway_is_real:
        return "the worker of calls is behind; see that it runs"
    if kept.covered_until is None:
        return "no backup was verified yet, and until then the gateway has the only other copy; run: hotline backup verify"
    covered = kept.covered_until.astimezone(rt.config.zone)
    return f"the newest verified backup holds what is from before {covered:%Y-%m-%d}; run: hotline backup verify. Else see that workers run"
