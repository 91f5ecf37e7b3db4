"""Many due texts, gateways and workers that are killed in turn, and the books afterwards: each text arrived once, or is listed."""

import contextlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from hotline.domain.delivery import Delivery, Reason
from hotline.sealing import mark, new_contact_key, wrap
from hotline.storage import sealed
from hotline.storage.db import make_engine
from hotline.storage.models import Contact, Message
from tests.journeys.carrying import PHONES, SERVICES, SMPP, CarryingHotline, no_worker
from tests.support import KEYS

_WORDS = "482-719-365: this is one of many texts."
_LONG_AGO = "2020-01-01 00:00:00.000000"
_STILL_ON_ITS_WAY_S = 4
"""So long after a doubt a text may still be on its way to its gateway. Until then nobody may look it up."""


def number(of: int) -> str:
    """The phone to which the due text of that number goes: each has its own."""
    return f"+92399{of:07d}"


def queue(url: str, texts: int) -> None:
    """Queue so many texts, due now."""
    now = datetime.now(UTC)
    keys = {number(of): new_contact_key() for of in range(texts)}
    person = {"kind": "phone", "country": "PK", "language": "ur", "language_named": False, "may_text": True, "may_call": True}
    person |= {"on_hold": False, "created_at": now, "times_seen": 1}
    people = [
        {**person, "uid": key.uid, "wrapped_key": wrap(KEYS, key), "mark": mark(KEYS, to), "number": sealed.seal_number(key, to)}
        for to, key in keys.items()
    ]
    text = {"direction": "out", "gateway": "", "created_at": now, "rank": 1, "text_key": "status_received", "language": "en", "segments": 1}
    text |= {"delivery": Delivery.QUEUED, "attempts": 0, "look_ups": 0, "next_attempt_at": now}
    words = {mark(KEYS, to): sealed.seal_body(key, _WORDS, direction="out", created_at=now) for to, key in keys.items()}
    engine = make_engine(url, pool_size=1)
    with engine.begin() as connection:
        connection.execute(insert(Contact), people)
        found = connection.execute(select(Contact.id, Contact.mark)).all()
        rows = [{**text, "contact_id": row.id, "sealed": words[row.mark]} for row in found if row.mark in words]
        connection.execute(insert(Message), rows)
    engine.dispose()


@dataclass(frozen=True)
class Kills:
    """Who was killed, and how often. `on_the_wire`: ids of the texts that the sending worker was handing over when it was killed."""

    times: Counter[str] = field(default_factory=Counter)
    on_the_wire: set[int] = field(default_factory=set)

    def note_the_wire(self, hotline: CarryingHotline) -> None:
        """Note what a sending worker that is dead now was handing over. The next one must not have begun."""
        time.sleep(0.2)  # what it had asked of the database is done by now
        self.on_the_wire.update(row.id for row in hotline.rows("SELECT id FROM messages WHERE delivery = 'sending' AND unhanded IS NULL"))


def kill_in_turn(hotline: CarryingHotline, texts: int, *, rounds: int, away_s: float) -> Kills:
    """Kill each service, the process that holds the link, and the sending worker, while texts leave.

    Between two kills so many texts leave that there are `rounds` kills of each; the last twentieth leaves undisturbed.
    """
    victims = (*PHONES, SMPP, "smsc", "sending")
    kills = Kills()
    for number, name in enumerate(victims * rounds, 1):
        left = texts - texts * number * 19 // (20 * len(victims) * rounds)
        hotline.wait_until(lambda left=left: _waiting(hotline) <= left, within_s=180)  # type: ignore[misc]  # mypy infers no type of a default
        if name in SERVICES:
            hotline.restart_service(name, away_s=away_s)
        else:
            hotline.kill_child(name)
            if name == "sending":
                kills.note_the_wire(hotline)
        kills.times[name] += 1
    return kills


def _waiting(hotline: CarryingHotline) -> int:
    """How many texts have never been claimed."""
    return int(hotline.rows("SELECT count(*) FROM messages WHERE delivery = 'queued' AND attempts = 0 AND direction = 'out'")[0][0])


def settle(hotline: CarryingHotline, kills: Kills, *, hurry: bool, within_s: float) -> None:
    """Wait until every text was sent, has failed, or is listed for a person. `hurry`: shorten the waits that are safe to shorten."""
    if hurry:
        with no_worker(hotline):
            kills.note_the_wire(hotline)
            hotline.rows("UPDATE messages SET claimed_at = :past WHERE delivery = 'sending'", past=_LONG_AGO)

    def is_settled() -> bool:
        if hurry:
            before = (datetime.now(UTC) + timedelta(seconds=20 - _STILL_ON_ITS_WAY_S)).strftime("%Y-%m-%d %H:%M:%S.%f")
            hotline.rows("UPDATE messages SET next_attempt_at = :past WHERE delivery = 'queued'", past=_LONG_AGO)
            doubtful = "delivery = 'unknown' AND next_attempt_at < :before"
            hotline.rows(f"UPDATE messages SET next_attempt_at = :past WHERE {doubtful}", past=_LONG_AGO, before=before)
        time.sleep(0.5)
        open_ = "delivery IN ('queued', 'sending') OR (delivery = 'unknown' AND next_attempt_at IS NOT NULL)"
        return hotline.rows(f"SELECT count(*) FROM messages WHERE {open_}")[0][0] == 0

    hotline.wait_until(is_settled, within_s=within_s)


@dataclass(frozen=True)
class Balance:
    """The books of due texts: what the rows say, beside what arrived on phones. `faults`: a sentence each."""

    sent: int
    never_known: int
    failed: int
    by_gateway: Counter[str]
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {count:,}" for name, count in sorted(self.by_gateway.items()))
        return f"{self.sent:,} sent ({shares}), {self.never_known:,} never to be known, {self.failed:,} failed"


def balance(hotline: CarryingHotline, texts: int, kills: Kills) -> Balance:
    """Compare the rows of all due texts with the phones."""
    sql = "SELECT c.mark, m.id, m.delivery, m.reason, m.gateway FROM messages m JOIN contacts c ON c.id = m.contact_id"
    rows = hotline.rows(f"{sql} WHERE m.direction = 'out' AND m.text_key = 'status_received'")
    numbers = {mark(KEYS, number(of)): number(of) for of in range(texts)}
    ours = [(numbers[bytes(row.mark)], row) for row in rows if bytes(row.mark) in numbers]
    arrived = hotline.times_arrived()
    sent = [(to, row) for to, row in ours if row.delivery in ("sent", "delivered")]
    unknown = [(to, row) for to, row in ours if (row.delivery, row.reason) == ("unknown", Reason.NEVER_KNOWN)]
    failed = [(to, row) for to, row in ours if row.delivery in ("failed", "undelivered")]
    faults = []
    if len({row.id for _, row in ours}) != texts or len(ours) != texts:
        faults.append(f"{len(ours):,} rows instead of {texts:,}")
    if (settled := len(sent) + len(unknown) + len(failed)) != texts:
        faults.append(f"{settled:,} of {texts:,} are settled")
    faults += _told("lost: the row says sent, and no phone has it", [to for to, _ in sent if not arrived[to]])
    faults += _told("doubled", [to for to, _ in ours if arrived[to] > 1])
    on_the_wire = kills.on_the_wire | _without_an_answer(hotline)
    faults += _told("never to be known, and were not on the wire at any kill", [to for to, row in unknown if row.id not in on_the_wire])
    faults += _told("failed by the row, and a phone has it", [to for to, _ in failed if arrived[to]])
    return Balance(len(sent), len(unknown), len(failed), Counter(row.gateway for _, row in sent), faults)


def _without_an_answer(hotline: CarryingHotline) -> set[int]:
    """Ids of the texts of which the log of the workers says that a gateway was given them and did not answer."""
    found = set()
    for line in hotline.log("worker").splitlines():
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if said.get("event") == "a text was not taken" and said.get("outcome") == "unknown":
                found.add(said["message_id"])
    return found


def _told(what: str, numbers: list[str]) -> list[str]:
    return [f"{len(numbers):,} texts {what}: {', '.join(numbers[:5])}"] if numbers else []
