"""Several gateways at once: which one carries a text, and what becomes of it when that one is ill, or can never tell."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.delivery import Delivery, Reason
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome, Report, Sent, TextGateway
from hotline.keys import write_keys
from hotline.outbox import RANK_ANSWER, RANK_URGENT
from hotline.runtime import Runtime
from hotline.services.texts.intake import receive_text
from hotline.services.texts.outbound import claim_due, send_due
from hotline.services.texts.reports import receive_report, settle_unknown
from hotline.storage import gatewaystates, outgoing, rekeying
from hotline.storage.models import Contact, Message
from tests.support import HER, KEYS, OTHER, Clock, ScriptedGateway, text_in, texts_out, tickets

SNATCHED = "orangi town mein mera mobile cheen liya"
ILL = GatewayError("no_balance", Outcome.ILL)
LOST = GatewayError("ReadTimeout", Outcome.UNKNOWN)


@pytest.fixture
def rt(make_rt: Callable[..., Runtime]) -> Runtime:
    """A hotline with three gateways."""
    settings = make_rt().config.gateways["twilio"]
    return make_rt(gateways=dict.fromkeys(("sim1", "sim2", "twilio"), settings))


def three(**scripts: list[Sent | GatewayError]) -> dict[str, ScriptedGateway]:
    return {name: ScriptedGateway(list(scripts.get(name, [])), name=name) for name in ("sim1", "sim2", "twilio")}


def send(rt: Runtime, gateways: Mapping[str, TextGateway]) -> None:
    for _ in range(4):  # what is put back rings the bell, and the next job finds it
        assert send_due(rt, gateways, for_s=10) is False


def came_by(rt: Runtime, gateway: str, *, sender: str = HER, line: str | None = None, id_: str = "1") -> None:
    receive_text(rt, gateway, IncomingText(id_, sender, SNATCHED, line=line))


def took(gateways: Mapping[str, ScriptedGateway]) -> dict[str, list[str]]:
    return {name: [text.to for text in gateway.taken] for name, gateway in gateways.items() if gateway.taken}


def test_an_answer_leaves_by_the_gateway_and_the_line_that_the_citizen_wrote_to(rt: Runtime) -> None:
    came_by(rt, "sim2", line="2")
    came_by(rt, "twilio", sender=OTHER)
    gateways = three()
    send(rt, gateways)
    assert took(gateways) == {"sim2": [HER], "twilio": [OTHER]}
    assert [text.line for text in gateways["sim2"].taken] == ["2"]
    assert [(m.gateway, m.line) for m in texts_out(rt)] == [("sim2", "2"), ("twilio", None)]


def test_a_citizen_who_writes_to_another_number_is_answered_from_there(rt: Runtime) -> None:
    came_by(rt, "sim2", line="2")
    came_by(rt, "twilio", id_="2")
    gateways = three()
    send(rt, gateways)
    assert set(took(gateways)) == {"twilio"}


def test_the_texts_of_an_ill_gateway_leave_by_another_and_only_there(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1", line="1")
    gateways = three(sim1=[ILL])
    send(rt, gateways)
    assert took(gateways) == {"sim2": [HER]}
    [message] = texts_out(rt)
    assert (message.delivery, message.gateway, message.line, message.attempts) == ("sent", "sim2", None, 2)
    came_by(rt, "sim1", sender=OTHER, id_="2")
    send(rt, gateways)
    assert took(gateways) == {"sim2": [HER, OTHER]}
    clock.forward(seconds=61)
    came_by(rt, "sim1", sender="+923451234503", id_="3")
    send(rt, gateways)
    assert took(gateways)["sim1"] == ["+923451234503"]


def test_a_gateway_that_stays_ill_rests_longer_each_time(rt: Runtime, clock: Clock) -> None:
    asked = []
    for minute in range(60):
        came_by(rt, "sim1", sender=f"+92300123{minute:04d}", id_=str(minute))
        gateways = three(sim1=[ILL])
        send(rt, gateways)
        asked.append(not gateways["sim1"].script)
        clock.forward(seconds=60)
    assert [minute for minute, was in enumerate(asked) if was] == [0, 1, 4, 14, 44]


def test_while_all_gateways_rest_texts_wait_and_none_is_lost(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    send(rt, three(sim1=[ILL], sim2=[ILL], twilio=[ILL]))
    assert [m.delivery for m in texts_out(rt)] == ["queued"]
    clock.forward(seconds=59)
    gateways = three()
    send(rt, gateways)
    assert took(gateways) == {}
    clock.forward(seconds=2)
    send(rt, gateways)
    assert took(gateways) == {"sim1": [HER]}


OFF = GatewayError("ConnectionError", Outcome.NOT_SENT)


def test_a_dead_gateway_keeps_no_text_beside_others(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1", line="1")
    receive_text(rt, "sim1", IncomingText("2", OTHER, "mujhe bachao woh mujhe maar dalega", line="1"))
    gateways = three(sim1=[OFF] * 99, sim2=[OFF] * 99)
    for _ in range(8):
        send(rt, gateways)
        clock.forward(seconds=20)
    assert {name: sorted(phones) for name, phones in took(gateways).items()} == {"twilio": sorted([HER, OTHER])}
    tried = {message.rank: message.attempts for message in texts_out(rt)}
    assert tried == {RANK_ANSWER: 4, RANK_URGENT: 3}, "danger is tried once by each"


def test_a_text_whose_phone_is_off_stays_with_its_gateway(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    gateways = three(sim1=[OFF, OFF])
    for _ in range(3):
        send(rt, gateways)
        clock.forward(seconds=20)
    assert took(gateways) == {"sim2": [HER]}
    came_by(rt, "sim2", id_="2")  # she writes there now
    [message, *_] = texts_out(rt)
    receive_report(rt, "sim2", Report("x", message.id, message.attempts, Delivery.UNDELIVERED, "off", Outcome.UNREACHABLE))
    clock.forward(minutes=31)
    send(rt, gateways)
    assert set(took(gateways)) == {"sim2"}


def test_a_text_of_which_nobody_knows_is_never_given_to_another_gateway(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    gateways = three(sim1=[LOST])
    send(rt, gateways)
    gateways["sim1"].script = [ILL]
    came_by(rt, "sim1", sender=OTHER, id_="2")
    send(rt, gateways)  # sim1 rests now
    for _ in range(2):
        clock.forward(seconds=25)
        settle_unknown(rt, gateways)
        send(rt, gateways)
    clock.forward(seconds=7)
    send(rt, gateways)
    assert took(gateways) == {"sim2": [OTHER, HER]}  # only after sim1 has said twice that it has no such text


def test_a_text_that_does_not_open_keeps_no_other_from_being_looked_up(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    came_by(rt, "sim1", sender=OTHER, id_="2")
    gateways = three(sim1=[LOST, LOST])
    send(rt, gateways)
    first, second = texts_out(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.id == first.id).values(sealed=second.sealed))
    for _ in range(2):
        clock.forward(seconds=25)
        settle_unknown(rt, gateways)
        send(rt, gateways)
    clock.forward(seconds=7)
    send(rt, gateways)
    broken, other = texts_out(rt)
    assert (broken.delivery, broken.reason, broken.next_attempt_at) == ("failed", Reason.UNREADABLE, None)
    assert other.delivery == "sent"


def test_a_text_whose_key_only_another_host_has_waits_and_is_not_failed(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, tmp_path: Path
) -> None:
    came_by(rt, "sim1")
    added = KEYS.with_new()
    write_keys(tmp_path / "there.toml", added, new=True)
    there = make_rt(gateways=rt.config.gateways, keys_file=tmp_path / "there.toml")
    with rt.transaction() as tx:
        assert rekeying.rewrap(tx.session, added, [texts_out(rt)[0].contact_id]) == (1, 0)
    gateways = three()
    send(rt, gateways)
    [waits] = texts_out(rt)
    assert (waits.delivery, waits.next_attempt_at) == ("queued", clock.now + timedelta(minutes=1))
    clock.forward(minutes=1)
    send(there, gateways)
    assert took(gateways) == {"sim1": [HER]}


def test_a_text_whose_key_is_nowhere_has_failed_after_its_hours(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    with rt.transaction() as tx:
        rekeying.rewrap(tx.session, KEYS.with_new(), [texts_out(rt)[0].contact_id])
    clock.forward(hours=rt.config.sending.expires_hours)
    send(rt, three())
    assert [(one.delivery, one.reason) for one in texts_out(rt)] == [("failed", Reason.UNREADABLE)]


def never(name: str, *, idempotent: bool) -> ScriptedGateway:
    return ScriptedGateway([LOST], name=name, can=Abilities(LookUp.NEVER, idempotent=idempotent))


def test_a_gateway_that_can_never_tell_is_not_asked_and_a_person_is(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    gateways = three() | {"sim1": never("sim1", idempotent=False)}
    send(rt, gateways)
    for _ in range(5):
        clock.forward(seconds=25)
        settle_unknown(rt, gateways)
        send(rt, gateways)
    assert took(gateways) == {}
    [message] = texts_out(rt)
    assert (message.delivery, message.reason, message.next_attempt_at) == ("unknown", Reason.NEVER_KNOWN, None)
    with rt.reading() as session:
        assert [one.id for one, _ in outgoing.never_known(session, limit=5)] == [message.id]
    receive_report(rt, "sim1", Report("x", message.id, message.attempts, Delivery.DELIVERED, None))
    assert texts_out(rt)[0].delivery == "delivered"


def test_a_gateway_that_knows_our_ids_is_given_the_same_one_again(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1", line="1")
    gateways = three() | {"sim1": never("sim1", idempotent=True)}
    send(rt, gateways)
    clock.forward(seconds=25)
    settle_unknown(rt, gateways)
    clock.forward(seconds=10)
    send(rt, gateways)
    assert took(gateways) == {"sim1": [HER]}
    [message] = texts_out(rt)
    [text] = gateways["sim1"].taken
    assert (text.attempt, text.our_id, message.attempts, message.repeats) == (1, f"{rt.keys.tag}-{message.id}-1", 1, None)


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.ILL, Outcome.UNKNOWN])
def test_a_repeat_that_fails_is_repeated_again_under_its_id_and_leaves_by_no_other(rt: Runtime, clock: Clock, outcome: Outcome) -> None:
    came_by(rt, "sim1", line="1")
    gateways = three() | {"sim1": never("sim1", idempotent=True)}
    gateways["sim1"].script.append(GatewayError("down", outcome))
    send(rt, gateways)  # it left, and the answer got lost
    for _ in range(6):
        clock.forward(seconds=25)
        settle_unknown(rt, gateways)
        clock.forward(seconds=20)
        send(rt, gateways)
    assert took(gateways) == {"sim1": [HER]}
    [message] = texts_out(rt)
    assert [text.our_id for text in gateways["sim1"].taken] == [f"{rt.keys.tag}-{message.id}-1"]
    assert (message.delivery, message.attempts) == ("sent", 1)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.STOPPED])
def test_a_repeat_that_is_refused_for_good_is_for_a_person(rt: Runtime, clock: Clock, outcome: Outcome) -> None:
    came_by(rt, "sim1", line="1")
    gateways = three() | {"sim1": never("sim1", idempotent=True)}
    gateways["sim1"].script.append(GatewayError("refused", outcome))
    send(rt, gateways)
    clock.forward(seconds=25)
    settle_unknown(rt, gateways)
    clock.forward(seconds=10)
    send(rt, gateways)
    [message] = texts_out(rt)
    assert (message.delivery, message.reason, message.next_attempt_at) == ("unknown", Reason.NEVER_KNOWN, None)
    with rt.reading() as session:
        assert (session.scalars(select(Contact)).one().stopped_at is not None) is (outcome is Outcome.STOPPED)


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.NOT_SENT, Outcome.ILL])
def test_a_text_that_waits_to_be_repeated_and_is_told_to_have_failed_gets_a_new_id(rt: Runtime, clock: Clock, outcome: Outcome) -> None:
    """Under the old one the gateway would say that it has it already, and send nothing."""
    came_by(rt, "sim1", line="1")
    gateways = three() | {"sim1": never("sim1", idempotent=True)}
    send(rt, gateways)
    clock.forward(seconds=25)
    settle_unknown(rt, gateways)
    [message] = texts_out(rt)
    receive_report(rt, "sim1", Report("x", message.id, 1, Delivery.FAILED, "off", outcome))
    clock.forward(minutes=31)
    send(rt, gateways)
    assert [text.attempt for gateway in gateways.values() for text in gateway.taken] == [2]


def test_a_text_that_may_not_go_any_more_is_not_repeated(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1", line="1")
    gateways = three() | {"sim1": never("sim1", idempotent=True)}
    send(rt, gateways)
    clock.forward(hours=49)
    settle_unknown(rt, gateways)
    clock.forward(seconds=10)
    send(rt, gateways)
    assert took(gateways) == {}
    assert [(m.delivery, m.reason) for m in texts_out(rt)] == [("unknown", Reason.NEVER_KNOWN)]


def test_a_text_of_a_gateway_that_is_set_up_no_more_is_for_a_person(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    send(rt, three(sim1=[LOST]))
    clock.forward(seconds=25)
    settle_unknown(rt, {"sim2": ScriptedGateway(name="sim2")})
    assert texts_out(rt)[0].reason == Reason.NEVER_KNOWN


def test_a_look_up_that_fails_for_two_days_ends_with_a_person(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    gateways = three(sim1=[LOST])
    send(rt, gateways)

    def away(*_: object) -> Sent | None:
        raise GatewayError("503", Outcome.UNKNOWN)

    gateways["sim1"].look_up = away  # type: ignore[method-assign]
    for hours, reason in ((24, "ReadTimeout"), (25, Reason.NEVER_KNOWN)):
        clock.forward(hours=hours)
        settle_unknown(rt, gateways)
        assert texts_out(rt)[0].reason == reason


def test_a_text_that_was_taken_and_surely_not_sent_leaves_by_another_gateway(rt: Runtime, clock: Clock) -> None:
    came_by(rt, "sim1")
    gateways = three()
    send(rt, gateways)
    [message] = texts_out(rt)
    gateways["sim1"].script = [ILL]
    receive_report(rt, "sim1", Report("x", message.id, 1, Delivery.FAILED, "no_signal", Outcome.ILL))
    send(rt, gateways)
    assert took(gateways) == {"sim1": [HER], "sim2": [HER]}


def test_a_text_that_came_to_a_phone_by_a_second_gateway_is_not_sent_a_third_time(rt: Runtime, clock: Clock) -> None:
    """The id of the first gateway's attempt is not taken for one of the second's."""
    came_by(rt, "sim1")
    send(rt, three())
    [message] = texts_out(rt)
    receive_report(rt, "sim1", Report("first", message.id, 1, Delivery.UNDELIVERED, "off", Outcome.UNREACHABLE))
    clock.forward(minutes=31)
    with rt.transaction() as tx:
        for name in ("sim1", "twilio"):
            gatewaystates.rest(tx.session, name, "no_signal", now=tx.now)
    send(rt, three(sim2=[GatewayError("503", Outcome.NOT_SENT)]))
    assert [(m.delivery, m.gateway, m.attempts) for m in texts_out(rt)] == [("queued", "sim2", 2)]
    receive_report(rt, "sim2", Report("second", message.id, 2, Delivery.DELIVERED, None))
    assert texts_out(rt)[0].delivery == "delivered"


def test_a_report_of_another_gateway_is_not_believed(rt: Runtime) -> None:
    came_by(rt, "sim1")
    send(rt, three())
    [message] = texts_out(rt)
    receive_report(rt, "sim2", Report("x", message.id, 1, Delivery.DELIVERED, None))
    assert texts_out(rt)[0].delivery == "sent"


def test_a_report_that_names_only_an_id_means_a_text_of_its_own_gateway(rt: Runtime) -> None:
    came_by(rt, "sim1")
    send(rt, three())
    [message] = texts_out(rt)
    assert message.gateway_id is not None
    for gateway, delivery in (("sim2", "sent"), ("sim1", "delivered")):
        receive_report(rt, gateway, Report(message.gateway_id, None, None, Delivery.DELIVERED, None))
        assert texts_out(rt)[0].delivery == delivery


def test_a_report_that_gives_a_text_the_id_of_another_is_ignored(rt: Runtime) -> None:
    for id_, sender in (("1", HER), ("2", OTHER)):
        came_by(rt, "sim1", sender=sender, id_=id_)
    send(rt, three())
    first, second = texts_out(rt)
    assert first.gateway_id is not None
    receive_report(rt, "sim1", Report(first.gateway_id, second.id, 1, Delivery.DELIVERED, None))
    assert [(m.delivery, m.gateway_id) for m in texts_out(rt)] == [("sent", first.gateway_id), ("sent", second.gateway_id)]


def test_a_slow_gateway_holds_up_no_other(rt: Runtime) -> None:
    for n in range(6):
        came_by(rt, "sim1", sender=f"+92300123{n:04d}", id_=str(n))
        came_by(rt, "sim2", sender=f"+92333123{n:04d}", id_=str(n))
    _, first = claim_due(rt, {"sim1": 1, "sim2": 99, "twilio": 99})
    assert [one.gateway for one in first].count("sim2") == 6
    assert [one.gateway for one in first].count("sim1") == 1  # the others wait for room there
    seen, again = claim_due(rt, {"sim1": 99, "sim2": 99, "twilio": 99})
    assert (seen, again) == (0, [])


def test_somebody_in_danger_makes_a_text_urgent(rt: Runtime) -> None:
    text_in(rt, "mujhe bachao woh mujhe maar dalega")
    text_in(rt, SNATCHED, sender=OTHER)
    assert [ticket.danger is not None for ticket in tickets(rt)] == [True, False]
    gateways = three()
    send(rt, gateways)
    assert {text.to: text.urgent for text in gateways["twilio"].taken} == {HER: True, OTHER: False}


def test_when_the_network_took_a_text_is_kept_and_is_never_in_the_future(rt: Runtime, clock: Clock) -> None:
    for n, hours in enumerate((-3, 3)):
        receive_text(rt, "sim1", IncomingText(str(n), HER, SNATCHED, received_at=clock() + timedelta(hours=hours)))
    with rt.reading() as session:
        took_at = session.scalars(select(Message.sent_at).where(Message.direction == "in").order_by(Message.id)).all()
    assert took_at == [clock() - timedelta(hours=3), clock()]


@pytest.mark.parametrize(
    ("gateway", "words", "silent", "answered"),
    [
        ("twilio", "STOP", True, False),  # the gateway has said so itself, and takes no more
        ("phone", "STOP", True, True),
        ("twilio", "QUIT", True, False),
        ("phone", "QUIT", False, False),  # a word like any other, of the ticket
        ("phone", "OFF", True, True),
    ],
)
def test_only_a_gateway_that_acts_on_its_words_has_them(
    rt: Runtime, clock: Clock, gateway: str, words: str, silent: bool, answered: bool
) -> None:
    came_by(rt, gateway)
    clock.forward(minutes=1)
    before = len(texts_out(rt))
    receive_text(rt, gateway, IncomingText("2", HER, words))
    with rt.reading() as session:
        [contact] = session.scalars(select(Contact))
    assert (contact.stopped_at is not None) is silent
    assert (len(texts_out(rt)) > before) is answered


def test_yes_from_a_phone_answers_what_we_asked_and_starts_nothing(rt: Runtime, clock: Clock) -> None:
    for gateway, sender in (("phone", HER), ("twilio", OTHER)):
        came_by(rt, gateway, sender=sender)
        receive_text(rt, gateway, IncomingText("2", sender, "OFF"))
        receive_text(rt, gateway, IncomingText("3", sender, "YES"))
    with rt.reading() as session:
        assert [one.stopped_at is not None for one in session.scalars(select(Contact).order_by(Contact.id))] == [True, False]
