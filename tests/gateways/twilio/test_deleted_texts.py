"""Texts in Twilio's API: deleted by their id, and gone from what is looked up."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from hotline.gateways.base import GatewayError, Outcome, OutgoingText
from hotline.gateways.twilio.client import TwilioGateway
from hotline.sections import Sending
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, Simulator, eventually
from tests.support import make_config

WORDS = "482-719-365"
Connect = Callable[..., TwilioGateway]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make a client for an API's address."""
    made = []

    def to(url: str, *, token: str = TOKEN) -> TwilioGateway:
        changes = {
            "account": {"account_sid": SID, "auth_token": token, "api_url": url, "number": NUMBER},
            "public_url": PUBLIC_URL,
            "sending": Sending(timeout_s=5),
        }
        made.append(TwilioGateway(make_config("sqlite:///unused", **changes)))
        return made[-1]

    yield to
    for client in made:
        client.close()


def outgoing(number: int = 1) -> OutgoingText:
    return OutgoingText(number, 1, PHONE, WORDS, f"0123abcd-{number}-1")


def refused(ask: Callable[[], object]) -> tuple[str, Outcome]:
    with pytest.raises(GatewayError) as fault:
        ask()
    return fault.value.code, fault.value.outcome


def test_a_text_of_ours_is_deleted_and_may_be_deleted_twice(connect: Connect, simulator: Simulator) -> None:
    client = connect(simulator.url)
    sent = client.send(outgoing())
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert client.look_up(outgoing(), before, set()) is not None
    eventually(simulator.bodies)
    client.delete_text(sent.gateway_id)
    assert client.look_up(outgoing(), before, set()) is None
    client.delete_text(sent.gateway_id)
    assert simulator.bodies() == [WORDS]  # the phone has it still


def test_a_text_that_came_in_is_deleted(connect: Connect, simulator: Simulator) -> None:
    client = connect(simulator.url)
    sid = simulator.text("orangi town mein mobile cheen liya")["sid"]
    assert [one.sid for one in client._client.messages.list()] == [sid]
    client.delete_text(sid)
    assert client._client.messages.list() == []


def test_a_text_on_its_way_is_refused_for_now_and_its_words_are_never_redacted(connect: Connect, start: Callable[..., Simulator]) -> None:
    simulator = start(step_s=60)
    client = connect(simulator.url)
    sent = client.send(outgoing())
    assert refused(lambda: client.delete_text(sent.gateway_id)) == ("20009", Outcome.REFUSED)
    assert client._client.messages(sent.gateway_id).fetch().body == WORDS


def test_a_wrong_password_or_an_api_that_is_away_is_told_apart(connect: Connect, simulator: Simulator) -> None:
    assert refused(lambda: connect(simulator.url, token="wrong").delete_text("SM" + "0" * 32))[1] is Outcome.ILL
    assert refused(lambda: connect("http://127.0.0.1:1").delete_text("SM" + "0" * 32))[1] is Outcome.NOT_SENT


@pytest.mark.parametrize(
    ("status", "code", "outcome"), [("undelivered", 30003, Outcome.UNREACHABLE), ("undelivered", 30006, None), ("sent", 30003, None)]
)
def test_what_is_looked_up_says_whether_another_try_may_help(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, status: str, code: int, outcome: Outcome | None
) -> None:
    client = connect("http://127.0.0.1:9")
    now = datetime.now(UTC)
    listed = SimpleNamespace(sid="SM1", direction="outbound-api", body=WORDS, date_created=now, status=status, error_code=code)
    monkeypatch.setattr(client._client.messages, "list", lambda **_: [listed])
    found = client.look_up(outgoing(), now, set())
    assert found is not None
    assert (found.code, found.outcome) == (str(code), outcome)
