"""`hotline gateways pair`: sets up a phone that carries texts, and sends a first text by it. Each failure says what to do."""

import io
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

import click
import segno

from hotline.cli.setting import runtime_or_exit
from hotline.config import Config
from hotline.domain.phone import read_typed
from hotline.gateways.android import pairing, states
from hotline.gateways.android.rest import Rest
from hotline.gateways.android.settings import KIND, Phone
from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.settings import secret_variable
from hotline.runtime import Runtime
from hotline.storage import gatewaysigns

_APP = "https://github.com/capcom6/android-sms-gateway/releases"
_TEXT = "1 2 3"
_LOOK_S = 2.0


@click.command()
@click.argument("name")
@click.option("--to", required=True, help="A phone of yours that gets the first text, as 03001234567 or +923001234567.")
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(5, 600),
    default=120,
    show_default=True,
    help="Seconds to wait for the text, and then for the phone, which calls us once a minute.",
)
def pair(name: str, to: str, wait_s: int) -> None:
    """Set up the phone of [gateways.NAME], and send a first text by it.

    It can be done again at any time. The web process must run: at the end the phone calls it.
    """
    with runtime_or_exit() as rt:
        phone = _phone(rt.config, name)
        number = read_typed(to, rt.config.numbers.region)
        if number is None:
            raise click.ClickException(f"--to: {to!r} is no phone's number")
        _show_what_to_do(rt.config, phone)
        rest = pairing.rest_of(rt.config, phone)
        try:
            with _told_what_to_do(phone):
                unknown = pairing.set_up(rt.config, phone, rest)
            if unknown:
                click.echo(f"Not taken: {', '.join(unknown)}. Set these on the phone, or install a newer app from {_APP}")
            began = rt.clock()
            click.echo(
                f"The phone is set up: it tells of texts at {pairing.hook_url(rt.config, phone)}. Restart the app now if it asks for that."
            )
            with _told_what_to_do(phone):
                _send_first(rest, phone, number, wait_s=wait_s)
        finally:
            rest.close()
        _wait_for_ping(rt, phone, began, wait_s=wait_s)


def _phone(config: Config, name: str) -> Phone:
    settings = config.gateways.get(name)
    if settings is None or settings.kind != KIND:
        phones = [one for one, found in config.gateways.items() if found.kind == KIND]
        known = f"the phones are {', '.join(phones)}" if phones else f'write a table [gateways.{name}] with kind = "{KIND}" first'
        raise click.ClickException(f"there is no phone {name} in the configuration; {known}")
    if not config.public_url.startswith("https://") and not cast("Phone", settings).terms.pretend:
        raise click.ClickException("HOTLINE_PUBLIC_URL is not https: the app tells of texts at such an address only")
    return cast("Phone", settings)


def _show_what_to_do(config: Config, phone: Phone) -> None:
    """What the person at the phone does, and a QR code of what is to be typed there: who reads it can send by this phone."""
    terms = phone.terms
    if phone.is_local:
        steps = f"Settings, Local server: user {terms.user}, the password of the code below; then switch it on, and press Online"
        codes = [phone.password]
    else:
        address = f"{terms.url.rstrip('/').removesuffix('/3rdparty/v1')}/mobile/v1"
        steps = (
            f"Settings, Cloud server: the address {address}, which the first code below is; then sign in, and press Online\n"
            "  4. Settings, Webhooks, Signing key: the second code below. A server does not hand it on, and without it we take no text"
        )
        codes = [address, phone.signing_key]
    click.echo(f"On the phone: 1. Install the app from {_APP}")
    click.echo("  2. Let it send and read texts and see the phone's state; switch battery saving off for it")
    click.echo(f"  3. {steps}")
    for code in codes:
        drawn = io.StringIO()
        segno.make(code, error="m").terminal(drawn, compact=True)
        click.echo(drawn.getvalue(), nl=False)
    click.echo("  Who reads this can send by this phone, or pretend its texts: clear the screen afterwards.")
    click.echo(f"Then we ask {terms.url} and have it call {config.public_url}")


@contextmanager
def _told_what_to_do(phone: Phone) -> Iterator[None]:
    try:
        yield
    except GatewayError as fault:
        url = phone.terms.url
        if fault.outcome is Outcome.ILL:
            password = secret_variable(phone.name, "PASSWORD")
            what = f"the app refuses our user and password ({fault.code}): compare {password} with what it shows"
        elif fault.outcome is Outcome.REFUSED:
            what = f"the app refuses what we ask ({fault.code}): install a newer one from {_APP}, and see that HOTLINE_PUBLIC_URL is https"
        else:
            what = f"nobody answers at {url} ({fault.code}): see that phone and hotline are in one network and the app says Online"
        raise click.ClickException(what) from fault


def _send_first(rest: Rest, phone: Phone, to: str, *, wait_s: float) -> None:
    """Send a text by each SIM, and wait until the network has it."""
    for sim in phone.terms.sims or ("",):
        by = f"SIM {sim}" if sim else "the phone's own SIM"
        text_id = f"pair-{secrets.token_hex(8)}"
        pairing.send_first(rest, phone, to, _TEXT, sim=sim, text_id=text_id, lives_s=int(wait_s))
        ends, reason = time.monotonic() + wait_s, ""
        state: str | None = "Pending"
        while time.monotonic() < ends and state in ("Pending", "Processed"):
            time.sleep(_LOOK_S)
            state, reason = rest.state_of(text_id)
        if state in ("Sent", "Delivered"):
            click.echo(f"By {by}: the text {_TEXT!r} is {state.lower()}")
        elif state == "Processed":
            click.echo(f"By {by}: the phone has handed the text over, and the network says nothing; see whether it arrived at {to}")
        else:
            raise click.ClickException(_why_not_sent(by, state, reason))


def _why_not_sent(by: str, state: str | None, reason: str) -> str:
    if state != "Failed":
        return f"By {by}: the text still waits in the app: see that it says Online, and that it may send texts"
    code = states.failed(reason)[1]
    what = {
        "no_service": "there is no signal: move the phone, and see that the SIM is registered",
        "radio_off": "the phone is in flight mode: switch that off",
        "generic_failure": "the network refuses it: see that the SIM has balance, and send a text by hand",
        "limit_exceeded": "Android holds texts back: allow the app to send many (docs/gateways.md)",
        "no_sim": "there is no such SIM, or the app may not see it: allow it to see the phone's state",
    }.get(code, "send a text by hand on the phone, and see what it says")
    return f"By {by}: the text was not sent ({code}); {what}"


def _wait_for_ping(rt: Runtime, phone: Phone, began: datetime, *, wait_s: float) -> None:
    """Wait until the phone has told us how it is: then it reaches us."""
    ends = time.monotonic() + wait_s
    while time.monotonic() < ends:
        with rt.reading() as session:
            sign = gatewaysigns.every(session).get(phone.name)
        if sign is not None and sign.pinged_at is not None and sign.pinged_at >= began:
            battery = f"; battery {sign.battery} %" if sign.battery is not None else ""
            click.echo(f"The phone reaches us{battery}. Done.")
            return
        time.sleep(_LOOK_S)
    raise click.ClickException(
        f"the phone sends, and does not reach us at {pairing.hook_url(rt.config, phone)}: restart the app; open {rt.config.public_url} in "
        "the phone's browser, and see that it shows the hotline without a warning; see that the web process runs"
    )
