"""Calling from the phones in the browser: by plain forms, and with the microphone."""

import re
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from twilio.rest import Client

from tests.axe import broken_rules
from tests.simulator.conftest import (
    HANGUP,
    NUMBER,
    PHONE,
    PROMPT,
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


def post(simulator: Simulator, path: str, **fields: str) -> int:
    return simulator.call("POST", path, urlencode(fields))[0]


def shown(simulator: Simulator, phone: str = PHONE) -> str:
    """What the page shows of a phone's calls."""
    html: str = simulator.call("GET", "/screens")[1]["screens"][phone]["call"]
    return html


def last(simulator: Simulator) -> dict[str, Any]:
    """The newest call."""
    call: dict[str, Any] = simulator.call("GET", "/calls")[1][0]
    return call


def upload(simulator: Simulator, sid: str, sound: bytes, **fields: str) -> tuple[int, str]:
    """Choose a sound file and say it."""
    edge = "--edge"
    parts = [f'{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    head = f'{edge}\r\nContent-Disposition: form-data; name="wav"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + sound + f"\r\n{edge}--\r\n".encode()
    connection = HTTPConnection(simulator.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", f"/handset/{sid}", body, {"Content-Type": f"multipart/form-data; boundary={edge[2:]}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def said(simulator: Simulator) -> bytes:
    """The newest recording."""
    audio: bytes = simulator.app.extensions["simulator"].switchboard.book.recordings_newest_first()[0].audio
    return audio


@pytest.fixture
def menu(hotline: HotlineDouble) -> HotlineDouble:
    """A prompt and a key, a prompt and the beep, and a prompt again."""
    hotline.pages["/prompts/hello.wav"] = (200, "audio/wav", make_wav(0.1))
    hotline.says("", gather(inside=PROMPT, numDigits=1), HANGUP)
    hotline.says("/keys", PROMPT, record(finishOnKey="#0", maxLength=60))
    hotline.says("/recorded", gather("/more", inside=PROMPT, numDigits=1))
    return hotline


# Without JavaScript


def test_a_whole_call_goes_by_plain_forms(simulator: Simulator, menu: HotlineDouble) -> None:
    assert post(simulator, "/handset/call", number=PHONE, to=NUMBER) == 303
    sid = last(simulator)["sid"]
    assert f'src="/handset/{sid}/sounds/0-1"' in shown(simulator)
    assert post(simulator, f"/handset/{sid}", digits="2") == 303
    assert menu.asked("/keys")[0]["Digits"] == "2"
    assert '<option value="silence">' in shown(simulator)
    assert post(simulator, f"/handset/{sid}", do="speak", seconds="7", end="0") == 303
    assert (menu.asked("/recorded")[0]["RecordingDuration"], menu.asked("/recorded")[0]["Digits"]) == ("7", "0")
    assert post(simulator, f"/handset/{sid}", do="hangup") == 303
    assert last(simulator)["status"] == "completed"
    assert "Last call: completed" in shown(simulator)
    assert "speaks for 7 s, ended by 0" in shown(simulator)
    assert simulator.call("GET", "/")[1].count('name="digits"') == 0


def test_a_sound_file_is_what_was_said_and_another_file_is_refused(simulator: Simulator, menu: HotlineDouble) -> None:
    sid = simulator.press(simulator.ring(), "1")["sid"]
    status, page = upload(simulator, sid, b"not a sound", do="speak", end="#")
    assert status == 409
    assert "not a WAV" in page
    assert upload(simulator, sid, make_wav(1.5, rate=44_100, channels=2), do="speak", end="#")[0] == 303
    assert length_s(said(simulator)) == 1.5


def test_a_long_sound_file_is_taken_though_texts_are_short(simulator: Simulator, menu: HotlineDouble) -> None:
    sid = simulator.press(simulator.ring(), "1")["sid"]
    assert upload(simulator, sid, make_wav(60, rate=16_000), do="speak", end="#")[0] == 303
    assert length_s(said(simulator)) == 60


def test_the_number_can_be_hidden_and_the_other_one_called(start: Callable[..., Simulator], hotline: HotlineDouble) -> None:
    simulator = start(voice_numbers=(NUMBER, "+12025550177"))
    hotline.says("", "<Reject/>")
    assert '<option value="+12025550177">' in shown_before_a_call(simulator)
    post(simulator, "/handset/call", number=PHONE, to="+12025550177", withheld="on")
    [fields] = hotline.asked("")
    assert (fields["From"], fields["To"]) == ("anonymous", "+12025550177")
    assert "not answered" in shown(simulator)


def shown_before_a_call(simulator: Simulator) -> str:
    page: str = simulator.call("GET", "/")[1]
    return page


@pytest.mark.parametrize(("do", "status"), [("answer", "in-progress"), ("reject", "busy"), ("silence", "no-answer")])
def test_a_phone_that_rings_can_be_answered_or_not(
    simulator: Simulator, client: Client, hotline: HotlineDouble, do: str, status: str
) -> None:
    hotline.says("", gather())
    sid = client.calls.create(to=PHONE, from_=NUMBER, url=VOICE_URL).sid
    assert "The phone rings" in shown(simulator)
    assert post(simulator, f"/handset/{sid}", do=do) == 303
    assert last(simulator)["status"] == status


def test_what_cannot_be_done_is_said_and_changes_nothing(simulator: Simulator, menu: HotlineDouble) -> None:
    sid = simulator.ring()["sid"]
    for fields in ({"do": "speak", "seconds": "many"}, {"do": "speak"}, {"do": "answer"}, {"do": "sing"}, {}):
        assert post(simulator, f"/handset/{sid}", **fields) == 409
    assert post(simulator, "/handset/call", number=PHONE, to="+12025550199") == 409
    assert post(simulator, "/handset/call", number="", to=NUMBER) == 409
    assert post(simulator, f"/handset/CA{'0' * 32}", do="hangup") == 404
    post(simulator, f"/handset/{sid}", do="hangup")
    status, page = simulator.call("POST", f"/handset/{sid}", urlencode({"digits": "1"}))
    assert (status, "the call is over: completed" in page) == (409, True)


def test_a_page_of_another_site_can_make_no_call(simulator: Simulator, hotline: HotlineDouble) -> None:
    for path in ("/handset/call", f"/phones/{PHONE}/calls"):
        assert simulator.call("POST", path, urlencode({"number": PHONE, "to": NUMBER}), {"Origin": "https://evil.example"})[0] == 403
    assert hotline.received == []


def test_the_browser_gets_each_sound_from_the_simulator_itself(simulator: Simulator, menu: HotlineDouble) -> None:
    call = simulator.press(simulator.ring(), "1")
    simulator.do(call, "speech", seconds=1, end="#")
    recording = re.search(r"/handset/recordings/RE[0-9a-f]{32}", shown(simulator))
    assert recording
    with simulator.app.test_client() as browser:
        for path in (f"/handset/{call['sid']}/sounds/0-1", recording[0]):
            with browser.get(path, headers={"Range": "bytes=0-3"}) as answer:
                assert (answer.status_code, answer.data, answer.mimetype) == (206, b"RIFF", "audio/wav")
        for path in (f"/handset/{call['sid']}/sounds/9-9", f"/handset/CA{'0' * 32}/sounds/0-1", f"/handset/recordings/RE{'0' * 32}"):
            assert browser.get(path).status_code == 404


def test_what_is_played_is_one_sound_with_its_pauses(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.pages["/prompts/hello.wav"] = (200, "audio/wav", make_wav(1, rate=16_000))
    hotline.says("", PROMPT, gather(inside=f'{PROMPT}<Pause length="2"/>{PROMPT}'))
    sid = simulator.ring()["sid"]
    with simulator.app.test_client() as browser:
        assert length_s(browser.get(f"/handset/{sid}/sounds/0-4").data) == 5
        hotline.pages["/prompts/hello.wav"] = (200, "audio/mpeg", b"another kind")
        assert browser.get(f"/handset/{sid}/sounds/0-4").status_code == 404


def test_volunteers_get_their_scripts_one_by_one(simulator: Simulator) -> None:
    assert post(simulator, "/handset/duty", number="+923211111111", script="takes") == 303
    assert post(simulator, "/handset/duty", number="+923222222222", script="busy") == 303
    assert post(simulator, "/handset/duty", number="+923211111111", script="silent") == 303
    assert post(simulator, "/handset/duty", number="0321", script="takes") == 409
    assert simulator.call("GET", "/duty")[1] == {"+923211111111": "silent", "+923222222222": "busy"}
    assert "picks up and presses nothing" in simulator.call("GET", "/")[1]


def test_every_kind_of_entry_of_a_path_has_its_sentence(simulator: Simulator, menu: HotlineDouble, client: Client) -> None:
    simulator.call("PUT", "/duty", {"+923211111111": "takes"})
    menu.says(
        "",
        '<Pause length="2"/><Say>Hello</Say>',
        f'<Dial callerId="{NUMBER}"><Number>+923211111111</Number></Dial>',
        f"<Redirect>{VOICE_URL}/next</Redirect>",
    )
    menu.says("/next", gather("/bad", numDigits=1))
    menu.says("/bad", "<Sing/>")
    menu.says("/fallback", gather("/keys"))
    call = simulator.do(simulator.press(simulator.ring(), "1"), "silence")
    eventually(lambda: "tells the hotline" in shown(simulator))
    html = shown(simulator)
    for sentence in (
        "POST /hooks/twilio/voice → 200",
        "hears 2 s of nothing, “Hello”",
        f"rings +923211111111, showing {NUMBER}",
        "+923211111111 picks up and presses 1",
        "is put through to +923211111111",
        "goes on at /hooks/twilio/voice/next",
        "presses 1",
        "12200: &lt;Sing&gt; is not a verb that the simulator knows",
        "does nothing",
        "the hotline hangs up (no more verbs)",
        "tells the hotline: completed → 200",
    ):
        assert sentence in html
    assert call["status"] == "completed"
    simulator.do({"sid": client.calls.create(to=PHONE, from_=NUMBER, url=VOICE_URL).sid}, "reject")
    assert "does not pick up: busy" in shown(simulator)


def test_what_a_hotline_says_is_never_markup(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", "<Say>&lt;script&gt;alert(1)&lt;/script&gt;</Say>")
    simulator.ring()
    assert "<script>alert" not in shown(simulator)
    assert "&lt;script&gt;alert" in shown(simulator)


# In a browser


@pytest.fixture
def phone(page: Page, simulator: Simulator, menu: HotlineDouble) -> Locator:
    page.goto(simulator.url)
    return page.locator(f'[data-number="{PHONE}"]')


def press(phone: Locator, key: str) -> None:
    phone.get_by_role("button", name=key, exact=True).click()


def test_what_the_hotline_plays_is_played_and_the_microphone_is_recorded(
    page: Page, phone: Locator, simulator: Simulator, menu: HotlineDouble
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    with page.expect_response(re.compile("/sounds/0-1$")) as played:
        phone.get_by_role("button", name="Call").click()
    assert played.value.ok
    expect(phone.locator(".texts")).to_be_hidden()
    press(phone, "1")
    expect(phone.get_by_text("After the beep: speak")).to_be_visible()
    phone.get_by_role("button", name="Speak into the microphone").click()
    expect(phone.get_by_text("Recording…")).to_be_visible()
    expect(phone.get_by_label("Sound file")).to_be_hidden()  # one thing at a time
    page.wait_for_function("() => [...handsets.values()].some((one) => one.recording?.recorder.state === 'recording')")
    page.wait_for_timeout(1200)  # somebody speaks
    press(phone, "5")  # no finish key: it is only a sound
    press(phone, "#")
    expect(phone.get_by_text("Waiting for a key")).to_be_visible()
    assert menu.asked("/recorded")[0]["Digits"] == "#"
    assert 0.8 < length_s(said(simulator)) < 10
    assert len(set(said(simulator)[44:])) > 50  # the pretend microphone beeps
    phone.get_by_role("button", name="Hang up").click()
    expect(phone.get_by_role("button", name="Call")).to_be_visible()
    assert last(simulator)["status"] == "completed"
    assert errors == []


def test_when_a_call_ends_its_path_makes_room_for_the_texts(phone: Locator) -> None:
    phone.get_by_role("button", name="Call").click()
    expect(phone.get_by_text("waits for keys")).to_be_visible()
    phone.get_by_role("button", name="Hang up").click()
    expect(phone.get_by_text("Last call: completed")).to_be_visible()
    expect(phone.get_by_text("hangs up")).to_be_hidden()
    phone.get_by_text("Last call: completed").click()
    expect(phone.get_by_text("hangs up")).to_be_visible()


def test_hanging_up_while_the_microphone_is_on_keeps_what_was_said(phone: Locator, page: Page, menu: HotlineDouble) -> None:
    phone.get_by_role("button", name="Call").click()
    press(phone, "1")
    phone.get_by_role("button", name="Speak into the microphone").click()
    page.wait_for_function("() => [...handsets.values()].some((one) => one.recording?.recorder.state === 'recording')")
    page.wait_for_timeout(600)  # somebody speaks
    phone.get_by_role("button", name="Hang up").click()
    expect(phone.get_by_role("button", name="Call")).to_be_visible()
    assert menu.asked("/recorded")[0]["Digits"] == "hangup"


def test_a_file_of_any_kind_the_browser_reads_can_be_said(phone: Locator, simulator: Simulator) -> None:
    phone.get_by_role("button", name="Call").click()
    press(phone, "1")
    file = {"name": "said.wav", "mimeType": "audio/wav", "buffer": make_wav(2, rate=48_000, channels=2)}
    phone.get_by_label("Sound file").set_input_files(file)  # type: ignore[arg-type]
    phone.get_by_label("ended by").select_option("0")
    phone.get_by_role("button", name="Say it").click()
    expect(phone.get_by_text("Waiting for a key")).to_be_visible()
    assert length_s(said(simulator)) == 2


def test_a_phone_rings_and_is_answered_in_the_browser(phone: Locator, client: Client) -> None:
    client.calls.create(to=PHONE, from_=NUMBER, url=VOICE_URL)
    phone.get_by_role("button", name="Answer").click()
    expect(phone.get_by_text("Waiting for a key")).to_be_visible()


def test_a_refusal_is_shown_without_leaving_the_page(phone: Locator, page: Page, simulator: Simulator) -> None:
    phone.get_by_role("button", name="Call").click()
    expect(phone.get_by_text("Waiting for a key")).to_be_visible()
    page.route("**/screens*", lambda route: route.abort())  # the page does not see that the call ends
    simulator.do(last(simulator), "hangup")
    press(phone, "1")
    expect(page.get_by_text("the call is over: completed")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_phones_before_during_and_after_a_call(
    page: Page, phone: Locator, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    phone.get_by_label("Text of").fill("bachao")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("article")).to_be_visible()
    faults = broken_rules(page)
    phone.get_by_role("button", name="Call").click()
    press(phone, "1")
    expect(phone.get_by_text("After the beep: speak")).to_be_visible()
    faults += broken_rules(page)
    phone.get_by_role("button", name="Hang up").click()
    expect(phone.get_by_text("Last call: completed")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    assert faults + broken_rules(page) == []


def test_without_javascript_a_call_goes_the_same_way_on_a_small_screen(browser: Browser, simulator: Simulator, menu: HotlineDouble) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        page.goto(simulator.url)
        phone = page.locator(f'[data-number="{PHONE}"]')
        phone.get_by_role("button", name="Call").click()
        press(phone, "1")
        phone.get_by_role("button", name="Say it").click()
        expect(phone.locator("audio.sound")).to_be_visible()
        phone.get_by_role("button", name="Hang up").click()
        expect(phone.get_by_text("Last call: completed")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert SID in menu.asked("/recorded")[0]["RecordingUrl"]
