"""Volunteers' phones that are dialled: how each takes the call by script, and what the hotline is told."""

from typing import Any

import pytest

from tests.simulator.conftest import HANGUP, NUMBER, PHONE, PROMPT, VOICE_URL, HotlineDouble, Simulator, eventually, gather

ONE, TWO = "+923211111111", "+923222222222"


def dial(*numbers: str, caller_id: str = NUMBER, url: str = f"{VOICE_URL}/duty", **attributes: object) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inside = "".join(f'<Number url="{url}">{number}</Number>' if url else f"<Number>{number}</Number>" for number in numbers)
    return f'<Dial action="{VOICE_URL}/dialled" callerId="{caller_id}"{more}>{inside}</Dial>'


def set_duty(simulator: Simulator, **scripts: str) -> None:
    given = {{"one": ONE, "two": TWO}[name]: script for name, script in scripts.items()}
    status, now = simulator.call("PUT", "/duty", given)
    assert (status, now) == (200, given)


@pytest.fixture
def duty_line(hotline: HotlineDouble) -> HotlineDouble:
    """The volunteer who answers must press 1; anything else ends that phone's call."""
    hotline.says("", dial(ONE, timeout=15, answerOnBridge="true"))
    hotline.says("/duty", gather("/took", inside=PROMPT, numDigits=1), HANGUP)
    hotline.says("/took")
    hotline.says("/dialled", PROMPT)
    return hotline


def outcome(hotline: HotlineDouble) -> tuple[str, str]:
    fields = hotline.asked("/dialled")[-1]
    return fields["DialCallStatus"], fields["DialBridged"]


def leg(simulator: Simulator, call: dict[str, Any]) -> dict[str, Any]:
    [found] = [one for one in simulator.call("GET", "/calls")[1] if one["parent_sid"] == call["sid"]]
    return found


def test_a_volunteer_who_presses_one_is_put_through(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="takes")
    call = simulator.ring()
    assert outcome(duty_line) == ("completed", "true")
    [asked], [took] = duty_line.asked("/duty"), duty_line.asked("/took")
    assert (asked["From"], asked["To"], asked["Direction"], asked["ParentCallSid"]) == (NUMBER, ONE, "outbound-dial", call["sid"])
    assert took["Digits"] == "1"
    assert took["CallSid"] == duty_line.asked("/dialled")[0]["DialCallSid"] == leg(simulator, call)["sid"] != call["sid"]
    assert {"bridged": ONE} in call["path"]
    assert call["duration_s"] >= 30
    assert PHONE not in str(asked)
    assert (len(call["heard"]), len(leg(simulator, call)["heard"])) == (1, 1)


@pytest.mark.parametrize("script", ["silent", "hangs_up"])
def test_a_voicemail_that_picks_up_is_not_put_through(simulator: Simulator, duty_line: HotlineDouble, script: str) -> None:
    set_duty(simulator, one=script)
    simulator.ring()
    assert outcome(duty_line) == ("no-answer", "false")
    assert duty_line.asked("/took") == []


def test_a_wrong_key_is_told_to_the_hotline_which_decides(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="wrong")
    duty_line.says("/took", HANGUP)
    simulator.ring()
    assert duty_line.asked("/took")[0]["Digits"] == "9"
    assert outcome(duty_line) == ("no-answer", "false")


def test_a_call_not_put_through_can_count_as_completed(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="silent")
    simulator.faults(dial_unbridged_completed=True)
    simulator.ring()
    assert outcome(duty_line) == ("completed", "false")


@pytest.mark.parametrize("script", ["busy", "no-answer", None])
def test_a_phone_nobody_picks_up_is_busy_or_no_answer(simulator: Simulator, duty_line: HotlineDouble, script: str | None) -> None:
    simulator.call("PUT", "/duty", {ONE: script} if script else {})
    call = simulator.ring()
    assert outcome(duty_line) == (script or "no-answer", "false")
    assert duty_line.asked("/duty") == []
    assert leg(simulator, call)["status"] == (script or "no-answer")


def test_a_screening_document_that_fails_fails_that_phone_only(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="takes")
    duty_line.says("/duty", "<Record/>")
    call = simulator.ring()
    assert outcome(duty_line) == ("failed", "false")
    assert (call["status"], len(call["heard"])) == ("completed", 1)


def test_of_several_numbers_the_first_that_picks_up_has_the_call(simulator: Simulator, duty_line: HotlineDouble) -> None:
    duty_line.says("", dial(ONE, TWO))
    set_duty(simulator, one="rings", two="takes")
    call = simulator.ring()
    assert outcome(duty_line) == ("completed", "true")
    assert [fields["To"] for fields in duty_line.asked("/duty")] == [TWO]
    legs = {one["phone"]: one["status"] for one in simulator.call("GET", "/calls")[1] if one["parent_sid"] == call["sid"]}
    assert legs == {ONE: "canceled", TWO: "completed"}


def test_a_number_without_a_document_is_put_through_at_once(simulator: Simulator, duty_line: HotlineDouble) -> None:
    duty_line.says("", dial(ONE, url=""))
    set_duty(simulator, one="silent")
    simulator.ring()
    assert outcome(duty_line) == ("completed", "true")


def test_the_caller_can_hang_up_while_a_phone_rings(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="rings")
    call = simulator.ring()
    assert call["awaiting"] == {"verb": "Dial", "number": ONE, "timeout": 15, "plays": []}
    call = simulator.do(call, "hangup")
    assert call["status"] == "canceled"  # answered by nobody: answerOnBridge
    assert leg(simulator, call)["status"] == "canceled"
    assert duty_line.asked("/dialled") == []


def test_a_phone_that_rings_too_long_is_given_up(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="rings")
    call = simulator.do(simulator.ring(), "silence")
    assert outcome(duty_line) == ("no-answer", "false")
    assert (call["status"], leg(simulator, call)["status"]) == ("completed", "no-answer")


def test_a_star_ends_the_ringing_only_if_the_dial_says_so(simulator: Simulator, duty_line: HotlineDouble) -> None:
    set_duty(simulator, one="rings")
    assert simulator.press(simulator.ring(), "*5")["awaiting"]["verb"] == "Dial"
    duty_line.says("", dial(ONE, hangupOnStar="true"))
    assert simulator.press(simulator.ring(), "*")["status"] == "completed"
    assert len(duty_line.asked("/dialled")) == 1


def test_a_dial_without_action_goes_on_with_the_next_verb(simulator: Simulator, duty_line: HotlineDouble) -> None:
    duty_line.says("", f'<Dial callerId="{NUMBER}"><Number>{ONE}</Number></Dial>', PROMPT)
    assert len(simulator.ring()["heard"]) == 1


@pytest.mark.parametrize("given", [{"0300": "takes"}, {ONE: "sleeps"}, {ONE: 1}, {ONE: []}, []])
def test_a_duty_list_that_makes_no_sense_is_refused(simulator: Simulator, given: object) -> None:
    set_duty(simulator, one="takes")
    assert simulator.call("PUT", "/duty", given)[0] == 400
    assert simulator.call("GET", "/duty")[1] == {ONE: "takes"}
    simulator.call("DELETE", "/state")
    assert simulator.call("GET", "/duty")[1] == {}


# A phone of the page


@pytest.fixture
def joining(simulator: Simulator, hotline: HotlineDouble) -> dict[str, Any]:
    """A call in which the hotline rings another phone of the page, and plays nothing to it."""
    simulator.call("POST", "/phones", f"number=%2B{ONE[1:]}")
    number = f'<Number statusCallback="{VOICE_URL}/leg" statusCallbackEvent="ringing answered completed">{ONE}</Number>'
    hotline.says("", f'<Dial action="{VOICE_URL}/joined" callerId="{NUMBER}" timeout="25">{number}</Dial>')
    hotline.says("/joined", HANGUP)
    return simulator.ring()


def legs(hotline: HotlineDouble, count: int) -> list[str]:
    """The statuses of the leg that the hotline was told of, once there are that many."""
    return eventually(lambda: len(told := [one["CallStatus"] for one in hotline.asked("/leg")]) >= count and sorted(told))


def test_a_phone_of_the_page_rings_is_answered_and_the_two_talk(
    simulator: Simulator, hotline: HotlineDouble, joining: dict[str, Any]
) -> None:
    other = leg(simulator, joining)
    assert other["awaiting"] == {"verb": "Ring", "timeout": 25}
    assert other["from"] == NUMBER
    simulator.do(other, "answer")
    assert "Joined: the two talk" in simulator.call("GET", "/")[1]
    assert hotline.asked("/joined") == []
    simulator.do(other, "hangup")
    [fields] = hotline.asked("/joined")
    assert (fields["DialCallStatus"], fields["DialBridged"]) == ("completed", "true")
    assert legs(hotline, 3) == ["completed", "in-progress", "ringing"]
    assert simulator.show(joining["sid"])["status"] == "completed"
    assert simulator.show(other["sid"])["heard"] == []


@pytest.mark.parametrize(("what", "status"), [("reject", "busy"), ("silence", "no-answer")])
def test_a_phone_of_the_page_that_is_not_picked_up(
    simulator: Simulator, hotline: HotlineDouble, joining: dict[str, Any], what: str, status: str
) -> None:
    simulator.do(leg(simulator, joining), what)
    [fields] = hotline.asked("/joined")
    assert (fields["DialCallStatus"], fields["DialBridged"]) == (status, "false")
    assert legs(hotline, 2) == sorted(["ringing", status])


def test_who_rang_it_hangs_up_while_they_talk(simulator: Simulator, hotline: HotlineDouble, joining: dict[str, Any]) -> None:
    other = simulator.do(leg(simulator, joining), "answer")
    simulator.do(joining, "hangup")
    assert simulator.show(other["sid"])["status"] == "completed"
    assert legs(hotline, 3) == ["completed", "in-progress", "ringing"]


def test_who_rang_it_hangs_up_while_it_rings(simulator: Simulator, hotline: HotlineDouble, joining: dict[str, Any]) -> None:
    simulator.do(joining, "hangup")
    assert simulator.show(leg(simulator, joining)["sid"])["status"] == "canceled"
    assert legs(hotline, 2) == ["canceled", "ringing"]
