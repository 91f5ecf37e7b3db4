"""`python -m tests.journeys.smscmain PORT CONTROL-PORT FILE`: the pretend SMSC as a process that can be killed.

What it took is in FILE before it is answered, so that it knows of it after a kill, as an SMSC does. Each text is reported as delivered,
a while after it was taken; a receipt that was not taken is told again. GET /texts at the other port: [{"to", "text"}]; POST {"from",
"text"}: a citizen's phone texts the short code.
"""

import asyncio
import contextlib
import itertools
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import smpp34

from tests.gateways.smpp.smsc import Smsc, in_parts, on_phones

_REPORTED_AFTER_S, _AGAIN_S = 0.3, 0.5


class KeptSmsc:
    """The SMSC, its file, and the receipts that it still has to bring."""

    def __init__(self, port: int, path: Path) -> None:
        self._smsc, self._path, self._lock = Smsc(), path, threading.Lock()
        self._references = itertools.count(1)
        self._reports: set[Any] = set()
        self._smsc.port = port
        lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
        self.taken = [json.loads(line) for line in lines if line.endswith("\n")]
        began = len(self.taken)
        self._smsc.give_id = lambda count: f"{began + count:08X}"
        self._smsc.before_answer = self._keep
        self._file = path.open("a", encoding="utf-8")
        if lines and not lines[-1].endswith("\n"):
            self._file.write("\n")
        self._smsc.open()

    async def _keep(self, event: Any, given: str) -> None:
        line = {
            "id": given,
            "to": event.destination_addr,
            "message": bytes(event.short_message).hex(),
            "coding": event.data_coding,
            "esm_class": event.esm_class,
            "tlvs": [[tlv.tag, bytes(tlv.value).hex()] for tlv in event.tlvs],
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        with self._lock:
            self.taken.append(line)
        report = asyncio.ensure_future(self._report(event.destination_addr, given))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def _report(self, number: str, given: str) -> None:
        await asyncio.sleep(_REPORTED_AFTER_S)
        said = f"id:{given} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:"
        tlvs = [
            smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, given.encode() + b"\0"),
            smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([2])),
        ]
        for _ in range(200):
            with contextlib.suppress(StopIteration, RuntimeError):  # nobody is bound just now
                if await self._smsc.delivering(number, said.encode(), esm_class=4, tlvs=tlvs) == 0:
                    return
            await asyncio.sleep(_AGAIN_S)

    def on_phones(self) -> list[dict[str, str]]:
        with self._lock:
            taken = list(self.taken)
        events = [
            (
                SimpleNamespace(
                    destination_addr=one["to"],
                    short_message=bytes.fromhex(one["message"]),
                    data_coding=one["coding"],
                    esm_class=one["esm_class"],
                    tlvs=[SimpleNamespace(tag=tag, value=bytes.fromhex(value)) for tag, value in one["tlvs"]],
                ),
                one["id"],
            )
            for one in taken
        ]
        return [{"to": to, "text": text} for to, text in on_phones(events)]

    def text(self, number: str, words: str) -> bool:
        """A citizen texts; whether we took all parts."""
        return all(self._smsc.deliver(number, part, **fields) == 0 for part, fields in in_parts(words, next(self._references)))


class _Handler(BaseHTTPRequestHandler):
    smsc: KeptSmsc

    def do_GET(self) -> None:
        self._answer(200, self.smsc.on_phones() if self.path == "/texts" else [])

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(201 if self.smsc.text(given["from"], given["text"]) else 503, None)

    def _answer(self, status: int, document: Any) -> None:
        raw = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None: ...


def main() -> None:
    port, control = map(int, sys.argv[1:3])
    _Handler.smsc = KeptSmsc(port, Path(sys.argv[3]))
    ThreadingHTTPServer(("127.0.0.1", control), _Handler).serve_forever()


if __name__ == "__main__":
    main()
