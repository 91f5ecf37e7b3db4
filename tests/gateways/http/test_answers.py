"""What a service answers, or does not: each answer is read within a time and a size, and one that no rule knows is never "taken"."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.http import client, exchange
from hotline.gateways.http.answers import Document, judge
from hotline.gateways.http.exchange import Answer
from hotline.gateways.http.service import Means, Place
from hotline.gateways.listing import Page, Span
from tests.gateways.http.conftest import Open, text_of
from tests.gateways.http.pretend import Pretend
from tests.gateways.http.world import account_at, file_of
from tests.gateways.smpp.smsc import self_signed
from tests.servers import serving
from tests.support import NOON, OTHER

UNKNOWN = Outcome.UNKNOWN
TAKEN = b'[{"Response":"0"}]'


@contextmanager
def raw_service(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what it likes to each connection."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    speak(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def fault_of(open_gateway: Open, name: str = "m3tech", **more: object) -> GatewayError:
    with pytest.raises(GatewayError) as fault:
        open_gateway(name, **more).send(text_of("test"))
    assert 1 <= len(fault.value.code) <= 16
    return fault.value


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    "answer",
    [
        Response("", 200),
        Response("OK", 200),
        Response('{"Response":', 200),
        Response('[{"Response":"00"}]', 200),
        Response('[{"Response":["0"]}]', 200),
        Response("[" * 60_000, 200),
        Response("<html>login</html>", 200),
        Response(b"\xff\xfe0\x00", 200),
        Response('"0"', 500),
        Response("", 204),
        Response('[{"Response":"-99"}]', 200),
    ],
)
def test_an_answer_that_no_rule_knows_leaves_the_text_in_doubt(answer: Response, open_gateway: Open, pretend: Pretend) -> None:
    pretend.answers.append(answer)
    assert fault_of(open_gateway).outcome is UNKNOWN


def test_a_redirect_is_not_followed(open_gateway: Open, pretend: Pretend, service_url: str) -> None:
    pretend.answers.append(Response("", 302, {"Location": f"{service_url}/elsewhere"}))
    assert fault_of(open_gateway).outcome is UNKNOWN
    assert len(pretend.asked) == 1


def test_two_mebibytes_are_read_to_a_limit_and_known_by_no_path(open_gateway: Open, pretend: Pretend) -> None:
    pretend.answers.append(Response(TAKEN[:-1] + b" " * 2**21 + b"]"))
    assert fault_of(open_gateway).outcome is UNKNOWN


def test_a_packed_answer_is_not_unpacked(open_gateway: Open, pretend: Pretend) -> None:
    pretend.answers.append(Response(gzip.compress(TAKEN + b" " * 10**8), headers={"Content-Encoding": "gzip"}))
    began = time.monotonic()
    assert fault_of(open_gateway).outcome is UNKNOWN
    assert time.monotonic() - began < 0.9
    assert pretend.asked[0].headers["Accept-Encoding"] == "identity"


def drip(start: bytes, each: bytes) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(each)
            time.sleep(0.05)

    return speak


@pytest.mark.parametrize(
    "speak",
    [
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + TAKEN, b" "),
        drip(b"HTTP/1.1 200 OK\r\n\r\n" + TAKEN, b" "),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["status line", "headers", "continue", "body", "body without an end", "chunks"],
)
def test_an_answer_that_drips_is_given_up_in_time_and_never_taken(speak: Callable[[socket.socket], None], open_gateway: Open) -> None:
    with raw_service(speak) as url:
        began = time.monotonic()
        fault = fault_of(open_gateway, url=url, timeout_s=0.5)
        assert (fault.outcome, fault.code) == (UNKNOWN, "too_slow")
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + TAKEN,  # and the line is cut
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n" + TAKEN,
        b"HTTP/1.1 200 " + b"O" * 100_000,
    ],
)
def test_what_is_no_answer_leaves_the_text_in_doubt(said: bytes, open_gateway: Open) -> None:
    with raw_service(lambda connection: connection.sendall(said)) as url:
        assert fault_of(open_gateway, url=url).outcome is UNKNOWN


def test_a_service_whose_certificate_nobody_vouches_for_gets_no_password_and_no_text(
    open_gateway: Open, pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "service.pem"
    certificate.write_bytes(self_signed("127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(make_server("127.0.0.1", 0, pretend, threaded=True, ssl_context=context)) as address:
        url = address.replace("http:", "https:")
        fault = fault_of(open_gateway, url=url)
        assert (fault.code, fault.outcome) == ("certificate", Outcome.ILL)
        assert pretend.asked == []
        monkeypatch.setattr(exchange, "_trust", lambda: ssl.create_default_context(cafile=certificate))
        open_gateway("m3tech", url=url).send(text_of("test"))
        assert len(pretend.asked) == 1


def test_where_nobody_listens_nothing_was_sent(open_gateway: Open) -> None:
    assert fault_of(open_gateway, url="http://127.0.0.1:9").outcome is Outcome.NOT_SENT


def test_a_service_that_asks_us_to_wait_is_heard(open_gateway: Open, pretend: Pretend) -> None:
    gateway = open_gateway("example")
    gateway.log_in()
    pretend.answers.append(Response("slowly", 429, {"Retry-After": "7"}))
    with pytest.raises(GatewayError) as fault:
        gateway.send(text_of("test"))
    assert (fault.value.outcome, fault.value.retry_after_s) == (Outcome.NOT_SENT, 7)


def test_a_text_stands_under_our_id_whatever_the_service_calls_it(open_gateway: Open, pretend: Pretend) -> None:
    """A service that gave two texts one id would otherwise make the second look as if it had failed."""
    gateway = open_gateway("jasmin")
    pretend.answers += [Response('Success "1"'), Response('Success "1"')]
    ids = [gateway.send(text_of("test", number=number)).gateway_id for number in (1, 2)]
    assert len(set(ids)) == 2


def test_a_look_up_that_the_service_puts_off_does_not_say_that_the_text_is_not_there(
    open_gateway: Open, pretend: Pretend, service_url: str, tmp_path: Path
) -> None:
    """Else the text would be sent again, beside the first."""
    file = tmp_path / "own.toml"
    rule = '{ status = 404, means = "not_there" },'
    busy = '{ status = 503, means = "again" }, { status = 402, means = "ill" },'
    file.write_text(file_of("example", tmp_path).read_text("utf-8").replace(rule, rule + busy), "utf-8")
    gateway = open_gateway("example", file=file)
    assert gateway.look_up(text_of("test"), NOON, set()) is None
    for status in (503, 402, 500):
        pretend.answers.append(Response("", status))
        with pytest.raises(GatewayError):
            gateway.look_up(text_of("test"), NOON, set())
        gateway.log_in()


# Sessions


def test_one_login_serves_many_texts_and_threads(open_gateway: Open, pretend: Pretend) -> None:
    gateway = open_gateway("telenor")
    threads = [threading.Thread(target=gateway.send, args=(text_of("test", number=number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(pretend.phones), pretend.logins) == (8, 1)


def test_a_session_that_died_is_begun_anew_and_the_text_leaves_once(open_gateway: Open, pretend: Pretend) -> None:
    gateway = open_gateway("example")
    gateway.send(text_of("one", number=1))
    pretend.sessions.clear()
    gateway.send(text_of("two", number=2))
    assert [words for _, words in pretend.phones] == ["one", "two"]
    assert pretend.logins == 2


def test_an_error_that_may_be_a_dead_session_ends_it(open_gateway: Open, pretend: Pretend) -> None:
    """Telenor's codes are not known: the text is tried again later, and then in a new session."""
    gateway = open_gateway("telenor")
    gateway.send(text_of("one", number=1))
    pretend.sessions.clear()
    with pytest.raises(GatewayError) as fault:
        gateway.send(text_of("two", number=2))
    assert fault.value.outcome is Outcome.NOT_SENT
    gateway.send(text_of("two", number=2))
    assert [words for _, words in pretend.phones] == ["one", "two"]


def test_a_session_that_never_holds_makes_the_gateway_ill_and_asks_no_more_than_twice(open_gateway: Open, pretend: Pretend) -> None:
    gateway = open_gateway("example")
    gateway.log_in()
    pretend.answers += [Response("your session expired"), Response("<a><response>OK</response><data>s2</data></a>")]
    pretend.answers += [Response("your session expired")]
    with pytest.raises(GatewayError) as fault:
        gateway.send(text_of("test"))
    assert fault.value.outcome is Outcome.ILL
    assert (len(pretend.asked), pretend.phones) == (4, [])


@pytest.mark.parametrize("answer", [Response("<a/>"), Response("no", 500), Response("<a><response>OK</response><data>a b</data></a>")])
def test_a_login_that_nobody_understands_makes_the_gateway_ill(answer: Response, open_gateway: Open, pretend: Pretend) -> None:
    pretend.answers.append(answer)
    assert fault_of(open_gateway, "telenor").outcome is Outcome.ILL
    assert pretend.phones == []


def test_a_login_whose_answer_is_lost_sent_no_text(open_gateway: Open) -> None:
    with raw_service(lambda connection: connection.sendall(b"")) as url:
        assert fault_of(open_gateway, "telenor", url=url).outcome is Outcome.NOT_SENT


def test_texts_that_wait_for_a_login_which_hangs_are_given_back_before_their_claims_are_too_old(
    open_gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each waits for the logins of all before it, and leaves when another worker has sent it meanwhile."""
    monkeypatch.setattr(client, "LONGEST_S", 1.0, raising=False)
    outcomes: list[Outcome] = []
    with raw_service(drip(b"", b"H")) as url:
        gateway, began = open_gateway("telenor", url=url, timeout_s=0.7), time.monotonic()

        def send(number: int) -> None:
            with pytest.raises(GatewayError) as fault:
                gateway.send(text_of("test", number=number))
            outcomes.append(fault.value.outcome)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - began < 2.5
    assert outcomes == [Outcome.NOT_SENT] * 5


# Texts that are asked for


def test_it_is_asked_for_the_last_hour_and_for_two_days_in_the_hotlines_time(open_gateway: Open, pretend: Pretend) -> None:
    noon = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    gateway = open_gateway("jazz", clock=lambda: noon)
    assert list(gateway.poll()) == []
    assert gateway.texts_in(Span(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))) == Page(())
    for asked, since in zip(pretend.asked, ("2026-11-23+11%3A00%3A00", "2026-11-21+12%3A00%3A00"), strict=True):
        assert f"%3CFromDate%3E{since}%3C" in asked.body.decode()
        assert "%3CToDate%3E2026-11-23+12%3A10%3A00%3C" in asked.body.decode()


def test_a_listed_text_has_one_id_however_often_and_a_bad_row_hides_no_other(open_gateway: Open, pretend: Pretend) -> None:
    row = {"smsDate": "2026-11-23 12:00:01", "smsFrom": "+923001234501", "smsMessage": " 1 ", "smsTo": "7005148"}
    other = {**row, "smsFrom": OTHER, "smsDate": "soon"}
    pretend.rows += [{**row, "smsFrom": ""}, {"smsFrom": OTHER, "smsMessage": "x", "smsDate": "", "smsTo": ""}, other, row]
    gateway = open_gateway("jazz")
    [second, first], again = list(gateway.poll()), list(gateway.poll())
    assert (first.sender, first.body, first.line) == ("+923001234501", " 1 ", "7005148")
    assert first.received_at == datetime(2026, 11, 23, 7, 0, 1, tzinfo=UTC)
    assert (second.sender, second.received_at) == (OTHER, None)
    assert again == [second, first]
    assert first.gateway_id != second.gateway_id
    pretend.rows[-1] = {**row, "smsDate": "2026-11-23 12:00:02"}
    assert list(gateway.poll())[-1].gateway_id != first.gateway_id


def test_a_list_that_is_longer_than_is_read_says_what_to_do(open_gateway: Open, pretend: Pretend, logged: list[Any]) -> None:
    pretend.answers.append(Response("<SMSRsponse>" + "<SMSInfo></SMSInfo>" * 300_000 + "</SMSRsponse>"))
    with pytest.raises(GatewayError):
        list(open_gateway("jazz").poll())
    assert any("lower [poll] minutes" in line["event"] for line in logged)


@pytest.mark.parametrize("answer", [Response("no"), Response("<a><Error>wrong password</Error></a>"), Response("", 500)])
def test_a_list_that_nobody_understands_is_a_fault_and_no_empty_list(answer: Response, open_gateway: Open, pretend: Pretend) -> None:
    pretend.answers.append(answer)
    with pytest.raises(GatewayError):
        list(open_gateway("jazz").poll())


# Documents


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>',
        '<!DOCTYPE r SYSTEM "a>b" [<!ATTLIST r x CDATA "long">]><r/>',
        '<!DOCTYPE r [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]><r>x</r>',
        "<r>&unknown</s>",
        "<r>",
        "",
        "<r></s>",
    ],
)
def test_a_document_that_declares_things_or_is_none_has_nothing_in_it(xml: str) -> None:
    assert Document(xml.encode()).find(Place(xml=("r", "//r"))) is None


def test_a_document_that_names_a_type_is_read_and_what_looks_like_a_declaration_in_words_too() -> None:
    named = b'<?xml version="1.0" encoding="x"?><!DOCTYPE r SYSTEM "r.dtd"><r xmlns="urn:x"><a> 1 </a><b><c/><a>2</a></b></r>'
    assert Document(named).find(Place(xml=("a",))) == "1"
    assert Document(named).find(Place(xml=("b/a",))) == "2"
    assert Document(b"<r><a><![CDATA[<!ENTITY x]]></a></r>").find(Place(xml=("//a",))) == "<!ENTITY x"


@pytest.mark.usefixtures("uncollected")
def test_deep_and_wide_documents_end_soon() -> None:
    began = time.process_time()
    for body in (b"<a>" * 200_000 + b"</a>" * 200_000, b"[" * 500_000, b'{"a":' * 100_000, b"<a b='c'/>" * 100_000):
        assert Document(body).find(Place(json=("a.a",), xml=("a/a/a/x", "//x"))) is None
    assert time.process_time() - began < 10


def test_rules_hold_from_above_and_all_that_a_rule_names_must_hold() -> None:
    service = account_at("http://127.0.0.1:1", "jasmin").service
    assert service is not None
    rules = service.send.answers
    assert judge(Answer(200, b'Success "abc"'), rules).means is Means.TAKEN
    assert judge(Answer(200, b'Success "abc"'), rules).id == "abc"
    assert judge(Answer(201, b'Success "abc"'), rules).means is None
    assert judge(Answer(403, b'Success "abc"'), rules).means is None
    assert (judge(Answer(403, b'Error "x"'), rules).means, judge(Answer(403, b'Error "x"'), rules).code) == (Means.ILL, "http_403")


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (403, "User throughput exceeded", Outcome.NOT_SENT),
        (403, "Cannot charge submit_sm, check RouterPB log file for details", Outcome.ILL),
        (403, "Authentication failure for username:x", Outcome.ILL),
        (400, "Authorization failed for user [x] (Setting hex content not authorized).", Outcome.ILL),
        (400, "Authorization failed for user [x] (Long content not authorized).", Outcome.ILL),
        (400, "Value filter failed for user [x] (source_address filter mismatch).", Outcome.ILL),
        (400, "Value filter failed for user [x] (destination_address filter mismatch).", Outcome.REFUSED),
        (400, "Argument [to] has an invalid value: [x].", Outcome.REFUSED),
        (412, "No route found", Outcome.NOT_SENT),
        (412, "Failover route has no bound connectors", Outcome.NOT_SENT),
        (500, "Cannot send submit_sm, check SMPPClientManagerPB log file for details", UNKNOWN),
    ],
)
def test_what_jasmin_says_is_the_texts_fault_the_accounts_or_nobodys(
    status: int, said: str, outcome: Outcome, open_gateway: Open, pretend: Pretend
) -> None:
    """As jasmin/protocols/http/errors.py and validation.py have it."""
    pretend.answers.append(Response(f'Error "{said}"', status))
    assert fault_of(open_gateway, "jasmin").outcome is outcome


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (400, "Sender missing and no global set, rejected", Outcome.ILL),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", Outcome.REFUSED),
        (400, "Empty text not allowed, rejected", Outcome.REFUSED),
        (403, "Authorization failed for sendsms", Outcome.ILL),
        (403, "Not routable. Do not try again.", Outcome.REFUSED),
        (503, "Temporal failure, try again later.", Outcome.NOT_SENT),
        (500, "Temporal failure, try again later.", UNKNOWN),
    ],
)
def test_what_kannel_says_is_the_texts_fault_or_the_accounts(
    status: int, said: str, outcome: Outcome, open_gateway: Open, pretend: Pretend
) -> None:
    """As gw/smsbox.c has it."""
    pretend.answers.append(Response(said, status))
    assert fault_of(open_gateway, "kannel").outcome is outcome
