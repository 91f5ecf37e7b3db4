"""What leaves by an SMSC, what it answers, and what it reports of each part."""

import itertools
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import smpp34
from sqlalchemy import select

from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, GatewayFault, Outcome, OutgoingText
from hotline.gateways.parts import SentPart as Part
from hotline.gateways.smpp.gateway import GATEWAY
from hotline.gateways.smpp.receipts import other_forms, read_receipt, same_form
from hotline.services.texts.outbound import send_due
from hotline.services.texts.partreports import note_parts
from hotline.storage import sealed
from hotline.storage.db import StatementFailed
from hotline.storage.models import Message
from hotline.storage.partmodels import SentPart
from tests.gateways.smpp.smsc import SUBMIT_RESP, self_signed
from tests.gateways.smpp.test_alphabets import LATIN, URDU, told
from tests.gateways.smpp.world import NAME, SmppWorld, open_world, receipt
from tests.gateways.world import MakeRt, eventually
from tests.support import HER, NOON, OTHER, ScriptedGateway, alter, count, text_in, texts_out
from workers import smpp

_ids = itertools.count(5000)


def text(body: str, **more: object) -> OutgoingText:
    number = next(_ids)
    return OutgoingText(number, 1, HER, body, f"0badcafe-{number}-1", **more)  # type: ignore[arg-type]


def due(world: SmppWorld, body: str) -> Message:
    """A text with this body is sent by the workers' service; its row."""
    world.come_in(HER, "orangi town mein mobile cheen liya")
    [message] = eventually(lambda: texts_out(world.rt))
    with world.rt.transaction() as tx:
        row = tx.session.get_one(Message, message.id)
        values = {"contact_id": row.contact_id, "direction": "out", "created_at": row.created_at, "body": body}
        row.sealed = sealed.row_of(tx.session, values)["sealed"]
    send_due(world.rt, {NAME: world.gateway}, for_s=10)
    return row_of(world)


def row_of(world: SmppWorld) -> Message:
    return texts_out(world.rt)[0]


def fails(world: SmppWorld, faults: list[GatewayError]) -> None:
    with pytest.raises(GatewayError) as fault:
        world.gateway.send(text("a"))
    faults.append(fault.value)


def ids(world: SmppWorld) -> list[str]:
    return [given for _, given in world.smsc.accepted]


def report(world: SmppWorld, gateway_id: str, delivery: Delivery, **form: bool) -> None:
    message, fields = receipt(gateway_id, delivery, **form)
    assert world.smsc.deliver(HER, message, **fields) == 0


def noted(world: SmppWorld, parts: int) -> None:
    """So many parts are in the book."""
    eventually(lambda: count(world.rt, SentPart) >= parts)


@pytest.mark.parametrize("keys", [{}, {"split": "sar"}, {"split": "payload"}, {"alphabet": "ucs2"}])
def test_every_character_arrives_as_it_was_written(make_rt: MakeRt, keys: dict[str, str]) -> None:
    words = [LATIN, LATIN * 8, URDU, URDU * 20, "€" * 80, "€" * 81, "😢" * 36, "مدد", "a"]
    with open_world(make_rt, **keys) as world:
        for body in words:
            world.gateway.send(text(body))
        assert world.on_phones() == [(HER, body) for body in words]


def test_an_smsc_that_takes_latin_1(make_rt: MakeRt) -> None:
    with open_world(make_rt, alphabet="latin1") as world:
        world.gateway.send(text("é @ $"))
        assert bytes(world.smsc.accepted[0][0].short_message) == "é @ $".encode("latin-1")


def test_the_fields_say_how_soon_and_how_long_and_ask_for_a_receipt(world: SmppWorld) -> None:
    world.gateway.send(text("a", urgent=True, leaves_by=NOON + timedelta(minutes=10), line="8484"))
    world.gateway.send(text("a", line="+923009999999"))
    first, second = world.smsc.submitted
    assert (first.priority_flag, first.validity_period, first.registered_delivery) == (1, "000000001000000R", 1)
    assert (second.priority_flag, second.validity_period) == (0, "")
    assert {(one.source_addr, one.source_addr_ton, one.dest_addr_ton, one.destination_addr) for one in (first, second)} == {
        ("8484", 6, 1, HER[1:])
    }
    with pytest.raises(GatewayError) as fault:
        world.gateway.send(text("a", leaves_by=NOON))
    assert fault.value.outcome is Outcome.NOT_SENT


def test_by_tls_the_smsc_shows_whose_certificate_it_has(make_rt: MakeRt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "smsc.pem"
    certificate.write_bytes(self_signed("127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with open_world(make_rt, tls=True, context=context, wait=False) as world:
        eventually(lambda: world.gateway.state()["code"] == "no_connection")  # type: ignore[attr-defined]  # nobody vouches for it
        assert not world.smsc.is_bound
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        eventually(lambda: world.is_bound() and world.smsc.is_bound)
        threads = [threading.Thread(target=world.gateway.send, args=(text(URDU * 6),)) for _ in range(10)]
        for thread in threads:
            thread.start()
        world.come_in(HER, URDU * 6)
        for thread in threads:
            thread.join()
        assert world.on_phones() == [(HER, URDU * 6)] * 10


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(0x0B, Outcome.REFUSED), (0x58, Outcome.NOT_SENT), (0x14, Outcome.NOT_SENT), (0x0A, Outcome.ILL), (0xFF, Outcome.NOT_SENT)],
)
def test_what_an_answer_means(world: SmppWorld, status: int, outcome: Outcome) -> None:
    world.smsc.reject = lambda _: status
    with pytest.raises(GatewayError) as fault:
        world.gateway.send(text("a"))
    assert (fault.value.outcome, fault.value.code) == (outcome, f"0x{status:02x}")
    world.smsc.reject = lambda _: None
    world.gateway.send(text("b"))  # an error ends no connection
    assert world.on_phones() == [(HER, "b")]


def test_a_long_text_that_is_throttled_half_way_goes_on(world: SmppWorld) -> None:
    full = itertools.chain([None, 0x58, 0x58], itertools.repeat(None))
    world.smsc.reject = lambda _: next(full)
    world.gateway.send(text(URDU * 5))
    assert world.on_phones() == [(HER, URDU * 5)]


def test_a_text_whose_answer_comes_late_is_known_to_be_sent(world: SmppWorld) -> None:
    world.smsc.hold = lambda _: True
    message = due(world, "Shikayat darj")
    assert (message.delivery, message.reason) == (Delivery.UNKNOWN, "no_answer")
    world.smsc.answer_held("77")
    eventually(lambda: row_of(world).delivery == Delivery.SENT)
    report(world, "77", Delivery.DELIVERED)
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)
    assert len(world.on_phones()) == 1


def test_a_text_that_is_refused_late_is_sent_again(world: SmppWorld) -> None:
    world.smsc.hold = lambda _: True
    assert due(world, "Shikayat darj").delivery == Delivery.UNKNOWN
    world.smsc.hold = lambda _: False
    world.smsc.refuse_held(0x58)
    eventually(lambda: row_of(world).delivery == Delivery.QUEUED)
    assert row_of(world).reason == "0x58"
    assert world.on_phones() == []


def test_a_connection_that_ends_before_the_answer_leaves_the_text_unknown(world: SmppWorld) -> None:
    world.smsc.hold = lambda _: True
    faults: list[GatewayError] = []
    thread = threading.Thread(target=fails, args=(world, faults))
    thread.start()
    eventually(lambda: world.smsc.held)
    world.smsc.cut()
    thread.join()
    assert [(one.code, one.outcome) for one in faults] == [("line_lost", Outcome.UNKNOWN)]


def test_an_smsc_that_restarts_is_bound_again_and_carries_both_ways(world: SmppWorld) -> None:
    world.smsc.shut()
    eventually(lambda: not world.is_bound())
    with pytest.raises(GatewayError) as fault:
        world.gateway.send(text("a"))
    assert fault.value.outcome is Outcome.NOT_SENT
    world.smsc.open()
    eventually(lambda: world.is_bound() and world.smsc.is_bound)
    world.come_in(HER, "orangi town mein mobile cheen liya")
    world.gateway.send(text("b"))
    assert world.on_phones() == [(HER, "b")]


def test_a_wrong_password_is_the_gateways_fault_and_is_told_to_the_operator(world: SmppWorld) -> None:
    assert str(GATEWAY.check(world.rt.config, NAME)).startswith("bound since 2")
    world.smsc.bind_status = 0x0E
    world.smsc.cut()
    eventually(lambda: not world.is_bound())
    eventually(lambda: world.gateway.state()["code"] == "bind 0x0e")  # type: ignore[attr-defined]
    with pytest.raises(GatewayError) as fault:
        world.gateway.send(text("a"))
    assert fault.value.outcome is Outcome.ILL
    with pytest.raises(GatewayFault, match="does not take our account"):
        GATEWAY.check(world.rt.config, NAME)
    world.smsc.bind_status = 0
    eventually(world.is_bound)


def test_without_its_process_a_gateway_has_sent_nothing(make_rt: MakeRt) -> None:
    with open_world(make_rt) as world:
        gateway, config = world.gateway, world.rt.config
    with pytest.raises(GatewayError) as fault:
        gateway.send(text("a"))
    assert (fault.value.code, fault.value.outcome) == ("no_process", Outcome.NOT_SENT)
    with pytest.raises(GatewayFault, match="no process"):
        GATEWAY.check(config, NAME)


def test_no_more_texts_wait_for_an_answer_than_the_window_allows(make_rt: MakeRt) -> None:
    with open_world(make_rt, in_flight=3) as world:
        world.smsc.hold = lambda _: True
        threads = [threading.Thread(target=fails, args=(world, [])) for _ in range(8)]
        for thread in threads:
            thread.start()
        eventually(lambda: world.smsc.held == 3)
        for thread in threads:
            thread.join()
        assert world.smsc.held <= 6  # those of the first second, and those that came after they were given up


# Receipts


@pytest.mark.parametrize("form", [{"words": False}, {"tlvs": False}, {}])
def test_a_text_is_delivered_when_all_its_parts_are(world: SmppWorld, form: dict[str, bool]) -> None:
    due(world, URDU * 4)
    noted(world, 3)
    assert len(ids(world)) == 3
    for gateway_id in (ids(world)[2], ids(world)[0], ids(world)[0]):
        report(world, gateway_id, Delivery.DELIVERED, **form)
        assert row_of(world).delivery == Delivery.SENT
    report(world, ids(world)[1], Delivery.DELIVERED, **form)
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)


@pytest.mark.parametrize("form", [{"words": False}, {"tlvs": False}, {}])
def test_a_receipt_by_data_sm_counts_as_one_by_deliver_sm(world: SmppWorld, form: dict[str, bool]) -> None:
    due(world, "Shikayat darj")
    noted(world, 1)
    words, fields = receipt(ids(world)[0], Delivery.DELIVERED, **form)
    tlvs = {tlv.tag: bytes(tlv.value) for tlv in fields["tlvs"]}
    assert world.smsc.data(HER, words, tlvs=tlvs) == 0
    if not tlvs:
        assert row_of(world).delivery == Delivery.SENT  # words alone are a citizen's
        assert world.smsc.data(HER, words, esm_class=4) == 0
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)


def test_a_text_is_undelivered_when_one_part_is(world: SmppWorld) -> None:
    due(world, URDU * 4)
    noted(world, 3)
    report(world, ids(world)[0], Delivery.DELIVERED)
    report(world, ids(world)[1], Delivery.UNDELIVERED)
    eventually(lambda: row_of(world).delivery == Delivery.UNDELIVERED)
    assert row_of(world).reason == "UNDELIV 000"
    report(world, ids(world)[2], Delivery.DELIVERED)
    assert row_of(world).delivery == Delivery.UNDELIVERED


def test_reports_of_a_part_that_come_out_of_order_only_move_it_forward(world: SmppWorld) -> None:
    due(world, URDU * 4)
    noted(world, 3)
    first, *others = ids(world)
    for delivery in (Delivery.DELIVERED, Delivery.UNDELIVERED):
        report(world, first, delivery)
    assert row_of(world).delivery == Delivery.SENT
    for gateway_id in others:
        report(world, gateway_id, Delivery.DELIVERED)
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)


def test_a_phone_that_is_off_gets_the_text_later(world: SmppWorld) -> None:
    due(world, "Shikayat darj")
    noted(world, 1)
    assert world.smsc.deliver(HER, f"id:{ids(world)[0]} stat:EXPIRED err:027".encode(), esm_class=4) == 0
    eventually(lambda: row_of(world).delivery == Delivery.QUEUED)
    assert row_of(world).reason == "EXPIRED 027"


@pytest.mark.parametrize(("taken", "reported"), [("1A2B3C", "1715004"), ("1715004", "1A2B3C"), ("0000ABCD", "abcd"), ("12345", "0012345")])
def test_an_id_in_another_form_is_the_same_id(world: SmppWorld, taken: str, reported: str) -> None:
    world.smsc.give_id = lambda _: taken
    due(world, "Shikayat darj")
    noted(world, 1)
    report(world, reported, Delivery.DELIVERED, tlvs=False)
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)


def test_a_small_number_that_is_an_id_in_both_forms_means_the_text_of_that_phone(world: SmppWorld) -> None:
    world.smsc.give_id = lambda count: str(9 + count)
    due(world, "Shikayat darj")  # 10
    noted(world, 1)
    other = receipt("16", Delivery.DELIVERED, tlvs=False)  # 10 in hexadecimal is 16: but it went to another phone
    assert world.smsc.deliver("+923339999999", other[0], esm_class=4) == 0
    assert row_of(world).delivery == Delivery.SENT


def sent_part(message: Message, to: str, given: str) -> Part:
    return Part(same_form(given), other_forms(given), to.removeprefix("+"), message.id, 1, f"our-{message.id}", 1, 1)


@pytest.mark.parametrize(("taken", "reported", "tlvs"), [("4660", "1234", False), ("4660", "1234", True), ("1234", "4660", True)])
def test_an_id_in_another_form_is_not_taken_for_the_same_id_of_another_phones_text(
    make_rt: MakeRt, taken: str, reported: str, *, tlvs: bool
) -> None:
    """0x1234 is 4660, and the SMSC gave another text the other of the two."""
    rt = make_rt()
    for phone in (OTHER, HER):
        text_in(rt, "orangi town mein mobile cheen liya", sender=phone)
    others, hers = texts_out(rt)
    send_due(rt, ScriptedGateway().alone, for_s=10)
    note_parts(rt, "twilio", [sent_part(others, OTHER, reported), sent_part(hers, HER, taken)], [])
    words, fields = receipt(reported, Delivery.UNDELIVERED, tlvs=tlvs)
    parameters = {"receipted_message_id": reported.encode(), "message_state": b"\5"} if tlvs else {}
    report = read_receipt(told(words, esm_class=4, source=HER.removeprefix("+"), tlvs=parameters))
    assert report is not None
    assert fields["esm_class"] == 4
    note_parts(rt, "twilio", [], [report])
    assert [message.delivery for message in texts_out(rt)] == [Delivery.SENT, Delivery.UNDELIVERED]


def test_an_id_is_enough_where_the_smsc_writes_the_phone_in_a_way_of_its_own(world: SmppWorld) -> None:
    due(world, "Shikayat darj")
    noted(world, 1)
    words, fields = receipt(ids(world)[0], Delivery.DELIVERED)
    assert world.smsc.deliver("8484", words, **fields) == 0
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)


@pytest.mark.parametrize("reported", ["1A2B3C", "1715004"])
def test_a_receipt_that_comes_before_the_answer_is_not_lost(world: SmppWorld, reported: str) -> None:
    world.smsc.give_id = lambda _: "1A2B3C"

    async def first(event: smpp34.SubmitSmEvent, _given: str) -> None:
        message, fields = receipt(reported, Delivery.DELIVERED, tlvs=False)
        assert await world.smsc.delivering(event.destination_addr, message, **fields) == 0

    world.smsc.before_answer = first
    due(world, "Shikayat darj")
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)
    with world.rt.reading() as session:
        assert [one.message_id for one in session.scalars(select(SentPart))] == [row_of(world).id]


def test_an_id_that_the_smsc_gives_out_anew_is_the_new_texts(world: SmppWorld) -> None:
    world.smsc.give_id = lambda _: "7"
    due(world, "Shikayat darj")
    noted(world, 1)
    report(world, "7", Delivery.DELIVERED)
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)
    world.come_in("+923331234599", "orangi town mein gari chori ho gai")
    eventually(lambda: len(texts_out(world.rt)) == 2)
    send_due(world.rt, {NAME: world.gateway}, for_s=10)
    eventually(lambda: world.rt and texts_out(world.rt)[1].delivery == Delivery.SENT)
    eventually(lambda: _owner(world, "7") == texts_out(world.rt)[1].id)
    message, fields = receipt("7", Delivery.UNDELIVERED)
    assert world.smsc.deliver("+923331234599", message, **fields) == 0
    eventually(lambda: texts_out(world.rt)[1].delivery == Delivery.UNDELIVERED)
    assert row_of(world).delivery == Delivery.DELIVERED


def _owner(world: SmppWorld, gateway_id: str) -> int | None:
    with world.rt.reading() as session:
        return session.scalar(select(SentPart.message_id).where(SentPart.gateway_id == gateway_id))


def test_what_was_sent_while_the_database_is_away_is_noted_when_it_is_back(world: SmppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, refusals = smpp.partreports.note_parts, itertools.count()

    def away(*given: object) -> None:
        if next(refusals) < 2:
            raise OSError("the disk is full")
        kept(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(smpp.partreports, "note_parts", away)
    monkeypatch.setattr(smpp, "_AGAIN_S", 0.05)
    world.gateway.send(text("a"))
    noted(world, 1)


def test_a_receipt_that_cannot_be_stored_is_asked_for_again(world: SmppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    due(world, "Shikayat darj")
    noted(world, 1)

    def away(*_: object) -> None:
        raise OSError("the disk is full")

    message, fields = receipt(ids(world)[0], Delivery.DELIVERED)
    with monkeypatch.context() as patched:
        patched.setattr(smpp, "_REFUSED_AFTER_S", 0.01)
        patched.setattr(smpp.partreports, "note_parts", away)
        assert world.smsc.deliver(HER, message, **fields) == 0x64  # later
    report(world, ids(world)[0], Delivery.DELIVERED)
    eventually(lambda: row_of(world).delivery == Delivery.DELIVERED)


def test_a_receipt_that_is_told_again_as_we_failed_half_way_settles_the_text(world: SmppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    due(world, "Shikayat darj")
    noted(world, 1)
    message, fields = receipt(ids(world)[0], Delivery.UNDELIVERED)

    def away(*_: object) -> None:
        raise StatementFailed("gone")

    with monkeypatch.context() as failing:
        failing.setattr(smpp.partreports, "receive_report", away)
        failing.setattr(smpp, "_REFUSED_AFTER_S", 0.01)
        assert world.smsc.deliver(HER, message, **fields) == 0x64
    assert row_of(world).delivery == Delivery.SENT
    for _ in range(2):
        assert world.smsc.deliver(HER, message, **fields) == 0
        assert row_of(world).delivery == Delivery.UNDELIVERED


def test_a_phone_that_is_off_is_tried_again_once_however_often_the_smsc_says_so(world: SmppWorld) -> None:
    due(world, "Shikayat darj")
    noted(world, 1)
    told_off = f"id:{ids(world)[0]} stat:EXPIRED err:027".encode()
    seen = set()
    for _ in range(3):
        assert world.smsc.deliver(HER, told_off, esm_class=4) == 0
        row = row_of(world)
        seen.add((row.delivery, row.rank, row.next_attempt_at, row.attempts))
    assert len(seen) == 1


def test_a_refusal_that_comes_late_while_the_database_is_away_is_noted_when_it_is_back(
    world: SmppWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, refusals = smpp.receive_report, itertools.count()

    def away(*given: object) -> None:
        if next(refusals) < 2:
            raise OSError("the disk is full")
        kept(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(smpp, "receive_report", away)
    monkeypatch.setattr(smpp, "_AGAIN_S", 0.05)
    monkeypatch.setattr(smpp, "_REFUSED_AFTER_S", 0.01)
    world.smsc.hold = lambda _: True
    assert due(world, "Shikayat darj").delivery == Delivery.UNKNOWN
    world.smsc.hold = lambda _: False
    world.smsc.refuse_held(0x58)
    eventually(lambda: row_of(world).delivery == Delivery.QUEUED)


def test_a_late_refusal_of_a_later_part_does_not_send_the_first_part_again(world: SmppWorld) -> None:
    taken = itertools.count()
    world.smsc.hold = lambda _: next(taken) > 0
    assert due(world, URDU * 4).delivery == Delivery.UNKNOWN
    noted(world, 1)
    world.smsc.refuse_held(0x58)
    world.come_in(OTHER, "orangi town mein gari chori ho gai")  # what was told before this is noted by now
    assert row_of(world).delivery == Delivery.UNKNOWN


def test_an_answer_that_is_lost_may_be_a_text_on_the_phone(world: SmppWorld) -> None:
    world.smsc.lost = {SUBMIT_RESP}
    message = due(world, "Shikayat darj")
    assert message.delivery == Delivery.UNKNOWN
    alter(world.rt, Message, next_attempt_at=None)
    assert len(world.on_phones()) == 1
