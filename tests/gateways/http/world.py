"""The services of the presets, and that of example.toml, before one pretend server."""

import dataclasses
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from werkzeug.serving import make_server

from hotline.domain.delivery import Delivery
from hotline.gateways.http import servicefile
from hotline.gateways.http.client import HttpGateway
from hotline.gateways.http.settings import Account, read_account
from hotline.sections import Sending
from hotline.services.texts.fetching import fetch_texts
from tests.gateways.http.pretend import MASK, PASSWORD, USER, Pretend
from tests.gateways.world import NOWHERE, Lack, Lacks, MakeRt, Mishap, World, hotline_on_loopback
from tests.servers import serving

NAME, HOOK, LINE = "aggregator", "a-secret-of-30-letters-in-path", "8020"
WORLDS = ("m3tech", "jazz", "zong", "telenor", "kannel", "jasmin", "example")

PUSHED = '[texts]\nsender = "from"\nwords = "text"\nid = "id"\n'
"""How a test's Zong and Telenor tell of texts: nothing public says how the real ones do."""

_ZONG_ANSWERS = """answers = [
    { contains = "message submitted", means = "taken" },
    { contains = "login failed", means = "ill" },
    { contains = "invalid destination", means = "refused" },
]
"""

LACKS: Mapping[str, Lacks] = {
    "m3tech": frozenset({Mishap.THROTTLED, Lack.REPORTS, Lack.LOOK_UP, Lack.LOG, Lack.PHOTOS}),
    "jazz": frozenset({Mishap.THROTTLED, Lack.REPORTS, Lack.ONCE, Lack.LOOK_UP, Lack.PHOTOS}),
    "zong": frozenset({Mishap.THROTTLED, Lack.REPORTS, Lack.ONCE, Lack.LOOK_UP, Lack.LOG, Lack.PHOTOS}),
    "telenor": frozenset({Mishap.REFUSED, Lack.REPORTS, Lack.ONCE, Lack.LOOK_UP, Lack.LOG, Lack.PHOTOS}),
    "kannel": frozenset({Lack.ONCE, Lack.LOOK_UP, Lack.LOG, Lack.PHOTOS}),
    "jasmin": frozenset({Mishap.THROTTLED, Lack.ONCE, Lack.LOOK_UP, Lack.LOG, Lack.PHOTOS}),
    "example": frozenset({Lack.PHOTOS}),
}
_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_MORE = {"^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}


def gsm7(words: str) -> bytes | None:
    """The words in GSM 03.38, a septet in each byte; None if they have other letters."""
    found = bytearray()
    for letter in words:
        if letter in _GSM7_MORE:
            found += bytes((0x1B, _GSM7_MORE[letter]))
        elif letter in _GSM7:
            found.append(_GSM7.index(letter))
        else:
            return None
    return bytes(found)


def file_of(name: str, folder: Path) -> Path:
    """The file of a service as its operator has it: the preset, with what it lacks."""
    if name == "example":
        return servicefile.PRESETS.parent / "example.toml"
    text = (servicefile.PRESETS / f"{name}.toml").read_text("utf-8")
    if name in ("zong", "telenor"):
        text = text.replace("answers = []\n", _ZONG_ANSWERS) + PUSHED
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def account_at(url: str, name: str, **more: Any) -> Account:
    """An account at the pretend service of that name. Its file has no faults."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        values = {"user": USER, "sender": MASK} | ({"short_code": "7005148"} if name == "jazz" else {})
        table = {"file": str(file_of(name, Path(folder))), "url": url, "values": values} | more
        prefix = f"HOTLINE_{NAME.upper()}_"
        account = read_account(NAME, table, {f"{prefix}PASSWORD": PASSWORD, f"{prefix}HOOK": HOOK}, faults)
    assert faults == []
    return account


class HttpWorld(World):
    def __init__(self, make_rt: MakeRt, name: str, pretend: Pretend, url: str, hotline_url: str) -> None:
        self.name, self.pretend, self._url, self._hotline_url = name, pretend, url, hotline_url
        self.account = account_at(url, name)
        self.rt = make_rt(gateways={NAME: self.account}, sending=Sending(timeout_s=1, undo_s=0))
        self.gateway: Any = HttpGateway(self.rt.config, NAME, clock=self.rt.clock)
        # M3Tech gives neither an id nor a time: for some minutes the same words of one phone are one text.
        self.apart_s = 241 if name == "m3tech" else 61
        self.tells = name != "jazz"
        self._told = 0

    def meets(self, mishap: Mishap | None) -> None:
        self.pretend.mishap = mishap
        if mishap is Mishap.ILL:
            self.pretend.sessions.clear()
            self.gateway._session.end(self.gateway._session._value)
        self.gateway._account = dataclasses.replace(self.account, url=NOWHERE if mishap is Mishap.NO_CONNECTION else self._url)

    def on_phones(self) -> list[tuple[str, str]]:
        return list(self.pretend.phones)

    def come_in(self, number: str, words: str, *, times: int = 1) -> None:
        self.come_in_untold(number, words)
        if self.name == "jazz":
            for _ in range(times):
                fetch_texts(self.rt, {NAME: self.gateway})
            return
        for _ in range(times):
            answer = self.tell(number, words, HOOK)
            assert answer.status_code == 200, answer.text
            assert answer.text == {"kannel": "", "jasmin": "ACK/Jasmin", "m3tech": "OK", "example": "OK"}.get(self.name, "")

    def come_in_untold(self, number: str, words: str) -> None:
        self._told += 1
        at = self.rt.clock().astimezone(self.rt.config.zone)
        self.pretend.rows.append({"smsDate": f"{at:%Y-%m-%d %H:%M:%S}", "smsFrom": number, "smsMessage": words, "smsTo": "7005148"})
        message = {"id": f"text-{self._told}", "from": number, "text": words, "sent": at.isoformat(), "to": LINE}
        self.pretend.messages.append(message)

    def forge(self, number: str, words: str) -> None:
        assert self.tell(number, words, "another-secret-of-30-letters-x").status_code == 403

    def tell(self, number: str, words: str, secret: str) -> requests.Response:
        """The service tells of its newest text."""
        url, sign = f"{self._hotline_url}/hooks/http/{NAME}/{secret}/texts", f"text-{self._told}"
        if self.name == "kannel":
            plain = gsm7(words) is not None
            fields: list[tuple[str, str | bytes]] = [
                ("id", sign), ("from", number), ("to", LINE), ("text", words.encode("utf-8" if plain else "utf-16-be")),
                ("charset", "UTF-8" if plain else "UTF-16BE"), ("at", str(int(self.rt.clock().timestamp()))),
            ]  # fmt: skip
            return requests.get(f"{url}?{urlencode(fields)}", timeout=10)
        if self.name == "jasmin":
            raw, coding = (gsm7(words), b"\x00") if gsm7(words) is not None else (words.encode("utf-16-be"), b"\x08")
            assert raw is not None
            form = {"id": sign, "from": number, "to": LINE, "origin-connector": "smpp1", "content": raw, "binary": raw.hex()}
            return requests.post(url, data=form | {"priority": "1", "coding": coding}, timeout=10)
        more = {} if self.name == "m3tech" else {"id": sign}
        return requests.post(url, data={"from": number, "text": words, **more}, timeout=10)

    def report(self, delivery: Delivery, *, times: int = 1) -> None:
        for _ in range(times):
            assert self._report(delivery, HOOK).status_code == 200

    def forge_report(self, delivery: Delivery) -> None:
        assert self._report(delivery, "another-secret-of-30-letters-x").status_code == 403

    def _report(self, delivery: Delivery, secret: str) -> requests.Response:
        is_there = delivery is Delivery.DELIVERED
        if self.name == "example":
            given = f"{self._hotline_url}/hooks/http/{NAME}/{secret}/reports"
            fields = {"our_id": list(self.pretend.by_id)[-1], "status": "DELIVRD" if is_there else "ENROUTE"}
            return requests.post(given, data=fields, timeout=10)
        address = urlsplit(self.pretend.report_urls[-1].replace("%d", "1" if is_there else "8"))
        url = f"{self._hotline_url}{address.path.replace(HOOK, secret)}"
        query = dict(parse_qsl(address.query))
        if self.name == "kannel":
            return requests.get(url, params=query, timeout=10)
        form = {"id": "x", "level": "2", "message_status": "DELIVRD" if is_there else "ACCEPTD", "err": "000", "text": "some words"}
        return requests.post(url, params=query, data=form, timeout=10)


@contextmanager
def open_world(make_rt: MakeRt, name: str = "m3tech") -> Iterator[World]:
    """The pretend service of that name, and a hotline that it tells of texts."""
    pretend = Pretend()
    with hotline_on_loopback() as (hotline, hotline_url), serving(make_server("127.0.0.1", 0, pretend, threaded=True)) as url:
        world = HttpWorld(make_rt, name, pretend, url, hotline_url)
        hotline.opens(world.rt)
        yield world
