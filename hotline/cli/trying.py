"""`hotline gateways try`: walks a service's file against our account, and says what the service answered and what that means.

No secret is shown, of a number the last three digits, and of texts that came in nothing: only how the answer is built.
"""

import html
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import click

from hotline.cli.setting import config_or_exit
from hotline.config import Config
from hotline.domain.phone import read_typed
from hotline.domain.textids import our_id
from hotline.gateways.base import GatewayError, Outcome, OutgoingText
from hotline.gateways.http.answers import Document, Judged
from hotline.gateways.http.client import HttpGateway
from hotline.gateways.http.service import Service
from hotline.gateways.http.settings import HOOK, Account
from hotline.gateways.settings import secret_variable
from hotline.keys import KeysFault, read_keys
from hotline.log import configure_log

_SHOWN = 400
_NUMBER = re.compile(r"\+?[0-9](?:[\s-]?[0-9]){6,}")
_ESCAPED = re.compile("%[0-9A-F]{2}")
_SHAPES, _DEEP = 20, 8

_SAYS = {
    Outcome.NOT_SENT: "it was not sent, and may be later; look whether the service is there, and try again",
    Outcome.REFUSED: "the service will not send it to this number, or not these words",
    Outcome.STOPPED: "the service says that this phone wants no texts",
    Outcome.UNREACHABLE: "the phone is off or away",
    Outcome.ILL: "our account cannot be used: look at user, password, sender, balance, and whether the service knows our address",
    Outcome.UNKNOWN: "nobody knows whether it was sent: no rule knows this answer, or none came; look at the phone, then write a rule",
}


@click.command(name="try")
@click.argument("name")
@click.option("--to", required=True, help="A phone of your own, as 03001234567 or +923001234567.")
@click.option("--words", default="test 123", show_default=True, help="What to send: try an Urdu text as well.")
def try_gateway(name: str, to: str, words: str) -> None:
    """Walk the service of the gateway NAME: log in, send one text, look it up, ask for texts; and say what was answered."""
    configure_log("ERROR")
    config = config_or_exit()
    account, service = _account(config, name)
    number = read_typed(to, config.numbers.region)
    if number is None:
        raise click.ClickException(f"--to: {to!r} is no phone's number")
    untried = ": untried with the service itself" if service.untried else ""
    click.echo(
        f"{service.name} at {account.url}, by {service.origin if service.origin != 'shipped' else 'the file that is shipped'}{untried}"
    )
    told = _Told(account)
    gateway = HttpGateway(config, name, heard=told)
    is_sent = _step("log in", gateway.log_in) if service.login is not None else True
    if is_sent:
        is_sent = _send(config, gateway, told, number, words)
    if service.poll is not None:
        _step("texts", lambda: click.echo(f"  texts that came in: {len(list(gateway.poll()))}"))
    _say_hooks(config, account, service)
    if not is_sent:
        raise click.exceptions.Exit(1)


def _account(config: Config, name: str) -> tuple[Account, Service]:
    account = config.gateways.get(name)
    if isinstance(account, Account) and account.service is not None:
        return account, account.service
    names = ", ".join(one for one, settings in config.gateways.items() if isinstance(settings, Account))
    raise click.ClickException(f"{name} is no gateway of the kind http; there are: {names or 'none'}")


def _send(config: Config, gateway: HttpGateway, told: "_Told", number: str, words: str) -> bool:
    try:
        tag = read_keys(config.keys_file).tag
    except KeysFault as fault:
        raise click.ClickException(str(fault)) from fault
    # Its number is the time: no text that is stored has so high a one, so that a report of it changes nothing.
    stands_for = int(time.time())
    text = OutgoingText(stands_for, 1, number, words, our_id(tag, stands_for, 1))
    if not _step("send", lambda: click.echo(f"  taken, under {gateway.send(text).gateway_id}")):
        return False
    if gateway.service.query is not None:
        theirs = told.last_id or text.our_id
        _step("look up", lambda: click.echo(f"  {gateway.ask_about(theirs, text).means}"))
    return True


def _step(what: str, ask: Any) -> bool:
    """Do a step, and say what went wrong. True if nothing did."""
    click.echo(f"{what}:")
    try:
        ask()
    except GatewayError as fault:
        click.echo(f"  FAILED ({fault.code}): {_SAYS[fault.outcome]}")
        return False
    return True


class _Told:
    """Shows each answer. `last_id`: the service's id of the last text that it took."""

    def __init__(self, account: Account) -> None:
        hidden = {form for secret in account.secrets for form in _forms(secret)}
        self._hidden = sorted(hidden, key=len, reverse=True)
        self.last_id: str | None = None

    def __call__(self, step: str, judged: Judged) -> None:
        if step == "log in" and judged.id:
            self._hidden.append(judged.id)
        elif judged.id:
            self.last_id = judged.id
        click.echo(f"  answered {judged.answer.status}, {len(judged.answer.body)} bytes")
        for line in shapes(judged.document) if step == "poll" else [self._masked(judged.document.text)]:
            click.echo(f"    {line}")
        rule = judged.rule
        click.echo(f"  rule {rule.number} of {step}: {rule.means}" if rule is not None else f"  no rule of {step} knows this answer")

    def _masked(self, said: str) -> str:
        for secret in self._hidden:
            said = said.replace(secret, "…")
        said = _NUMBER.sub(lambda found: f"…{found[0][-3:]}", said)
        return "".join(c if c.isprintable() else " " for c in said[:_SHOWN])


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as an answer may repeat it: as it is, and as an address, XML, HTML and JSON write it."""
    in_json = json.dumps(secret)[1:-1]
    in_address = (quote(secret), quote(secret, safe=""), quote_plus(secret))
    in_small = (_ESCAPED.sub(lambda found: found[0].lower(), one) for one in in_address)
    return (secret, *in_address, *in_small, escape(secret), html.escape(secret), in_json, in_json.replace("/", "\\/"))


def shapes(document: Document) -> list[str]:
    """How an answer is built: the paths in it, each once, without what stands there."""
    if isinstance(document.json, dict | list):
        found = _of_json(document.json, "")
    elif document.xml is not None:
        found = _of_xml(document.xml, "")
    else:
        return ["(neither JSON nor XML)"]
    return list(dict.fromkeys(path for path, _ in zip(found, range(10_000), strict=False)))[:_SHAPES]


def _of_json(value: Any, path: str) -> Iterator[str]:
    inside = value.items() if isinstance(value, dict) else (("0", one) for one in value) if isinstance(value, list) else ()
    if path:
        yield path
    if path.count(".") < _DEEP:
        for name, one in inside:
            yield from _of_json(one, f"{path}.{name}" if path else name)


def _of_xml(element: ET.Element, path: str) -> Iterator[str]:
    here = f"{path}/{element.tag}" if path else element.tag
    yield here
    if here.count("/") < _DEEP:
        for child in element:
            yield from _of_xml(child, here)


def _say_hooks(config: Config, account: Account, service: Service) -> None:
    where = f"{config.public_url}/hooks/http/{account.name}/<{secret_variable(account.name, HOOK)}>"
    if service.texts is not None:
        click.echo(f"texts that come in: the service has to call {where}/texts")
    if service.reports is not None:
        click.echo(f"reports: the service has to call {where}/reports, if it is not told with each text")
    if service.poll is None and service.texts is None:
        click.echo("texts that come in: this file says nothing of them; citizens who answer are not heard")
    if not service.knows_taken:
        click.echo("No rule means that a text was taken: copy the file, add one for the answer above, and name the copy in `file`.")
