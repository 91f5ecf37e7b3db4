"""What an SMSC brings is stored before it hears so, joined in any order, and lost or doubled by nothing."""

import itertools
import socket
import threading
import time
from typing import Any

import pytest
import smpp34
from sqlalchemy import select, update

from hotline.gateways.base import OutgoingText
from hotline.gateways.parts import IncomingPart
from hotline.runtime import Runtime
from hotline.services.texts import parts as services
from hotline.services.texts.parts import take_in_parts
from hotline.storage.db import StatementFailed
from hotline.storage.models import Message
from hotline.storage.partmodels import TextPart
from tests.gateways.smpp.smsc import DATA, DELIVER_RESP, coded, in_parts
from tests.gateways.smpp.world import NAME, SmppWorld, open_world
from tests.gateways.world import MakeRt, eventually
from tests.support import HER, OTHER, Clock, count, texts_out
from workers.smpp import SmppBook

WORDS = "میرا موبائل اورنگی ٹاؤن میں چھین لیا گیا 😢😢 " * 4
LATER = 0x64


def came_in(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [one.body for one in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


def stored(rt: Runtime) -> list[TextPart]:
    with rt.reading() as session:
        return list(session.scalars(select(TextPart).order_by(TextPart.id)))


def bring(world: SmppWorld, part: tuple[bytes, dict[str, Any]], sender: str = HER) -> None:
    assert world.smsc.deliver(sender, part[0], **part[1]) == 0


THREE = list(in_parts(WORDS, 9))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_parts_in_any_order_are_one_text(world: SmppWorld, order: tuple[int, ...]) -> None:
    assert len(THREE) == 3
    for number in order:
        bring(world, THREE[number])
    assert eventually(lambda: came_in(world.rt)) == [WORDS]
    eventually(world.all_is_known)
    assert [row.sealed for row in stored(world.rt)] == [None] * 3


def test_every_part_told_twice_is_one_text_also_hours_later_if_the_smsc_may_not_have_heard(
    world: SmppWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.smpp.parts.acknowledge", lambda *_: None)
    for part in THREE:
        bring(world, part)
        bring(world, part)
    eventually(lambda: came_in(world.rt))
    clock.forward(hours=5)
    for part in THREE:
        bring(world, part)
    clock.forward(minutes=10)
    take_in_parts(world.rt)
    assert came_in(world.rt) == [WORDS]


def test_another_text_that_begins_as_one_before_under_the_same_reference_is_whole(world: SmppWorld, clock: Clock) -> None:
    """Some phones give all their long texts one reference."""
    greeting, stolen, guns = "Assalam o alaikum, mera naam Bibi hai. ", "Mera mobile cheen liya.", "Aaj woh bandooqain laye."
    for end in (stolen, guns, stolen):
        for number, words in enumerate((greeting, end), 1):
            bring(world, (b"\5\0\3\7\2" + bytes([number]) + words.encode(), {"esm_class": 0x40}))
        eventually(world.all_is_known)
        clock.forward(hours=5)
    assert came_in(world.rt) == [greeting + stolen, greeting + guns, greeting + stolen]


def test_danger_that_is_joined_late_is_answered_by_no_machine(world: SmppWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dead:
        dead.setattr(SmppBook, "_join", lambda *_: None)  # the process dies here
        bring(world, (b"madad", {}))
    clock.forward(hours=2)
    take_in_parts(world.rt)
    assert came_in(world.rt) == ["madad"]
    assert texts_out(world.rt) == []


def test_two_phones_with_one_reference_and_two_texts_with_one_reference_are_kept_apart(world: SmppWorld) -> None:
    other = "orangi town mein do larkon ne mera mobile cheen liya " * 6
    hers, others = list(in_parts(WORDS, 9)), list(in_parts(other, 9))
    for one, two in zip(hers, others, strict=False):
        bring(world, one)
        bring(world, two, OTHER)
    for part in in_parts("phir se " + WORDS, 9 + 256):  # the counter of a phone has 8 bits
        bring(world, part)
    for part in others[len(hers) :]:
        bring(world, part, OTHER)
    eventually(lambda: len(came_in(world.rt)) == 3)
    assert sorted(came_in(world.rt)) == sorted([WORDS, other, "phir se " + WORDS])


def test_parts_by_sar_by_16_bits_and_whole_in_the_payload(world: SmppWorld) -> None:
    data = WORDS.encode("utf-16-be")
    for number in (2, 1):
        piece = data[:200] if number == 1 else data[200:]
        tlvs = [smpp34.Tlv(0x20C, b"\x12\x34"), smpp34.Tlv(0x20E, b"\2"), smpp34.Tlv(0x20F, bytes([number]))]
        bring(world, (piece[:254], {"data_coding": 8, "tlvs": tlvs}) if len(piece) < 255 else (piece, {"data_coding": 8, "tlvs": tlvs}))
        bring(world, (b"\x06\x08\x04\x12\x34\x02" + bytes([number]) + piece, {"data_coding": 8, "esm_class": 0x40}), OTHER)
    bring(world, (b"", {"data_coding": 8, "tlvs": [smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, data)]}), "+923001234509")
    eventually(lambda: len(came_in(world.rt)) == 3)
    assert came_in(world.rt) == [WORDS] * 3


def test_parts_whose_others_never_come_are_taken_in_marked_and_a_late_one_is_not_lost(world: SmppWorld, clock: Clock) -> None:
    pieces = list(in_parts("maujooda pata orangi town hai. " * 16, 3))
    assert len(pieces) == 4
    bring(world, pieces[1])
    clock.forward(minutes=2)
    bring(world, pieces[3])
    clock.forward(minutes=2)
    take_in_parts(world.rt)
    assert came_in(world.rt) == []  # the last came two minutes ago
    clock.forward(minutes=2)
    take_in_parts(world.rt)
    [first] = came_in(world.rt)
    assert first.startswith("[…] ")
    assert first.count(" […] ") == 1
    assert "orangi town" in first
    bring(world, pieces[0])
    clock.forward(minutes=4)
    take_in_parts(world.rt)
    assert came_in(world.rt)[1].endswith(" […]")
    take_in_parts(world.rt)
    assert len(came_in(world.rt)) == 2


def test_a_text_that_was_stored_and_not_taken_in_is_taken_in_by_a_worker_and_once(
    world: SmppWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmppBook, "_join", lambda *_: None)  # the process dies here
    bring(world, (b"orangi town mein mobile cheen liya", {}))
    take_in_parts(world.rt)
    assert came_in(world.rt) == []  # the process may be at it
    clock.forward(seconds=30)
    kept = services.textparts.taken
    monkeypatch.setattr(services.textparts, "taken", lambda *_, **__: (_ for _ in ()).throw(StatementFailed("gone")))
    assert take_in_parts(world.rt) is False  # and this worker between the text and its parts
    assert len(came_in(world.rt)) == 1
    monkeypatch.setattr(services.textparts, "taken", kept)
    take_in_parts(world.rt)
    assert came_in(world.rt) == ["orangi town mein mobile cheen liya"]
    assert all(row.taken_at for row in stored(world.rt))


def test_a_text_that_could_not_be_taken_in_for_a_day_is_not_lost(make_rt: MakeRt, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    rt = make_rt()
    services.keep_parts(rt, NAME, [IncomingPart(HER, "orangi town mein mobile cheen liya")])

    def away(*_: object) -> None:
        raise StatementFailed("gone")

    with monkeypatch.context() as patched:
        patched.setattr(services, "receive_text", away)
        clock.forward(hours=25)
        take_in_parts(rt)
    assert came_in(rt) == []
    take_in_parts(rt)
    assert came_in(rt) == ["orangi town mein mobile cheen liya"]


def test_while_nothing_can_be_stored_the_smsc_hears_so_and_brings_it_again(world: SmppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = services.keep_parts

    def away(*_: object) -> None:
        raise StatementFailed("the disk is full")

    monkeypatch.setattr("workers.smpp.parts.keep_parts", away)
    monkeypatch.setattr("workers.smpp._REFUSED_AFTER_S", 0.01)
    for part in THREE[:2]:
        assert world.smsc.deliver(HER, part[0], **part[1]) == LATER
    assert stored(world.rt) == []
    monkeypatch.setattr("workers.smpp.parts.keep_parts", kept)
    for part in THREE:
        bring(world, part)
    assert eventually(lambda: came_in(world.rt)) == [WORDS]


def test_a_flood_of_lone_parts_and_what_does_not_open_keep_no_text_from_being_taken_in(
    world: SmppWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 3)
    lone = [IncomingPart(f"+92300123{number:04d}", "a", number=1, of=2, reference="udh 1") for number in range(5)]
    services.keep_parts(world.rt, NAME, [*lone, IncomingPart(HER, "orangi town mein mobile cheen liya"), IncomingPart(OTHER, "1")])
    with world.rt.transaction() as tx:
        tx.session.execute(update(TextPart).where(TextPart.of == 1, TextPart.id == 7).values(sealed=b"\1" + b"x" * 60))
    clock.forward(seconds=30)
    assert take_in_parts(world.rt) is False
    assert came_in(world.rt) == ["orangi town mein mobile cheen liya"]
    clock.forward(minutes=3)
    assert take_in_parts(world.rt) is True  # three of five
    assert take_in_parts(world.rt) is False
    assert len(came_in(world.rt)) == 6
    assert all(row.taken_at for row in stored(world.rt))


def not_heard(world: SmppWorld, words: bytes) -> None:
    """A text is stored, and the connection ends before the SMSC hears so."""
    rows, before = count(world.rt, TextPart), world.smsc.sessions
    world.smsc.lost = {DELIVER_RESP}
    world.smsc.begin_to_deliver(HER, words)
    eventually(lambda: count(world.rt, TextPart) == rows + 1)
    world.smsc.cut()
    world.smsc.lost = set()
    eventually(lambda: not world.smsc.sessions & before and world.is_bound() and world.smsc.is_bound)


def test_a_text_that_is_told_again_because_the_answer_was_lost_is_one_text(world: SmppWorld, clock: Clock) -> None:
    not_heard(world, b"orangi town mein mobile cheen liya")
    clock.forward(hours=1)
    bring(world, (b"orangi town mein mobile cheen liya", {}))
    eventually(lambda: stored(world.rt)[0].acknowledged)
    assert len(came_in(world.rt)) == 1
    clock.forward(seconds=40)
    bring(world, (b"orangi town mein mobile cheen liya", {}))  # now it is said again
    eventually(lambda: len(came_in(world.rt)) == 2)


def test_the_same_words_are_another_text_though_the_database_was_away_as_the_smsc_had_heard_of_the_first(
    world: SmppWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, refusals = services.acknowledge, itertools.count()

    def away(*given: object) -> None:
        if next(refusals) < 2:
            raise StatementFailed("the disk is full")
        kept(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("workers.smpp.parts.acknowledge", away)
    monkeypatch.setattr("workers.smpp._AGAIN_S", 0.05)
    for told in (1, 2):
        bring(world, (b"madad", {}))
        eventually(world.all_is_known)
        assert came_in(world.rt) == ["madad"] * told
        clock.forward(minutes=1)


def test_a_text_that_the_network_brings_twice_within_seconds_is_one_text(world: SmppWorld, clock: Clock) -> None:
    for _ in range(2):
        bring(world, (b"orangi town mein mobile cheen liya", {}))
        eventually(world.all_is_known)
        clock.forward(seconds=10)
    assert came_in(world.rt) == ["orangi town mein mobile cheen liya"]


def test_the_same_words_a_day_later_are_another_text_whatever_was_lost(world: SmppWorld, clock: Clock) -> None:
    not_heard(world, b"status")
    clock.forward(hours=7)
    bring(world, (b"status", {}))
    eventually(lambda: len(came_in(world.rt)) == 2)


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("part asked up", [True]),
        ("part asked part up", [True, False]),
        ("part ended asked up", [False]),
        ("part asked ended up", [False]),
    ],
)
def test_only_what_was_answered_before_an_enquiry_on_the_same_connection_counts_as_heard(
    make_rt: MakeRt, line: str, heard: list[bool]
) -> None:
    rt = make_rt()
    book = SmppBook(rt, NAME)
    happens = {"asked": book.line_is_asked, "up": book.line_is_up, "ended": book.line_has_ended}
    try:
        for number, event in enumerate(line.split()):
            if event == "part":
                answered = threading.Event()
                book.part_came(IncomingPart(HER, f"text {number}"), lambda _, answered=answered: not answered.set())
                assert answered.wait(10)
            else:
                happens[event]()
    finally:
        book.close()
    assert [row.acknowledged for row in stored(rt)] == heard


def test_texts_of_one_phone_are_taken_in_in_their_order_though_the_first_takes_long(
    world: SmppWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, calls = services.join, itertools.count()

    def join(*given: Any) -> bool:
        if next(calls) == 0:
            time.sleep(0.5)
        return kept(*given)

    monkeypatch.setattr("workers.smpp.parts.join", join)
    for words in (b"orangi town mein gari chori ho gai", b"status"):
        bring(world, (words, {}))
    eventually(lambda: len(came_in(world.rt)) == 2)
    assert came_in(world.rt) == ["orangi town mein gari chori ho gai", "status"]


def test_an_smsc_that_gives_ids_tells_two_texts_apart(world: SmppWorld) -> None:
    def named(name: bytes) -> tuple[bytes, dict[str, Any]]:
        return b"1", {"tlvs": [smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, name + b"\0")]}

    for name in (b"a", b"b", b"a", b"b"):
        bring(world, named(name))
    eventually(world.all_is_known)
    assert came_in(world.rt) == ["1", "1"]


def test_the_same_words_with_a_schedule_that_is_no_time_are_two_texts(world: SmppWorld, clock: Clock) -> None:
    for told in (1, 2):
        bring(world, (b"1", {"schedule_delivery_time": "000000001000000R"}))
        eventually(world.all_is_known)
        assert came_in(world.rt) == ["1"] * told
        clock.forward(minutes=1)


def test_an_answer_that_goes_out_half_ends_the_connection_and_the_text_comes_again(
    world: SmppWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SMSC would read the next answer as the rest of that one."""
    [before] = world.smsc.sessions
    whole, stuck_one, after = socket.socket.sendall, list[socket.socket](), list[bytes]()

    def half(to: socket.socket, data: bytes) -> None:
        if data[4:8] == DELIVER_RESP.to_bytes(4) and not stuck_one:
            stuck_one.append(to)
            whole(to, data[:7])
            raise TimeoutError
        if to in stuck_one:
            after.append(data)
        whole(to, data)

    with monkeypatch.context() as stuck:
        stuck.setattr(socket.socket, "sendall", half)
        world.smsc.begin_to_deliver(HER, b"orangi town mein mobile cheen liya")
        eventually(lambda: before not in world.smsc.sessions)
    assert after == []
    eventually(lambda: world.is_bound() and world.smsc.is_bound)
    bring(world, (b"orangi town mein mobile cheen liya", {}))
    eventually(world.all_is_known)
    assert came_in(world.rt) == ["orangi town mein mobile cheen liya"]


def test_a_text_notes_its_line_and_parts_are_known_for_a_day(world: SmppWorld, clock: Clock) -> None:
    world.come_in(HER, "orangi town mein mobile cheen liya")
    with world.rt.reading() as session:
        [message] = session.scalars(select(Message).where(Message.direction == "in")).all()
    assert (message.gateway, message.line) == (NAME, "8484")
    assert len(message.gateway_id or "") == 40
    clock.forward(hours=25)
    take_in_parts(world.rt)
    assert stored(world.rt) == []


def test_nothing_that_was_said_stands_in_the_rows(world: SmppWorld) -> None:
    bring(world, THREE[0])
    [row] = stored(world.rt)
    shown = repr([getattr(row, column.name) for column in TextPart.__table__.columns])
    assert HER[1:] not in shown
    assert "موبائل" not in shown


def test_two_connections_where_the_smsc_wants_it_so(make_rt: MakeRt) -> None:
    with open_world(make_rt, bind="two") as world:
        assert len(world.smsc.sessions) == 2
        for message, fields in THREE:  # `smpp34` does not hear the answers of a receiver: the wire does
            world.smsc.begin_to_deliver(HER, message, **fields)
        assert eventually(lambda: came_in(world.rt)) == [WORDS]
        eventually(world.all_is_known)
        assert world.smsc.answered == [0, 0, 0]
        world.gateway.send(OutgoingText(1, 1, HER, "a", "0badcafe-1-1"))
        assert world.on_phones() == [(HER, "a")]


# data_sm


def test_a_text_by_data_sm_is_taken_in_as_one_by_deliver_sm(world: SmppWorld) -> None:
    coding, data = coded(WORDS)
    assert world.smsc.data(HER, data, coding=coding) == 0
    eventually(world.all_is_known)
    with world.rt.reading() as session:
        [row] = session.scalars(select(Message).where(Message.direction == "in"))
        assert (row.gateway, row.line, row.body) == (NAME, "8484", WORDS)
    assert world.smsc.data(HER, data, coding=coding) == 0  # told again
    bring(world, (b"", {"data_coding": coding, "tlvs": [smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, data)]}))  # and by deliver_sm
    eventually(world.all_is_known)
    assert came_in(world.rt) == [WORDS]


def test_parts_by_data_sm_are_joined_by_a_header_and_by_parameters_and_with_parts_by_deliver_sm(world: SmppWorld) -> None:
    data = WORDS.encode("utf-16-be")
    half = len(data) // 4 * 2
    for number, piece in ((2, data[half:]), (1, data[:half])):
        sar = {0x20C: b"\x12\x34", 0x20E: b"\2", 0x20F: bytes([number])}
        assert world.smsc.data(HER, piece, coding=8, tlvs=sar) == 0
        assert world.smsc.data(OTHER, b"\5\0\3\x09\2" + bytes([number]) + piece, coding=8, esm_class=0x40) == 0
    for number, (message, fields) in enumerate(THREE):
        if number:
            assert world.smsc.data("+923001234509", message, coding=fields["data_coding"], esm_class=fields["esm_class"]) == 0
        else:
            bring(world, (message, fields), "+923001234509")
    eventually(lambda: len(came_in(world.rt)) == 3)
    assert came_in(world.rt) == [WORDS] * 3


def test_while_a_text_by_data_sm_cannot_be_stored_the_smsc_hears_so(world: SmppWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    coding, data = coded(WORDS)

    def away(*_: object) -> None:
        raise StatementFailed("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("workers.smpp.parts.keep_parts", away)
        patch.setattr("workers.smpp._REFUSED_AFTER_S", 0.01)
        assert world.smsc.data(HER, data, coding=coding) == LATER
    assert world.smsc.data(HER, data, coding=coding) == 0
    assert eventually(lambda: came_in(world.rt)) == [WORDS]


def test_a_pdu_that_cannot_be_used_is_answered_and_logged_without_a_word(world: SmppWorld, capsys: pytest.CaptureFixture[str]) -> None:
    words = b"mera naam zainab hai " + HER.encode()
    assert world.smsc.raw(DATA, b"\0\1") == (0, b"\0")  # cut: it would come again for ever, before all others
    assert world.smsc.raw(0x21, words) == (0x03, b"")  # a submit_multi
    bring(world, THREE[0])  # and the connection stands
    said = capsys.readouterr()
    assert "0x103" in said.out + said.err
    assert "0x21" in said.out + said.err
    assert "zainab" not in said.out + said.err
    assert HER[3:] not in said.out + said.err
    assert came_in(world.rt) == []
