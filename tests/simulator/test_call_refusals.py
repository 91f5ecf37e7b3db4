"""TwiML that Twilio would refuse or perform in part: what the simulator makes of it, and what the fallback address is told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.conftest import HANGUP, PROMPT, PUBLIC_URL, VOICE_URL, HotlineDouble, Simulator, eventually, gather

FALLBACK = f"{VOICE_URL}/fallback"
WAV = f"{PUBLIC_URL}/prompts/hello.wav"


def errors(call: dict[str, Any]) -> list[int]:
    return [entry["error"] for entry in call["path"] if "error" in entry]


@pytest.mark.parametrize(
    ("verbs", "code"),
    [
        ("<Sing/>", 12200),
        ("<play>x</play>", 12200),
        ("words", 12200),
        ("<Play/>", 12200),
        ("<Play>/prompts/hello.wav</Play>", 11100),
        ("<Play>https://hotline.example/آ.wav</Play>", 11100),
        ("<Play>https://hot_line.example/a.wav</Play>", 11100),
        ("<Play>ftp://hotline.example/a.wav</Play>", 11100),
        (f'<Play digits="1">{WAV}</Play>', 12200),
        ("<Redirect>keys</Redirect>", 11100),
        ("<Redirect/>", 12200),
        ('<Gather action="/keys"/>', 11100),
        ('<Gather num_digits="1"/>', 12200),
        ('<Gather numDigits="0"/>', 12200),
        ('<Gather timeout="auto"/>', 12200),
        ('<Gather finishOnKey="#*"/>', 12200),
        ('<Gather actionOnEmptyResult="True"/>', 12200),
        ('<Gather input="speech"/>', 12200),
        ("<Gather><Record/></Gather>", 12200),
        ("<Gather>words</Gather>", 12200),
        ('<Record maxLength="0"/>', 12200),
        ('<Record recordingStatusCallback="/recording"/>', 11100),
        ('<Record recordingStatusCallbackEvent="completed,absent"/>', 12200),
        ('<Record transcribe="true"/>', 12200),
        ('<Pause length="0"/>', 12200),
        ("<Number>+923001234501</Number>", 12200),
        ('<Dial callerId="+12025550100"/>', 12200),
        ('<Dial callerId="+12025550100">+923001234501</Dial>', 12200),
        ('<Dial callerId="+12025550100"><Number>0300 1234501</Number></Dial>', 13223),
        ('<Dial callerId="+12025550100" timeout="0"><Number>+923001234501</Number></Dial>', 12200),
        ("<Dial><Number>+923001234501</Number></Dial>", 13214),
        ('<Dial callerId="+923331234502"><Number>+923001234501</Number></Dial>', 13214),
        (f"{HANGUP}<Reject/>", 12200),
        ('<Reject reason="tired"/>', 12200),
        ("<Hangup>now</Hangup>", 12200),
        ("<Message>no call</Message>", 12200),
        ("<Play>https://hotline.example/prompts/nowhere.wav</Play>", 11200),
        ("<Play>https://elsewhere.example/hello.wav</Play>", 11205),
        ("<Play>https://hotline.example/text</Play>", 12300),
    ],
)
def test_what_twilio_would_not_perform_is_told_to_the_fallback(simulator: Simulator, hotline: HotlineDouble, verbs: str, code: int) -> None:
    hotline.pages["/prompts/nowhere.wav"] = (404, "audio/wav", b"")
    hotline.pages["/text"] = (200, "text/plain", b"words")
    hotline.says("", verbs)
    hotline.says("/fallback", PROMPT)
    call = simulator.ring()
    assert errors(call) == [code]
    assert hotline.asked("/fallback")[0].items() >= {"ErrorCode": str(code), "ErrorUrl": VOICE_URL, "CallSid": call["sid"]}.items()
    assert (call["heard"], call["status"]) == ([WAV], "completed")
    assert [line["error_code"] for line in simulator.log() if line["error_code"]] == [code]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, "text/xml", "<Response/>"), 11200),
        ((204, "text/xml", ""), 11200),
        ((302, "text/xml", "<Response/>"), 11200),
        ((200, "application/json", "{}"), 12300),
        ((200, "text/xml", ""), 12100),
        ((200, "text/xml", "<Response>"), 12100),
        ((200, "text/xml", '<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>'), 12100),
        ((200, "text/xml", "<Answer/>"), 12200),
        ((200, "text/xml", '<Response a="b"/>'), 12200),
        ((200, "text/xml", f"<Response><!--{'x' * 65_536}--></Response>"), 11750),
    ],
)
def test_what_is_no_document_is_told_to_the_fallback(
    simulator: Simulator, hotline: HotlineDouble, answer: tuple[int, str, str], code: int
) -> None:
    hotline.pages["/hooks/twilio/voice/keys"] = answer
    hotline.says("", gather(numDigits=1))
    hotline.says("/fallback", gather())
    call = simulator.press(simulator.ring(), "1")
    assert errors(call) == [code]
    assert hotline.asked("/fallback")[0]["ErrorUrl"] == f"{VOICE_URL}/keys"
    assert call["awaiting"]["verb"] == "Gather"


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=utf-8", "text/html"])
def test_twiml_comes_under_three_names(simulator: Simulator, hotline: HotlineDouble, content_type: str) -> None:
    hotline.pages["/hooks/twilio/voice"] = (200, content_type, f"<Response>{PROMPT}</Response>")
    assert errors(simulator.ring()) == []


def test_a_fault_is_found_before_anything_of_the_document_is_performed(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", PROMPT, "<Sing/>")
    assert simulator.ring()["heard"] == []


def test_a_call_that_was_answered_cannot_be_rejected(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", PROMPT, f"<Redirect>{VOICE_URL}/late</Redirect>")
    hotline.says("/late", "<Reject/>")
    assert errors(simulator.ring()) == [12200]


def test_a_fallback_that_fails_too_ends_the_call_with_twilios_own_apology(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.answer = (503, "text/plain", "broken")
    call = simulator.ring()
    assert (call["status"], errors(call)) == ("failed", [11200, 11200])
    assert call["path"][-1] == {"verb": "Hangup", "detail": "application error"}
    assert eventually(lambda: hotline.asked("/status"))[0]["CallStatus"] == "failed"


def test_the_fallback_is_asked_again_at_the_next_fault(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", "<Sing/>")
    hotline.says("/fallback", gather("", numDigits=1))
    call = simulator.press(simulator.press(simulator.ring(), "1"), "2")
    assert (errors(call), call["status"]) == ([12200] * 3, "in-progress")
    assert len(hotline.asked("/fallback")) == 3


def test_a_hotline_that_is_away_fails_the_call(start: Callable[..., Simulator]) -> None:
    simulator = start(hotline_url="http://127.0.0.1:1")
    call = simulator.ring()
    assert (call["status"], errors(call)) == ("failed", [11205, 11205])
