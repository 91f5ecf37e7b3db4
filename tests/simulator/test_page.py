"""The phones in the browser, and who may use them."""

import re
from urllib.parse import urlencode

import pytest
from twilio.rest import Client

from tests.simulator.conftest import NUMBER, PHONE, HotlineDouble, Simulator, eventually


def post(simulator: Simulator, path: str, **fields: str) -> int:
    return simulator.call("POST", path, urlencode(fields))[0]


def test_three_phones_stand_on_the_page_and_more_can_be_added(simulator: Simulator) -> None:
    page = simulator.call("GET", "/")[1]
    assert page.count('class="phone"') == 3
    assert post(simulator, "/phones", number="0312-1234567") == 303
    assert post(simulator, "/phones", number="8300") == 303
    page = simulator.call("GET", "/")[1]
    assert 'data-number="+923121234567"' in page
    assert 'data-number="8300"' in page
    post(simulator, "/phones", remove="8300")
    assert 'data-number="8300"' not in simulator.call("GET", "/")[1]


def test_a_form_sends_a_text_without_javascript(simulator: Simulator, hotline: HotlineDouble) -> None:
    assert post(simulator, "/send", number=PHONE, body="پہلی سطر\r\nدوسری") == 303
    assert post(simulator, "/send", number=PHONE, body="", example="سلام") == 303
    assert post(simulator, "/send", number=PHONE, body="  ") == 303
    assert [text.fields["Body"] for text in hotline.texts] == ["پہلی سطر\nدوسری", "سلام"]
    page = simulator.call("GET", "/")[1]
    assert 'dir="auto" lang="">سلام</p>' in page


def test_what_a_text_says_is_never_markup(simulator: Simulator, client: Client) -> None:
    evil = "<script>alert(1)</script>\"'&"
    simulator.text(evil)
    client.messages.create(to=PHONE, from_=NUMBER, body=evil)
    eventually(lambda: len(simulator.phone()) == 2)
    post(simulator, "/phones", number=evil)
    page = simulator.call("GET", "/")[1]
    screens = simulator.call("GET", "/screens")[1]
    assert "<script>alert" not in page + screens["screens"][PHONE]["html"] + screens["log"]
    assert screens["screens"][PHONE]["html"].count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") == 2


def test_sindhi_is_marked_for_its_own_script(simulator: Simulator) -> None:
    simulator.text("منهنجي موٽر سائيڪل")
    assert 'lang="sd">منهنجي' in simulator.call("GET", "/")[1]


def test_the_poll_tells_only_what_is_new(simulator: Simulator, client: Client) -> None:
    first = simulator.call("GET", "/screens")[1]
    assert simulator.call("GET", f"/screens?after={first['version']}")[0] == 204
    client.messages.create(to=PHONE, from_=NUMBER, body="572-482-719: پیغام مل گیا۔")
    eventually(simulator.phone)
    status, news = simulator.call("GET", f"/screens?after={first['version']}")
    assert status == 200
    assert "✓✓" in news["screens"][PHONE]["html"]
    assert news["screens"][PHONE]["reference"] == "572-482-719"


def test_the_panel_sets_faults_and_shows_what_it_refuses(simulator: Simulator) -> None:
    assert post(simulator, "/panel", incoming_drop_next="2", callback_delay_s="0.5", opt_out="on", final_status="sent") == 303
    faults = simulator.call("GET", "/faults")[1]
    assert (faults["incoming_drop_next"], faults["callback_delay_s"], faults["opt_out"], faults["final_status"]) == (2, 0.5, True, "sent")
    status, page = simulator.call("POST", "/panel", urlencode({"incoming_drop_next": "many"}))
    assert status == 400
    assert "incoming_drop_next must be a number" in page
    assert post(simulator, "/panel", clear="1") == 303
    assert simulator.call("GET", "/faults")[1]["incoming_drop_next"] == 0
    simulator.text("salam")
    assert post(simulator, "/reset") == 303
    assert simulator.phone() == []


def test_a_webhook_error_shows_on_the_phone_and_in_the_panel(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.answer = (500, "text/plain", "broken")
    simulator.text("salam")
    assert simulator.call("GET", "/")[1].count("11200: HTTP 500") == 2


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "10.0.0.1", "127.0.0.1.evil.example", "[", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_host_that_is_not_this_computer_is_refused(simulator: Simulator, method: str, host: str) -> None:
    assert simulator.call(method, "/", headers={"Host": host})[0] == 403


@pytest.mark.parametrize("host", ["localhost:8001", "127.0.0.1", "[::1]:8001"])
def test_each_name_of_this_computer_will_do(simulator: Simulator, host: str) -> None:
    assert simulator.call("GET", "/", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_can_change_nothing(simulator: Simulator, hotline: HotlineDouble, headers: dict[str, str]) -> None:
    for method, path in [
        ("POST", "/send"),
        ("POST", "/panel"),
        ("POST", f"/phones/{PHONE}/texts"),
        ("PUT", "/faults"),
        ("DELETE", "/state"),
    ]:
        assert simulator.call(method, path, urlencode({"number": PHONE, "body": "x"}), headers)[0] == 403
    assert hotline.received == []


def test_its_own_page_may_send(simulator: Simulator) -> None:
    headers = {"Origin": simulator.url, "Sec-Fetch-Site": "same-origin"}
    assert simulator.call("POST", "/send", urlencode({"number": PHONE, "body": "x"}), headers)[0] == 303


def test_every_answer_keeps_foreign_scripts_out(simulator: Simulator) -> None:
    with simulator.app.test_client() as browser:
        for path in ("/", "/screens", "/static/phone.js", "/nowhere"):
            with browser.get(path) as answer:
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        page = browser.get("/").text
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert " onclick=" not in page


def test_urdu_and_sindhi_are_read_on_a_computer_without_fonts_for_them(simulator: Simulator) -> None:
    with simulator.app.test_client() as browser:
        with browser.get("/static/phone.css") as sheet:
            fonts = re.findall(r'url\("([^"]+)"\)', sheet.text)
        assert len(fonts) == 2
        for font in fonts:
            with browser.get(font) as answer:
                assert answer.data.startswith(b"wOF2")
        assert browser.get("/fonts/../style.css").status_code == 404
