"""Calls from a phone: what is asked of the hotline, and how its TwiML is performed."""

import base64
from collections.abc import Callable

import pytest

from tests.simulator.conftest import (
    HANGUP,
    NUMBER,
    PHONE,
    PROMPT,
    PUBLIC_URL,
    SID,
    VOICE_URL,
    HotlineDouble,
    Simulator,
    eventually,
    gather,
    length_s,
    make_wav,
    record,
)

MISSED_CALLS = "+12025550177"


def ended(hotline: HotlineDouble) -> dict[str, str]:
    """What the hotline is told when a call is over."""
    return eventually(lambda: hotline.asked("/status"))[-1]


# What the hotline is asked


def test_a_call_asks_the_hotline_with_twilios_own_fields_and_signature(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather(inside=PROMPT, numDigits=1))
    call = simulator.ring()
    assert (call["status"], call["direction"], call["from"], call["to"]) == ("in-progress", "inbound", PHONE, NUMBER)
    [fields] = hotline.asked("")
    expected = {"CallSid": call["sid"], "AccountSid": SID, "From": PHONE, "To": NUMBER, "Direction": "inbound", "CallStatus": "ringing"}
    assert expected.items() <= fields.items()
    assert fields["FromCountry"] == "PK"
    simulator.press(call, "1")
    assert hotline.asked("/keys")[0]["CallStatus"] == "in-progress"
    assert all(one.genuine for one in hotline.received)
    assert hotline.received[0].headers["I-Twilio-Idempotency-Token"]


def test_a_withheld_number_shows_as_a_word_or_as_what_networks_send(simulator: Simulator, hotline: HotlineDouble) -> None:
    assert simulator.ring(withheld=True)["from"] == "anonymous"
    simulator.ring(withheld=True, withheld_as="+266696687")
    simulator.ring(withheld=True, withheld_as="")
    assert [fields["From"] for fields in hotline.asked("")] == ["anonymous", "+266696687", ""]
    assert PHONE not in str(hotline.received)


def test_a_second_number_can_be_called_and_a_strange_one_cannot(start: Callable[..., Simulator], hotline: HotlineDouble) -> None:
    simulator = start(voice_numbers=(NUMBER, MISSED_CALLS))
    hotline.says("", "<Reject/>")
    assert simulator.ring(to=MISSED_CALLS)["to"] == MISSED_CALLS
    assert simulator.ring()["to"] == NUMBER
    assert [fields["To"] for fields in hotline.asked("")] == [MISSED_CALLS, NUMBER]
    assert simulator.call("POST", f"/phones/{PHONE}/calls", {"to": "+12025550199"})[0] == 400


def test_the_end_is_told_once_with_its_length(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", "<Pause length='70'/>", PROMPT)
    call = simulator.ring()
    assert call["status"] == "completed"
    fields = ended(hotline)
    assert (fields["CallSid"], fields["CallStatus"], fields["CallDuration"]) == (call["sid"], "completed", "70")
    assert len(hotline.asked("/status")) == 1


def test_the_end_can_go_untold(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(call_status_drop_next=1)
    simulator.ring()
    untold = simulator.ring()
    told = ended(hotline)
    assert told["CallSid"] == untold["sid"]
    assert len(hotline.asked("/status")) == 1


def test_a_step_can_be_asked_twice_and_the_second_answer_is_the_one(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather(numDigits=1))
    call = simulator.ring()
    simulator.faults(voice_repeat_next=1)
    simulator.press(call, "1")
    [first, second] = [one for one in hotline.received if one.uri.endswith("/keys")]
    assert first.fields == second.fields
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]


# Play, Say, Pause, Redirect, Reject, Hangup


def test_what_is_played_is_heard_in_its_order(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.pages["/prompts/2.wav"] = (200, "audio/x-wav", b"sound")
    two = f"{PUBLIC_URL}/prompts/2.wav"
    hotline.says("", PROMPT, "<Say>Hello</Say>", gather(inside=f"<Play>{two}</Play>{PROMPT}"))
    call = simulator.ring()
    assert call["heard"] == [f"{PUBLIC_URL}/prompts/hello.wav", two, f"{PUBLIC_URL}/prompts/hello.wav"]
    assert call["awaiting"]["plays"] == call["heard"]
    assert {"verb": "Say", "text": "Hello"} in call["path"]


def test_a_sound_is_fetched_once_if_it_may_be_cached(simulator: Simulator, hotline: HotlineDouble) -> None:
    def fetched() -> int:
        return len([one for one in hotline.received if one.uri == "/prompts/hello.wav"])

    hotline.says("", PROMPT, PROMPT)
    simulator.ring()
    assert fetched() == 2
    hotline.cache_control = "public, max-age=3600"
    assert len(simulator.ring()["heard"]) == len(simulator.ring()["heard"]) == 2
    assert fetched() == 3
    simulator.call("DELETE", "/state")
    hotline.pages["/prompts/hello.wav"] = (404, "text/plain", "")
    assert simulator.ring()["heard"] == []


def test_a_redirect_goes_on_elsewhere_by_post_and_leaves_the_rest(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", f"<Redirect>{VOICE_URL}/next?a=1&amp;b=%20</Redirect>", PROMPT)
    hotline.says("/next", HANGUP)
    call = simulator.ring()
    assert (call["status"], call["heard"]) == ("completed", [])
    assert hotline.asked("/next?a=1&b=%20")[0]["CallSid"] == call["sid"]
    assert all(one.genuine for one in hotline.received)


def test_a_redirect_by_get_carries_the_fields_in_its_query(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", f'<Redirect method="GET">{VOICE_URL}/next</Redirect>')
    call = simulator.ring()
    [asked] = [one for one in hotline.received if "/next?" in one.uri]
    assert (asked.fields, asked.genuine) == ({}, True)
    assert f"CallSid={call['sid']}" in asked.uri


def test_an_endless_redirect_ends(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", f"<Redirect>{VOICE_URL}</Redirect>")
    simulator.ring()
    assert len(hotline.asked("")) == 100
    assert hotline.asked("/fallback")[0]["ErrorCode"] == "11215"


def test_a_long_walk_is_not_an_endless_redirect(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather("", numDigits=1))
    call = simulator.ring()
    for _ in range(2):
        call = simulator.press(call, "1" * 60)
    assert call["status"] == "in-progress"
    assert len(hotline.asked("")) == 121


@pytest.mark.parametrize(("reason", "status"), [('reason="busy"', "busy"), ("", "no-answer")])
def test_a_rejected_call_was_never_answered(simulator: Simulator, hotline: HotlineDouble, reason: str, status: str) -> None:
    hotline.says("", f"<Reject {reason}/>")
    call = simulator.ring()
    assert (call["status"], call["duration_s"], call["awaiting"]) == (status, 0, None)
    fields = ended(hotline)
    assert (fields["CallStatus"], fields["CallDuration"]) == (status, "0")


def test_a_document_with_no_more_verbs_hangs_up(simulator: Simulator, hotline: HotlineDouble) -> None:
    assert simulator.ring()["status"] == "completed"
    assert ended(hotline)["CallStatus"] == "completed"


# Gather


def test_the_last_of_the_digits_submits_them(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather(inside=PROMPT, numDigits=3))
    hotline.says("/keys", gather("/more"))
    call = simulator.press(simulator.ring(), "40")
    assert (call["awaiting"]["keyed"], call["awaiting"]["plays"], hotline.asked("/keys")) == ("40", [], [])
    call = simulator.press(call, "2")
    [fields] = hotline.asked("/keys")
    assert (fields["Digits"], fields["FinishedOnKey"]) == ("402", "")
    assert call["awaiting"]["keyed"] == ""


def test_the_hash_ends_an_entry_unless_another_key_or_none_does(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather("/1"))
    hotline.says("/1", gather("/2", finishOnKey="*"))
    hotline.says("/2", gather("/3", finishOnKey="", numDigits=3))
    simulator.press(simulator.ring(), "12#" + "3#*" + "4#*")
    asked = [(hotline.asked(f"/{n}")[0]["Digits"], hotline.asked(f"/{n}")[0]["FinishedOnKey"]) for n in (1, 2, 3)]
    assert asked == [("12", "#"), ("3#", "*"), ("4#*", "")]


def test_the_ending_key_before_any_digit_does_nothing(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather())
    call = simulator.press(simulator.ring(), "#")
    assert call["awaiting"]["verb"] == "Gather"
    assert hotline.asked("/keys") == []


def test_silence_falls_through_to_the_next_verb(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather(), f"<Redirect>{VOICE_URL}/silent</Redirect>")
    call = simulator.do(simulator.ring(), "silence")
    assert call["status"] == "completed"
    assert (hotline.asked("/keys"), len(hotline.asked("/silent"))) == ([], 1)


def test_silence_is_an_answer_if_the_gather_says_so(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather(actionOnEmptyResult="true", timeout=9))
    call = simulator.ring()
    assert call["awaiting"]["timeout"] == 9
    assert simulator.do(call, "silence")["duration_s"] >= 9
    assert hotline.asked("/keys")[0]["Digits"] == ""


def test_silence_after_some_digits_submits_those(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather("", numDigits=9))
    call = simulator.do(simulator.ring(), "keys", digits="48", then_silence=True)
    simulator.do(simulator.press(call, "7"), "silence")
    assert [fields.get("Digits") for fields in hotline.asked("")] == [None, "48", "7"]


def test_a_gather_without_action_asks_its_own_document_again(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", f"<Redirect>{VOICE_URL}/here?x=1</Redirect>")
    hotline.says("/here", "<Gather/>")
    simulator.press(simulator.ring(), "5#")
    assert [fields.get("Digits") for fields in hotline.asked("/here?x=1")] == [None, "5"]


def test_hanging_up_while_keys_are_awaited_asks_nothing_and_tells_the_end(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather(numDigits=9))
    call = simulator.do(simulator.press(simulator.ring(), "48"), "hangup")
    assert (call["status"], call["awaiting"]) == ("completed", None)
    assert ended(hotline)["CallStatus"] == "completed"
    assert hotline.asked("/keys") == []


# Record


def test_what_is_said_goes_to_the_action_with_the_key_that_ended_it(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record())
    hotline.says("/recorded", gather())
    call = simulator.ring()
    assert call["awaiting"] | {"plays": []} == {
        "verb": "Record",
        "timeout": 5,
        "max_length": 3600,
        "finish_on_key": "1234567890*#",
        "play_beep": True,
        "plays": [],
    }
    call = simulator.do(call, "speech", seconds=12.4, end="7")
    assert call["awaiting"]["verb"] == "Gather"
    [fields] = hotline.asked("/recorded")
    assert (fields["RecordingDuration"], fields["Digits"]) == ("12", "7")
    assert fields["RecordingUrl"].startswith(f"{simulator.url}/2010-04-01/Accounts/{SID}/Recordings/RE")


def test_silence_and_the_longest_time_end_it_without_a_key(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record("", maxLength=20, finishOnKey="#"))
    call = simulator.do(simulator.ring(), "speech", seconds=3)
    call = simulator.do(call, "speech", seconds=30, end="#")
    [_, silent, longest] = hotline.asked("")
    assert ("Digits" in silent, silent["RecordingDuration"]) == (False, "3")
    assert ("Digits" in longest, longest["RecordingDuration"]) == (False, "20")
    assert simulator.call("POST", f"/calls/{call['sid']}/speech", {"seconds": 1, "end": "5"})[0] == 409


def test_an_empty_recording_goes_on_with_the_next_verb(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record(), gather("/none"), record(), gather("/none"), record(), gather("/none", inside=PROMPT))
    call = simulator.press(simulator.do(simulator.ring(), "silence"), "1#")
    assert len(hotline.asked("/none")) == 1
    call = simulator.ring()
    call = simulator.do(simulator.do(call, "silence"), "silence")
    call = simulator.do(simulator.press(call, "5"), "silence")
    call = simulator.do(call, "speech", seconds=0, end="#")
    assert (call["awaiting"]["verb"], len(call["heard"])) == ("Gather", 1)
    assert (hotline.asked("/recorded"), hotline.asked("/recording")) == ([], [])


def test_a_record_that_no_silence_ends_waits_for_a_key(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record(timeout=0))
    call = simulator.ring()
    assert simulator.call("POST", f"/calls/{call['sid']}/silence")[0] == 409
    assert simulator.call("POST", f"/calls/{call['sid']}/speech", {"seconds": 2})[0] == 409
    assert simulator.do(call, "speech", seconds=2, end="1")["status"] == "completed"


def test_hanging_up_while_speaking_keeps_what_was_said(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record())
    hotline.says("/recorded", PROMPT)
    call = simulator.do(simulator.ring(), "speech", seconds=8, end="hangup")
    assert (call["status"], call["heard"]) == ("completed", [])
    [fields] = hotline.asked("/recorded")
    assert (fields["Digits"], fields["RecordingDuration"], fields["CallStatus"]) == ("hangup", "8", "completed")
    assert eventually(lambda: hotline.asked("/recording"))[0]["RecordingDuration"] == "8"
    assert ended(hotline)["CallStatus"] == "completed"


def test_hanging_up_after_the_beep_leaves_a_second_of_nothing_unless_it_was_at_once(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record())
    simulator.do(simulator.ring(), "hangup", seconds=0)
    ended(hotline)
    assert hotline.asked("/recorded") == []
    simulator.do(simulator.ring(), "hangup")
    assert hotline.asked("/recorded")[0]["RecordingDuration"] == "1"


def test_an_action_that_fails_after_the_caller_has_gone_is_in_the_path_and_harms_nothing(
    simulator: Simulator, hotline: HotlineDouble
) -> None:
    hotline.says("", record())
    hotline.pages["/hooks/twilio/voice/recorded"] = (500, "text/plain", "broken")
    call = simulator.do(simulator.ring(), "hangup")
    assert call["status"] == "completed"
    assert [entry["error"] for entry in call["path"] if "error" in entry] == [11200]
    assert hotline.asked("/fallback") == []
    assert ended(hotline)["CallStatus"] == "completed"


def test_a_wav_of_any_rate_is_kept_as_the_telephone_would(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record(""))
    call = simulator.ring()
    for rate, channels in [(48_000, 2), (8000, 1), (4000, 1)]:
        simulator.do(call, "speech", wav_base64=base64.b64encode(make_wav(2, rate=rate, channels=channels)).decode(), end="#")
    app = simulator.app.extensions["simulator"].switchboard.book
    kept = app.recordings_newest_first()
    assert [(one.duration_s, length_s(one.audio)) for one in kept] == [(2, 2), (2, 2), (2, 2)]


# What nobody can do


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("keys", {}),
        ("keys", {"digits": ""}),
        ("keys", {"digits": "A"}),
        ("keys", {"digits": 5}),
        ("keys", {"digits": "5", "then_silence": "yes"}),
        ("speech", {}),
        ("speech", {"seconds": "1"}),
        ("speech", {"seconds": -1}),
        ("speech", {"seconds": 1, "end": 5}),
        ("speech", {"wav_base64": "no"}),
        ("speech", {"wav_base64": base64.b64encode(b"no sound").decode()}),
    ],
)
def test_what_is_not_understood_is_refused_with_its_reason(
    simulator: Simulator, hotline: HotlineDouble, what: str, given: dict[str, object]
) -> None:
    hotline.says("", record())
    call = simulator.ring()
    status, answer = simulator.call("POST", f"/calls/{call['sid']}/{what}", given)
    assert (status, list(answer)) == (400, ["error"])
    assert simulator.show(call["sid"]) == call | {"duration_s": simulator.show(call["sid"])["duration_s"]}


@pytest.mark.parametrize("what", ["keys", "silence", "speech", "hangup", "answer", "reject"])
def test_nothing_can_be_done_in_a_call_that_is_over_or_never_was(simulator: Simulator, what: str) -> None:
    over = simulator.ring()["sid"]
    given = {"digits": "1", "seconds": 1}
    assert simulator.call("POST", f"/calls/{over}/{what}", given)[0] == 409
    assert simulator.call("POST", f"/calls/CA{'0' * 32}/{what}", given)[0] == 404


def test_speech_into_a_menu_and_silence_nowhere_are_impossible(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", gather())
    call = simulator.ring()
    assert simulator.call("POST", f"/calls/{call['sid']}/speech", {"seconds": 1})[0] == 409
    assert simulator.call("POST", f"/calls/{call['sid']}/answer")[0] == 409


def test_calls_are_listed_newest_first_and_by_phone_until_all_is_forgotten(simulator: Simulator) -> None:
    first, second = simulator.ring(), simulator.ring("+923331234502")
    assert [call["sid"] for call in simulator.call("GET", "/calls")[1]] == [second["sid"], first["sid"]]
    assert [call["sid"] for call in simulator.call("GET", f"/calls?phone=%2B{PHONE[1:]}")[1]] == [first["sid"]]
    simulator.call("DELETE", "/state")
    assert simulator.call("GET", "/calls")[1] == []
    assert simulator.call("GET", f"/calls/{first['sid']}")[0] == 404
