"""The webhooks of a phone: who is believed, and that whatever was signed is kept."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from hotline.domain.delivery import Delivery
from hotline.runtime import Runtime
from hotline.services import arriving
from hotline.services.reconciling.asking import reconcile_since
from hotline.services.texts.outbound import claim_due, send_due
from hotline.spool import SpoolFault
from hotline.storage import gatewaystates
from hotline.storage.db import Overloaded
from hotline.storage.models import Contact, Message
from hotline.webhooks.android import signature
from hotline.webhooks.android.signature import sign
from tests.gateways.android.world import KEY, NAME, AndroidWorld
from tests.gateways.world import eventually
from tests.support import HER, OTHER, Clock, texts_out, tickets

SNATCHED = "orangi town mein do larkon ne mera mobile cheen liya"
CRY = "🆘 orangi town mein"
AT = "2026-11-23T12:00:00.000+05:00"


def payload(words: Any = SNATCHED, **more: Any) -> dict[str, Any]:
    return {"messageId": "a1", "message": words, "sender": HER, "recipient": None, "simNumber": 2, "receivedAt": AT, **more}


def came_in(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [one.body for one in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


def rows(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))


def lines_of_log(capsys: pytest.CaptureFixture[str], words: str) -> int:
    return capsys.readouterr().out.count(words)


# Who is believed


@pytest.mark.parametrize("name", ["sim2", "twilio", "SIM1", "sim1x"])
def test_a_phone_that_is_not_ours_is_refused(world: AndroidWorld, name: str) -> None:
    assert world.tell("sms:received", payload(), name=name) == 403
    assert came_in(world.rt) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Signature": ""}, {"X-Signature": "0" * 64}, {"X-Signature": "z" * 64}, {"X-Signature": "0" * 64, "X-Timestamp": "1"}],
)
def test_what_is_not_signed_is_refused(world: AndroidWorld, headers: dict[str, str]) -> None:
    raw = json.dumps({"event": "sms:received", "payload": payload()})
    assert requests.post(f"{world.hotline_url}/hooks/android/{NAME}", data=raw, headers=headers, timeout=10).status_code == 403
    assert came_in(world.rt) == []


def test_a_signature_holds_for_its_bytes_its_time_and_no_other(world: AndroidWorld) -> None:
    raw, url = json.dumps({"event": "sms:received", "payload": payload()}).encode(), f"{world.hotline_url}/hooks/android/{NAME}"
    good = {"X-Signature": sign(KEY, raw, "1795417200"), "X-Timestamp": "1795417200"}
    for data, headers in (
        (raw + b" ", good),
        (raw, good | {"X-Timestamp": "1795417201"}),
        (raw, {"X-Signature": good["X-Signature"]}),
        (raw[:-1], good),
    ):
        assert requests.post(url, data=data, headers=headers, timeout=10).status_code == 403
    assert came_in(world.rt) == []
    assert requests.post(url, data=raw, headers=good | {"X-Signature": good["X-Signature"].upper()}, timeout=10).status_code == 200
    assert came_in(world.rt) == [SNATCHED]


@pytest.mark.parametrize("stamp", ["0", "1", "9999999999", "99999999999999999999", "-5", "soon", "", "1795417200.5"])
def test_no_text_is_refused_for_a_clock_that_is_wrong(world: AndroidWorld, stamp: str) -> None:
    raw = json.dumps({"event": "sms:received", "payload": payload()}).encode()
    assert world.post(raw, stamp=stamp) == 200
    assert came_in(world.rt) == [SNATCHED]


def test_a_clock_that_is_wrong_is_in_the_log_once_an_hour(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signature, "_told_at", {})
    wrong = str(int((clock() - timedelta(minutes=6)).timestamp()))
    right = str(int((clock() - timedelta(minutes=4)).timestamp()))
    raw = json.dumps({"event": "app:started", "payload": {}}).encode()
    world.post(raw, stamp=right)
    assert lines_of_log(capsys, "clock is wrong") == 0
    for _ in range(3):
        world.post(raw, stamp=wrong)
    assert lines_of_log(capsys, "clock is wrong") == 1
    clock.forward(hours=2)
    world.post(raw, stamp=wrong)
    assert lines_of_log(capsys, "clock is wrong") == 1


# Texts


def test_a_text_is_kept_with_its_line_and_the_networks_time(world: AndroidWorld, clock: Clock) -> None:
    world.tell("sms:received", payload(receivedAt="2026-11-23T11:58:00.000+05:00"))
    [row] = rows(world.rt)
    assert (row.gateway, row.line, row.sent_at) == (NAME, "2", clock() - timedelta(minutes=2))
    assert len(tickets(world.rt)) == 1


def test_several_texts_in_one_event_are_several_texts(world: AndroidWorld) -> None:
    told = {
        "messages": [
            payload(),
            payload(sender=OTHER),
            payload(),
            "no text",
            None,
            payload("aur ye bhi", receivedAt="2026-11-23T12:00:01+05:00"),
        ]
    }
    assert world.tell("sms:batch:received", told) == 200
    assert came_in(world.rt) == [SNATCHED, SNATCHED, "aur ye bhi"]
    assert world.tell("sms:received", payload()) == 200
    assert len(came_in(world.rt)) == 3


def test_the_same_words_within_one_second_from_two_phones_are_two_texts_and_from_one_phone_one(world: AndroidWorld) -> None:
    for sender in (HER, OTHER, HER):
        world.tell("sms:received", payload(sender=sender))
    assert len(came_in(world.rt)) == 2
    world.tell("sms:received", payload(receivedAt="2026-11-23T12:00:01.000+05:00"))
    assert len(came_in(world.rt)) == 3


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"message": SNATCHED, "receivedAt": AT}, SNATCHED),  # nobody is named: as a caller who withholds the number
        ({"message": SNATCHED, "sender": HER}, SNATCHED),
        ({"message": SNATCHED, "sender": HER, "receivedAt": "yesterday"}, SNATCHED),
        ({"message": None, "sender": HER, "receivedAt": AT}, ""),
        ({"message": "a\0b", "sender": HER, "receivedAt": AT}, "a\ufffdb"),
        ({"message": "\ud83d", "sender": HER, "receivedAt": AT}, "?"),
        ({"message": SNATCHED, "sender": HER, "receivedAt": AT, "simNumber": "\ud83d\0"}, SNATCHED),
        ({"message": 15, "sender": 8558, "receivedAt": AT, "simNumber": {"a": 1}}, "15"),
        ({"message": "x" * 30_000, "sender": HER, "receivedAt": AT, "new": {"field": [1]}}, None),
    ],
)
def test_whatever_the_phone_signed_is_kept(world: AndroidWorld, told: dict[str, Any], kept: str | None) -> None:
    assert world.tell("sms:received", told) == 200
    [body] = came_in(world.rt)
    assert kept is None or body == kept


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"sms:received"',
        b'{"event": "sms:received"}',
        b'{"event": "sms:received", "payload": null}',
        b'{"event": "sms:received", "payload": []}',
        b'{"event": "sms:sent", "payload": {"messageId": 5}}',
        b'{"event": ["sms:received"], "payload": {}}',
        b'{"event": {"a": 1}, "payload": {}}',
        b'{"event": "sms:data-received", "payload": {"data": "AA=="}}',
        b'{"event": "call:ringing", "payload": {"phoneNumber": "+923001234501"}}',
        b"\xff\xfe" * 5,
        b"[" * 100_000,
    ],
)
def test_what_makes_no_text_is_answered_and_changes_nothing(world: AndroidWorld, raw: bytes) -> None:
    assert world.post(raw) == 200
    assert came_in(world.rt) == []


def test_bytes_that_are_no_utf8_are_replaced_and_the_text_is_kept(world: AndroidWorld) -> None:
    raw = json.dumps({"event": "sms:received", "payload": payload("XX")}).encode().replace(b"XX", b"a\xffb")
    assert world.post(raw) == 200
    assert came_in(world.rt) == ["a\ufffdb"]


def full(*_: object, **__: object) -> None:
    raise SpoolFault("No space left on device")


def test_a_busy_database_and_a_full_disk_are_answered_with_503_and_the_phone_tells_again(
    world: AndroidWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, fails = arriving.receive_text, iter([True, True])

    def busy(*args: Any, **more: Any) -> Any:
        if next(fails, False):
            raise Overloaded("busy")
        return receive(*args, **more)

    monkeypatch.setattr(arriving, "receive_text", busy)
    monkeypatch.setattr(world.rt.spool, "put", full)
    monkeypatch.setattr(world.rt.spool, "rest", lambda: None)
    world.come_in(HER, SNATCHED)
    eventually(lambda: came_in(world.rt))
    assert [one["status"] for one in eventually(lambda: len(world.phone.log) == 3 and world.phone.log)] == [503, 503, 200]


def test_a_hotline_that_was_away_is_told_later(world: AndroidWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "receive_text", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(world.rt.spool, "put", full)
    world.come_in(HER, SNATCHED)
    eventually(lambda: world.phone.log)
    monkeypatch.undo()
    eventually(lambda: came_in(world.rt) == [SNATCHED])


def test_no_number_and_no_word_is_in_the_log(world: AndroidWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.tell("sms:received", payload())
    world.tell("sms:failed", {"messageId": f"{world.rt.keys.tag}-1-1", "phoneNumber": HER, "reason": "x"})
    world.tell("odd:event " + HER, payload())
    world.post(b"{" + SNATCHED.encode())
    said = capsys.readouterr()
    assert HER[3:] not in said.out + said.err
    assert "larkon" not in said.out + said.err


@pytest.mark.parametrize(("minutes", "is_right", "answers"), [(9, True, 1), (11, True, 0), (11, False, 1)])
def test_danger_that_is_told_late_by_a_clock_that_is_right_is_answered_by_nobody(
    world: AndroidWorld, clock: Clock, minutes: int, is_right: bool, answers: int
) -> None:
    clock.forward(minutes=minutes)
    told = {"deviceId": world.phone.device, "event": "sms:received", "id": "e1", "payload": payload(CRY), "webhookId": "w1"}
    stamp = clock.now if is_right else clock.now - timedelta(hours=1)
    assert world.post(json.dumps(told).encode(), stamp=str(int(stamp.timestamp()))) == 200
    assert (came_in(world.rt), len(texts_out(world.rt))) == ([CRY], answers)


def test_a_phone_whose_store_has_1970_for_every_text_does_not_make_danger_old(world: AndroidWorld) -> None:
    world.tell("sms:received", {**payload(CRY), "receivedAt": "1970-01-01T05:00:00.000+05:00"})
    [row] = rows(world.rt)
    assert (row.body, row.sent_at is None or row.sent_at == row.created_at, len(texts_out(world.rt))) == (CRY, True, 1)


# The inbox


def reconciled(world: AndroidWorld) -> int:
    """How many texts are taken in when the phone is asked what came."""
    [balance] = reconcile_since(world.rt, {NAME: world.gateway}, {}, world.rt.clock() - timedelta(days=2))
    assert balance.balances
    return balance.taken_in


def test_a_text_that_was_told_is_not_found_again_in_the_inbox(world: AndroidWorld, clock: Clock) -> None:
    world.come_in(HER, SNATCHED)
    world.come_in(OTHER, "salam € 😢")
    eventually(lambda: len(came_in(world.rt)) == 2)
    clock.forward(minutes=5)
    assert reconciled(world) == 0
    assert len(came_in(world.rt)) == 2


def test_a_text_of_which_the_phone_never_told_is_found_in_its_inbox(world: AndroidWorld, clock: Clock) -> None:
    world.phone.faults = type(world.phone.faults)(webhook_lost_next=1)
    world.come_in(HER, SNATCHED)
    clock.forward(minutes=5)
    assert reconciled(world) == 1
    assert came_in(world.rt) == [SNATCHED]
    assert reconciled(world) == 0


@pytest.mark.parametrize(("minutes", "answers"), [(9, 1), (11, 0)])
def test_danger_that_is_found_late_in_the_inbox_is_answered_by_nobody(
    world: AndroidWorld, clock: Clock, minutes: int, answers: int
) -> None:
    world.phone.faults = type(world.phone.faults)(webhook_lost_next=1)
    world.come_in(HER, CRY)
    clock.forward(minutes=minutes)
    assert reconciled(world) == 1
    assert (came_in(world.rt), len(texts_out(world.rt))) == ([CRY], answers)


def test_what_a_deaf_phone_never_noticed_is_found_in_its_store(world: AndroidWorld, clock: Clock) -> None:
    world.phone.faults = type(world.phone.faults)(deaf=True)
    world.come_in(HER, SNATCHED)
    assert reconciled(world) == 0  # it may be on its way through the app
    clock.forward(minutes=5)
    assert reconciled(world) == 1
    [row] = rows(world.rt)
    assert (row.line, row.created_at - row.sent_at) == ("1", timedelta(minutes=5))


def test_a_text_that_is_told_and_listed_at_once_is_one_text(world: AndroidWorld) -> None:
    """The webhook was answered late, so that the list was read meanwhile."""
    world.come_in(HER, SNATCHED)
    reconciled(world)
    eventually(lambda: [one["status"] for one in world.phone.log] == [200])
    assert came_in(world.rt) == [SNATCHED]


# Reports


@pytest.fixture
def sent(world: AndroidWorld) -> AndroidWorld:
    """The receipt of a text has left."""
    world.come_in(HER, SNATCHED)
    eventually(lambda: texts_out(world.rt))
    send_due(world.rt, {NAME: world.gateway}, for_s=10)
    eventually(world.phone.arrived)
    return world


def report(world: AndroidWorld, event: str, reason: str | None = None, *, attempt: int = 1, **more: Any) -> Message:
    message = texts_out(world.rt)[0]
    our_id = f"{world.rt.keys.tag}-{message.id}-{attempt}"
    assert world.tell(event, {"messageId": our_id, "phoneNumber": HER, "simNumber": 1, "reason": reason, **more}) == 200
    return texts_out(world.rt)[0]


def test_a_report_of_each_part_is_one_delivery(sent: AndroidWorld) -> None:
    for _ in range(3):
        assert report(sent, "sms:sent", partsCount=3).delivery == Delivery.SENT
    for _ in range(3):
        assert report(sent, "sms:delivered").delivery == Delivery.DELIVERED
    assert report(sent, "sms:failed", "Delivery result from SC +923000000042: 70").delivery == Delivery.DELIVERED


def test_a_phone_without_signal_rests_and_the_text_leaves_later_once(sent: AndroidWorld, clock: Clock) -> None:
    message = report(sent, "sms:failed", "Send result: RESULT_ERROR_NO_SERVICE (…)")
    assert (message.delivery, message.reason) == (Delivery.QUEUED, "no_service")
    with sent.rt.reading() as session:
        assert list(gatewaystates.resting(session, now=clock())) == [NAME]
    assert report(sent, "sms:failed", "Send result: RESULT_ERROR_NO_SERVICE (…)").delivery == Delivery.QUEUED
    assert report(sent, "sms:sent").delivery == Delivery.QUEUED  # of another part, and late: half a text says nothing
    clock.forward(minutes=2)
    send_due(sent.rt, {NAME: sent.gateway}, for_s=10)
    assert texts_out(sent.rt)[0].delivery == Delivery.SENT
    assert len(eventually(lambda: len(sent.phone.arrived()) == 2 and sent.phone.arrived())) == 2


GENERIC = "Send result: RESULT_ERROR_GENERIC_FAILURE (Generic failure cause)"
NOT_THERE = "Delivery result from SC +923000000042: 65"


@pytest.fixture
def long(sent: AndroidWorld) -> AndroidWorld:
    """The receipt was a text of two parts."""
    with sent.rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "out").values(segments=2))
    return sent


@pytest.mark.parametrize(
    "reports",
    [
        [("sms:sent", None), ("sms:failed", GENERIC)],
        [("sms:failed", GENERIC), ("sms:sent", None)],
        [("sms:sent", None), ("sms:failed", GENERIC), ("sms:delivered", None)],
        [("sms:sent", None), ("sms:delivered", None), ("sms:failed", GENERIC)],
        [("sms:delivered", None), ("sms:failed", GENERIC), ("sms:delivered", None), ("sms:failed", GENERIC), ("sms:sent", None)],
    ],
)
def test_a_long_text_of_which_a_part_did_not_leave_is_sent_once_more_as_a_whole(
    long: AndroidWorld, clock: Clock, reports: list[tuple[str, str | None]]
) -> None:
    for event, reason in reports:
        message = report(long, event, reason)
    assert (message.delivery, message.reason, message.delivered_at) == (Delivery.QUEUED, "generic_failure", None)
    clock.forward(minutes=2)
    for _ in range(3):
        send_due(long.rt, {NAME: long.gateway}, for_s=10)
        clock.forward(minutes=2)
    eventually(lambda: len(long.phone.arrived()) == 2)
    for event, reason in reports:  # late, of the attempt that was given up
        assert report(long, event, reason).delivery == Delivery.SENT
    assert report(long, "sms:delivered", attempt=2).delivery == Delivery.DELIVERED


@pytest.mark.parametrize("events", [("sms:delivered", "sms:failed"), ("sms:failed", "sms:delivered")])
def test_a_long_text_of_which_a_part_did_not_arrive_is_not_taken_for_delivered(long: AndroidWorld, events: tuple[str, ...]) -> None:
    for event in events:
        message = report(long, event, NOT_THERE)
    assert (message.delivery, message.reason, message.delivered_at) == (Delivery.UNDELIVERED, "sc_65", None)


def test_a_long_text_whose_parts_all_arrive_is_delivered(long: AndroidWorld) -> None:
    for event in ("sms:sent", "sms:delivered", "sms:sent", "sms:delivered"):
        message = report(long, event)
    assert message.delivery == Delivery.DELIVERED


@pytest.mark.parametrize(
    ("event", "reason", "delivery"),
    [
        ("sms:failed", "TTL expired", Delivery.QUEUED),
        ("sms:failed", "Send result: RESULT_ERROR_GENERIC_FAILURE (Generic failure cause)", Delivery.QUEUED),
        ("sms:failed", "Delivery result from SC +923000000042: 70", Delivery.QUEUED),
        ("sms:failed", "Delivery result from SC +923000000042: 65", Delivery.UNDELIVERED),
        ("sms:failed", "Send result: RESULT_ERROR_SHORT_CODE_NEVER_ALLOWED (…)", Delivery.FAILED),
        ("sms:cancelled", None, Delivery.QUEUED),
        ("sms:sent", None, Delivery.SENT),
    ],
)
def test_a_report_means(sent: AndroidWorld, event: str, reason: str | None, delivery: Delivery) -> None:
    assert report(sent, event, reason).delivery == delivery


def test_a_report_that_comes_before_the_answer_counts(world: AndroidWorld) -> None:
    world.come_in(HER, SNATCHED)
    eventually(lambda: texts_out(world.rt))
    claim_due(world.rt, {NAME: 5})
    assert report(world, "sms:delivered").delivery == Delivery.DELIVERED


@pytest.mark.parametrize("our_id", ["ffffffff-1-1", "1-1", "made5", "", None, 5, ["x"]])
def test_a_report_of_anothers_text_changes_nothing(sent: AndroidWorld, our_id: object) -> None:
    assert sent.tell("sms:failed", {"messageId": our_id, "reason": "Send result: RESULT_ERROR_NO_SERVICE"}) == 200
    assert texts_out(sent.rt)[0].delivery == Delivery.SENT


def test_nobody_is_stored_for_a_report(sent: AndroidWorld) -> None:
    report(sent, "sms:delivered", phoneNumber=OTHER)
    with sent.rt.reading() as session:
        assert len(session.scalars(select(Contact)).all()) == 1
