"""Photos at Twilio: their ids stand in the form, they are fetched at the API's own address with the password, and deleted there."""

import base64
import io
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from hotline.gateways.base import GatewayError, IncomingText, Outcome
from hotline.gateways.twilio.client import TwilioGateway
from hotline.sections import Sending
from hotline.webhooks.twilio import forms
from tests.photographed import picture
from tests.simulator.conftest import NUMBER, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator
from tests.support import make_config

LIMIT = 10_000_000
MESSAGE, MEDIA = "MM" + "1" * 32, "ME" + "2" * 32
ADDRESS = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/{MESSAGE}/Media/{MEDIA}"
Connect = Callable[..., TwilioGateway]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make a client for an API's address."""
    made = []

    def to(url: str, *, token: str = TOKEN, timeout_s: int = 5) -> TwilioGateway:
        changes = {
            "account": {"account_sid": SID, "auth_token": token, "api_url": url, "number": NUMBER},
            "public_url": PUBLIC_URL,
            "sending": Sending(timeout_s=timeout_s),
        }
        made.append(TwilioGateway(make_config("sqlite:///unused", **changes)))
        return made[-1]

    yield to
    for client in made:
        client.close()


def text_of(**fields: str) -> IncomingText:
    return forms.read_text({"MessageSid": MESSAGE, "From": "+923001234501", "Body": "", **fields})


def read(**fields: str) -> tuple[str, ...]:
    return text_of(**fields).photos


def refused(ask: Callable[[], object]) -> tuple[str, Outcome]:
    with pytest.raises(GatewayError) as fault:
        ask()
    return fault.value.code, fault.value.outcome


# The form


def test_the_ids_of_photos_stand_in_their_addresses() -> None:
    assert read(NumMedia="1", MediaUrl0=ADDRESS, MediaContentType0="image/jpeg") == (f"{MESSAGE}/{MEDIA}",)
    second = ADDRESS[:-1] + "3"
    assert read(NumMedia="2", MediaUrl0=ADDRESS, MediaUrl1=second) == (f"{MESSAGE}/{MEDIA}", f"{MESSAGE}/{MEDIA[:-1]}3")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"NumMedia": "0", "MediaUrl0": ADDRESS},
        {"NumMedia": "x", "MediaUrl0": ADDRESS},
        {"NumMedia": "-1", "MediaUrl0": ADDRESS},
    ],
)
def test_a_form_that_counts_no_photo_is_a_text_without_one(fields: dict[str, str]) -> None:
    assert text_of(**fields).has_photo is False


@pytest.mark.parametrize(
    "fields",
    [
        {"NumMedia": "1"},
        {"NumMedia": "1", "MediaUrl0": "http://169.254.169.254/latest/meta-data"},
        {"NumMedia": "1", "MediaUrl0": f"{ADDRESS}/../../../Keys"},
        {"NumMedia": "1", "MediaUrl0": f"{ADDRESS}\n"},
        {"NumMedia": "1", "MediaUrl0": f"{ADDRESS}?version=2"},
        {"NumMedia": "1", "MediaUrl0": ADDRESS.replace("/Media/", "/Media//")},
    ],
)
def test_what_came_without_an_id_that_we_know_is_told_to_be_missing(fields: dict[str, str]) -> None:
    text = text_of(**fields)
    assert (text.photos, text.not_brought) == ((), True)


def test_beside_what_is_missing_the_rest_is_fetched() -> None:
    text = text_of(NumMedia="2", MediaUrl0="https://media.example/1", MediaUrl1=ADDRESS)
    assert (text.photos, text.not_brought) == ((f"{MESSAGE}/{MEDIA}",), True)
    assert text_of(NumMedia="1", MediaUrl0=ADDRESS).not_brought is False


def test_no_host_of_a_form_is_ever_part_of_an_id() -> None:
    assert read(NumMedia="1", MediaUrl0=ADDRESS.replace("api.twilio.com", "evil.example")) == (f"{MESSAGE}/{MEDIA}",)


def test_more_than_ten_photos_and_one_named_twice_are_not_fetched() -> None:
    many = {f"MediaUrl{n}": f"{ADDRESS[:-2]}{n:02d}" for n in range(12)}
    assert len(read(NumMedia="12", **many)) == 10
    assert len(read(NumMedia="2", MediaUrl0=ADDRESS, MediaUrl1=ADDRESS)) == 1


# The API


def sent(simulator: Simulator, hotline: HotlineDouble, photo: bytes) -> str:
    """A phone sends a photo; returns its id as the hotline reads it from the form."""
    simulator.text("", photo=base64.b64encode(photo).decode())
    fields = hotline.texts[-1].fields
    assert (fields["NumMedia"], fields["MessageSid"][:2]) == ("1", "MM")
    [gateway_id] = forms.read_text(fields).photos
    return gateway_id


def fetched(client: TwilioGateway, gateway_id: str, *, limit_bytes: int = LIMIT) -> bytes:
    into = io.BytesIO()
    assert client.fetch_photo(gateway_id, into, limit_bytes=limit_bytes) == len(into.getvalue())
    return into.getvalue()


def test_a_photo_is_fetched_by_its_id_and_deleted_twice(connect: Connect, simulator: Simulator, hotline: HotlineDouble) -> None:
    client, photo = connect(simulator.url), picture()
    gateway_id = sent(simulator, hotline, photo)
    assert fetched(client, gateway_id) == photo
    client.delete_photo(gateway_id)
    client.delete_photo(gateway_id)
    assert refused(lambda: fetched(client, gateway_id)) == ("404", Outcome.REFUSED)


def test_without_our_password_nobody_has_a_photo(connect: Connect, simulator: Simulator, hotline: HotlineDouble) -> None:
    gateway_id = sent(simulator, hotline, picture())
    code, outcome = refused(lambda: fetched(connect(simulator.url, token="wrong"), gateway_id))
    assert (code, outcome is Outcome.REFUSED) == ("401", False)
    message, media = gateway_id.split("/")
    assert simulator.call("GET", f"/2010-04-01/Accounts/{SID}/Messages/{message}/Media/{media}")[0] == 401


def test_a_photo_above_the_limit_is_not_read_to_its_end(connect: Connect, simulator: Simulator, hotline: HotlineDouble) -> None:
    gateway_id = sent(simulator, hotline, picture() + bytes(300_000))
    into = io.BytesIO()
    client = connect(simulator.url)
    assert refused(lambda: client.fetch_photo(gateway_id, into, limit_bytes=100_000))[0] == "too_large"
    assert len(into.getvalue()) <= 100_000


@pytest.mark.parametrize("gateway_id", ["", "x", f"{MESSAGE}/", f"{MESSAGE}/{MEDIA}/..", f"../{MEDIA}", f"{MESSAGE}/{MEDIA}?x=1"])
def test_what_is_no_id_of_ours_is_asked_of_nobody(connect: Connect, gateway_id: str) -> None:
    client = connect("http://127.0.0.1:1")
    assert refused(lambda: fetched(client, gateway_id)) == ("404", Outcome.REFUSED)
    assert refused(lambda: client.delete_photo(gateway_id)) == ("404", Outcome.REFUSED)


def test_a_gateway_that_is_away_or_says_nothing_may_still_have_it(connect: Connect) -> None:
    code, outcome = refused(lambda: fetched(connect("http://127.0.0.1:1"), f"{MESSAGE}/{MEDIA}"))
    assert outcome is Outcome.UNKNOWN
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=1)
        code, outcome = refused(lambda: fetched(client, f"{MESSAGE}/{MEDIA}"))
    assert (code[:4], outcome) == ("Read", Outcome.UNKNOWN)


def test_where_twilio_leads_on_our_password_is_not_told_to_the_other_host(connect: Connect) -> None:
    heard: list[bytes] = []

    def answer(server: socket.socket, reply: bytes) -> None:
        connection, _ = server.accept()
        with connection:
            heard.append(connection.recv(65_536))
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as api, socket.create_server(("127.0.0.1", 0)) as files:
        away = f"http://localhost:{files.getsockname()[1]}/photo"
        led_on = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {away}\r\nContent-Length: 0\r\n\r\n".encode()
        threads = [
            threading.Thread(target=answer, args=(api, led_on)),
            threading.Thread(target=answer, args=(files, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nphoto")),
        ]
        for thread in threads:
            thread.start()
        assert fetched(connect(f"http://127.0.0.1:{api.getsockname()[1]}"), f"{MESSAGE}/{MEDIA}") == b"photo"
        for thread in threads:
            thread.join()
    assert b"Authorization: Basic" in heard[0]
    assert urlsplit(ADDRESS).path.encode() in heard[0]
    assert b"Authorization" not in heard[1]
