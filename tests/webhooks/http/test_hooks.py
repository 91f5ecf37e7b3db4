"""A service tells us of texts and reports: who is believed, which texts are one, and that nothing is refused for what it says."""

import dataclasses
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hotline import spool
from hotline.app import create_app
from hotline.domain.delivery import Delivery
from hotline.gateways.base import FieldMissing
from hotline.gateways.http.incoming import told_reports
from hotline.gateways.http.service import Content, Place, ReportsIn
from hotline.gateways.http.settings import Account, read_account
from hotline.runtime import Runtime
from hotline.services import arriving
from hotline.services.texts.outbound import claim_due
from hotline.spool import SpoolFault
from hotline.storage import outgoing, wiping
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Ticket
from hotline.storage.wiping import Why
from hotline.storage.writing import Overloaded
from tests.gateways.http.world import HOOK, NAME, account_at
from tests.gateways.world import MakeRt
from tests.support import HER, OTHER, Clock, texts_out, tickets

WORDS = "orangi town mein do larkon ne mera mobile cheen liya"
Hooked = Callable[..., tuple[Runtime, FlaskClient]]


@pytest.fixture
def hooked(make_rt: MakeRt) -> Hooked:
    """A hotline with the account of that name, and a client of its web process."""

    def opened(name: str, account: Account | None = None, **more: Any) -> tuple[Runtime, FlaskClient]:
        rt = make_rt(gateways={NAME: account or account_at("http://127.0.0.1:1", name, **more)})
        return rt, create_app(rt).test_client()

    return opened


def at(what: str, secret: str = HOOK, name: str = NAME) -> str:
    return f"/hooks/http/{name}/{secret}/{what}"


def came_in(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))


# Who is believed


@pytest.mark.parametrize(
    "path", [at("texts", "x" * 30), at("texts", HOOK + "x"), at("texts", "é"), at("texts", HOOK, "other"), at("reports", "-")]
)
def test_without_the_secret_nothing_is_taken_and_the_log_does_not_show_it(path: str, hooked: Hooked, logged: list[Any]) -> None:
    rt, client = hooked("m3tech")
    assert client.post(path, data={"from": HER, "text": WORDS}).status_code == 403
    assert client.get(path, query_string={"from": HER, "text": WORDS}).status_code == 403
    assert came_in(rt) == []
    assert all(line["path"].startswith("/hooks/http/") and "/…/" in line["path"] for line in logged)
    assert HOOK not in repr(logged)


def test_a_gateway_of_another_kind_and_one_without_hooks_are_not_there(hooked: Hooked) -> None:
    _, client = hooked("jazz")
    assert client.post(at("texts"), data={"from": HER, "text": WORDS}).status_code == 403
    _, client = hooked("m3tech")
    assert client.post(at("reports"), data={"our_id": "x", "status": "1"}).status_code == 404


def test_an_empty_secret_opens_nothing(hooked: Hooked) -> None:
    rt, client = hooked("m3tech", dataclasses.replace(account_at("http://127.0.0.1:1", "m3tech"), hook=""))
    for secret in ("-", "", "%20"):
        assert client.post(at("texts", secret), data={"from": HER, "text": WORDS}).status_code in (403, 404)
    assert came_in(rt) == []


@pytest.mark.parametrize(
    ("allow", "address", "status"),
    [
        ([], "198.51.100.1", 200),
        (["198.51.100.1"], "198.51.100.1", 200),
        (["198.51.100.1"], "::ffff:198.51.100.1", 200),
        (["203.0.113.0/24", "198.51.100.0/25"], "198.51.100.1", 200),
        (["2001:db8::/32"], "2001:db8::1", 200),
        (["198.51.100.0/25"], "198.51.100.128", 403),
        (["198.51.100.0/25"], "2001:db8::1", 403),
        (["198.51.100.0/25"], "", 403),
    ],
)
def test_a_service_calls_from_its_own_addresses(allow: list[str], address: str, status: int, hooked: Hooked) -> None:
    rt, client = hooked("m3tech", allow=allow)
    answer = client.post(at("texts"), data={"from": HER, "text": WORDS}, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert len(came_in(rt)) == (1 if status == 200 else 0)


def test_a_service_of_ones_own_may_tell_only_of_its_own_texts(hooked: Hooked, make_rt: MakeRt) -> None:
    """A report that knows one gateway's secret moves no text of another gateway."""
    rt, client = hooked("kannel")
    client.get(at("texts"), query_string={"id": "a", "from": HER, "text": WORDS, "charset": "UTF-8", "at": "1"})
    _, [claimed] = claim_due(rt, {NAME: 1})
    with rt.transaction() as tx:
        outgoing.store(tx.session, claimed.text.message_id, gateway="other")
    assert client.get(at("reports"), query_string={"our_id": claimed.text.our_id, "status": "1"}).status_code == 200
    assert texts_out(rt)[0].delivery == Delivery.SENDING


# Which texts are one


def tell(client: FlaskClient, words: str = WORDS, number: str = HER) -> None:
    assert client.post(at("texts"), data={"from": number, "text": words}).status_code == 200


def test_without_an_id_and_a_time_a_text_told_again_within_three_minutes_is_one(hooked: Hooked, clock: Clock) -> None:
    rt, client = hooked("m3tech")
    clock.forward(seconds=59)
    for _ in range(4):
        tell(client)
        clock.forward(seconds=60)
    assert [message.body for message in came_in(rt)] == [WORDS]
    assert len(tickets(rt)) == len(texts_out(rt)) == 1


def again(rt: Runtime) -> list[tuple[int, datetime]]:
    """Of which texts it is noted that their words came again, and when."""
    with rt.reading() as session:
        noted = session.scalars(select(Event).where(Event.kind == EventKind.CAME_AGAIN).order_by(Event.id))
        return [(one.data["message"], one.happened_at) for one in noted]


def test_the_same_words_within_three_minutes_are_noted_on_the_ticket_and_lost_by_nobody(hooked: Hooked, clock: Clock) -> None:
    """They may be the same text, told again, or another one of the citizen's: nobody can tell."""
    rt, client = hooked("m3tech")
    tell(client)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(unread=False))
    [before] = tickets(rt)
    clock.forward(minutes=2)
    tell(client)
    [message], [ticket] = came_in(rt), tickets(rt)
    assert again(rt) == [(message.id, clock())]
    assert (ticket.unread, ticket.version) == (True, before.version + 1)
    assert len(texts_out(rt)) == 1


def test_what_is_told_over_and_over_is_noted_once_a_minute(hooked: Hooked, clock: Clock) -> None:
    rt, client = hooked("m3tech")
    for _ in range(30):
        tell(client)
        clock.forward(seconds=5)
    assert (len(again(rt)), len(came_in(rt))) == (3, 1)


def test_a_cry_that_comes_again_rings_anew_also_after_somebody_acted(hooked: Hooked, clock: Clock) -> None:
    rt, client = hooked("m3tech")
    tell(client, "bachao")
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(acted_at=tx.now, next_ring_at=None, status="resolved"))
    clock.forward(minutes=2)
    tell(client, "bachao")
    [ticket] = tickets(rt)
    assert (ticket.acted_at, ticket.next_ring_at, ticket.status) == (None, clock(), "reopened")
    assert (len(came_in(rt)), len(again(rt))) == (1, 1)


def test_words_on_no_ticket_and_texts_with_an_id_are_noted_nowhere_when_they_come_again(hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    tell(client, "shukriya")
    tell(client, "shukriya")
    assert (len(came_in(rt)), tickets(rt), again(rt)) == (1, [], [])
    rt, client = hooked("example")
    for _ in range(2):
        assert client.post(at("texts"), data={"id": "a", "from": OTHER, "text": WORDS}).status_code == 200
    assert (len(came_in(rt)), again(rt)) == (2, [])


def test_a_text_that_was_erased_comes_back_by_nothing(hooked: Hooked, clock: Clock) -> None:
    rt, client = hooked("m3tech")
    tell(client)
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, came_in(rt)[0].contact_id, now=tx.now, why=Why.WISH)
    clock.forward(minutes=1)
    tell(client)
    assert WORDS not in [message.body for message in came_in(rt)]


def test_one_text_that_is_told_by_several_at_once_is_one(hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    threads = [threading.Thread(target=tell, args=(client.application.test_client(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(came_in(rt)), len(tickets(rt)), len(texts_out(rt)), len(again(rt))) == (1, 1, 1, 1)


def test_the_same_words_four_minutes_later_are_another_text_and_other_words_and_phones_always(hooked: Hooked, clock: Clock) -> None:
    rt, client = hooked("m3tech")
    tell(client, "1")
    tell(client, "2")
    tell(client, "1", OTHER)
    clock.forward(minutes=4)
    tell(client, "1")
    clock.forward(hours=1)
    tell(client, "1")
    assert [message.body for message in came_in(rt)] == ["1", "2", "1", "1", "1"]


def test_a_text_that_is_told_again_every_three_minutes_is_never_lost_for_good(hooked: Hooked, clock: Clock) -> None:
    """The minutes count from the text that was kept, not from the last time that it was told."""
    rt, client = hooked("m3tech")
    for _ in range(8):
        tell(client)
        clock.forward(minutes=2)
    assert len(came_in(rt)) == 4


@pytest.mark.usefixtures("uncollected")
def test_with_a_time_the_words_of_each_time_are_a_text(hooked: Hooked, clock: Clock, tmp_path: Any) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        'url = "https://sms.example.com"\n[send]\npath = "/"\nanswers = [{ status = 200, means = "taken" }]\n'
        '[texts]\ncontent = "json"\nrows = { json = "results" }\nsender = "from.number"\nwords = "text"\nat = "sent"\n'
    )
    faults: list[str] = []
    account = read_account(NAME, {"file": str(file)}, {f"HOTLINE_{NAME.upper()}_HOOK": HOOK}, faults)
    rt, client = hooked("own", account)
    one = {"from": {"number": HER}, "text": "1", "sent": "2026-11-23T11:59:58+05:00"}
    two = {**one, "sent": "2026-11-23T11:59:59"}
    for _ in range(2):
        assert client.post(at("texts"), json={"results": [one, two, {"text": "no sender"}]}).status_code == 200
        clock.forward(hours=2)
    assert faults == []
    assert [message.sent_at for message in came_in(rt)] == [datetime(2026, 11, 23, 6, 59, second, tzinfo=UTC) for second in (58, 59)]
    assert client.post(at("texts"), data=b"{").status_code == 400
    assert client.post(at("texts"), data=b"[" * 100_000).status_code == 400


def test_an_id_that_cannot_be_stored_still_tells_texts_apart(hooked: Hooked) -> None:
    rt, client = hooked("example")
    for sign in ("ü" * 200, "ü" * 200, "x" * 65, "a\0b"):
        assert client.post(at("texts"), data={"id": sign, "from": HER, "text": WORDS}).status_code == 200
    assert len(came_in(rt)) == 3
    assert all(len(message.gateway_id or "") <= 64 for message in came_in(rt))


# Nothing is refused for what it says


def test_a_text_without_its_sender_is_refused_and_one_without_words_is_kept(hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    assert client.post(at("texts"), data={"text": WORDS}).status_code == 400
    assert client.post(at("texts"), data={"from": " ", "text": WORDS}).status_code == 400
    assert client.post(at("texts"), data={f"f{n}": "" for n in range(1001)}).status_code == 400
    assert client.post(at("texts"), data={"from": HER}).status_code == 200
    assert [message.body for message in came_in(rt)] == [""]


def test_odd_bytes_are_replaced_and_unknown_fields_ignored(hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    form = b"from=%2B923001234501&text=a%00b%ff%ed%a0%80&x=%00&from=other"
    assert client.post(at("texts"), data=form, content_type="text/strange").status_code == 200
    [message] = came_in(rt)
    assert message.body == "a\ufffdb\ufffd\ufffd\ufffd\ufffd"
    assert client.post(at("texts"), data=b"x" * (2**21 + 1)).status_code == 413


@pytest.mark.parametrize(
    ("charset", "raw", "words"),
    [
        ("UTF-16BE", "مدد 😢".encode("utf-16-be"), "مدد 😢"),
        ("utf-8", "مدد".encode(), "مدد"),
        ("ISO-8859-1", b"\xe9", "é"),
        ("rot13", b"abc", "abc"),
        ("base64", b"abc", "abc"),
        ("UTF-16BE", b"\x06", "\ufffd"),
        ("", b"abc", "abc"),
    ],
)
def test_kannels_bytes_are_read_in_the_alphabet_that_it_names(charset: str, raw: bytes, words: str, hooked: Hooked) -> None:
    rt, client = hooked("kannel")
    text = "".join(f"%{one:02X}" for one in raw)
    assert client.get(f"{at('texts')}?id=1&from=%2B923001234501&to=8020&text={text}&charset={charset}&at=1795417190").status_code == 200
    [message] = came_in(rt)
    assert (message.body, message.line) == (words, "8020")


@pytest.mark.parametrize(
    ("binary", "coding", "words"),
    [
        ("0645062F062F", b"\x08", "مدد"),
        ("0645062F062F", b"8", "مدد"),
        ("1b65001b3c61", b"\x00", "€@[a"),
        ("1b", b"0", ""),
        ("8041", b"0", "\ufffdA"),
        ("e9", b"3", "é"),
        ("616263", b"1", "abc"),
        ("616263", b"240", "abc"),
        ("zz", b"8", "zz"),
        ("", b"0", ""),
    ],
)
def test_jasmins_bytes_are_read_by_their_coding(binary: str, coding: bytes, words: str, hooked: Hooked) -> None:
    rt, client = hooked("jasmin")
    answer = client.post(at("texts"), data={"id": "a", "from": HER, "to": "8020", "binary": binary, "coding": coding.decode("latin-1")})
    assert (answer.status_code, answer.text) == (200, "ACK/Jasmin")
    assert [message.body for message in came_in(rt)] == [words]


def test_a_busy_database_is_told_as_ever_and_a_full_disk_too_as_try_again(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_given: object, **_more: object) -> None:
        raise Overloaded("busy")

    def full(*_given: object, **_more: object) -> None:
        raise SpoolFault("No space left on device")

    rt, client = hooked("m3tech")
    monkeypatch.setattr(arriving, "receive_text", busy)
    assert client.post(at("texts"), data={"from": HER, "text": WORDS}).text == "OK"
    assert len(spool.waiting(rt.config.data_dir)) == 1
    monkeypatch.setattr(rt.spool, "put", full)
    assert client.post(at("texts"), data={"from": HER, "text": WORDS}).status_code == 503


# Reports


def test_reports_come_late_twice_out_of_order_and_of_strange_statuses(hooked: Hooked) -> None:
    rt, client = hooked("kannel")
    client.get(at("texts"), query_string={"id": "a", "from": HER, "text": WORDS, "charset": "UTF-8", "at": "1"})
    _, [claimed] = claim_due(rt, {NAME: 1})

    def report(status: str, ours: str = claimed.text.our_id) -> int:
        return client.get(at("reports"), query_string={"our_id": ours, "status": status}).status_code

    assert [report("8"), report("99"), report("")] == [200] * 3
    assert texts_out(rt)[0].delivery == Delivery.SENT
    assert [report("2"), report("8")] == [200] * 2
    assert texts_out(rt)[0].delivery == Delivery.FAILED
    assert [report("1"), report("2"), report("1")] == [200] * 3
    assert texts_out(rt)[0].delivery == Delivery.DELIVERED
    assert [report("1", "ffffffff-1-1"), report("1", claimed.text.our_id + "0" * 60), report("1", "")] == [200, 200, 400]


def test_a_report_without_an_id_hides_no_other_in_the_same_request() -> None:
    spec = ReportsIn(Content.JSON, "", "id", "status", "", {"ok": "delivered"}, "", "text/plain")
    body = b'[{"id": "a", "status": "ok"}, {"status": "ok"}, {"id": "b", "status": "ok"}]'
    assert [one.gateway_id for one in told_reports(spec, "00000000", b"", body)] == ["a", "b"]
    with pytest.raises(FieldMissing):
        told_reports(spec, "00000000", b"", b'[{"status": "ok"}]')


@pytest.mark.parametrize(
    ("status", "delivery"),
    [("ESME_ROK", Delivery.SENT), ("ESME_RINVDSTADR", Delivery.FAILED), ("UNDELIV", Delivery.FAILED), ("DELIVRD", Delivery.DELIVERED)],
)
def test_a_text_that_jasmins_operator_refused_has_not_left(hooked: Hooked, status: str, delivery: Delivery) -> None:
    """Its first report has the operator's answer to the text. After a refusal there is no other (jasmin/managers/dlr.py)."""
    rt, client = hooked("jasmin")
    client.post(at("texts"), data={"id": "a", "from": HER, "binary": WORDS.encode("utf-16-be").hex(), "coding": "8"})
    _, [claimed] = claim_due(rt, {NAME: 1})
    with rt.transaction() as tx:
        outgoing.store(tx.session, claimed.text.message_id, delivery=Delivery.SENT)
    assert client.post(at("reports"), query_string={"our_id": claimed.text.our_id}, data={"message_status": status}).status_code == 200
    assert texts_out(rt)[0].delivery == delivery


def test_one_request_reports_many_texts() -> None:
    spec = ReportsIn(Content.JSON, "", "id", "status.name", "", {"ok": "delivered"}, "", "text/plain", Place(json=("results",)))
    body = b'{"results": [{"id": "a", "status": {"name": "ok"}}, {"id": "b", "status": {"name": "ok"}}]}'
    assert [one.gateway_id for one in told_reports(spec, "00000000", b"", body)] == ["a", "b"]


# Forms in parts, as PHP posts the fields of a table


def test_a_form_in_parts_is_a_form(hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    words = "بچاؤ & 50% + \r\n😢"
    assert client.post(at("texts"), data={"from": HER, "text": words}, content_type="multipart/form-data").status_code == 200
    assert [message.body for message in came_in(rt)] == [words]
    assert client.post(at("texts"), data=b"from=8020&text=2", content_type="multipart/form-data; boundary=b").status_code == 200
    assert [message.body for message in came_in(rt)] == [words, "2"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b",
        b"--b--",
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nmadad\r\n--b--',
        b"--b\r\n\r\n\r\n--b--" * 100,
    ],
)
def test_what_is_no_form_in_parts_brings_nothing(body: bytes, hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    for kind in ("multipart/form-data; boundary=b", "multipart/form-data"):
        assert client.post(at("texts"), data=body, content_type=kind).status_code == 400
    assert came_in(rt) == []


def test_a_form_of_too_many_parts_is_refused_and_a_file_beside_the_words_is_passed_over(hooked: Hooked) -> None:
    rt, client = hooked("m3tech")
    assert client.post(at("texts"), data={f"f{n}": "x" for n in range(1001)}, content_type="multipart/form-data").status_code in (400, 413)
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="{}"; filename="x"\r\n\r\n{}\r\n'
    body = file.format("file", "y" * 600_000) + part.format("from", HER) + part.format("text", WORDS) + "--b--\r\n"
    assert client.post(at("texts"), data=body.encode(), content_type="multipart/form-data; boundary=b").status_code == 200
    assert [message.body for message in came_in(rt)] == [WORDS]
