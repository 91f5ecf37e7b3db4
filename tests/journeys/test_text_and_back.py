"""A text in, a ticket on the queue, a text back: through real processes, a real browser and the phone."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.running import PASSWORD, RunningHotline

HER = {
    "ur": ("+923001234501", "کل رات صدر سے میری موٹر سائیکل چوری ہو گئی ہے", "اس پر کام ہو رہا ہے"),
    "sd": ("+923001234502", "ڪالهه رات صدر مان منهنجي موٽرسائيڪل چوري ٿي وئي آهي", "ان تي ڪم ٿي رهيو آهي"),
    "en": ("+923001234503", "My motorcycle was stolen from Saddar last night", "it is being worked on"),
    "ur-Latn": ("+923001234504", "kal raat saddar se meri motorcycle chori ho gayi hai", "is par kaam ho raha hai"),
}


def reference_in(text: str) -> str:
    found = re.match(r"(\d{3})-(\d{3})-(\d{3}): ", text)
    assert found, text
    return "".join(found.groups())


def log_in(page: Page, hotline: RunningHotline, login: str = "alice") -> None:
    page.goto(hotline.url)
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def all_routed(hotline: RunningHotline) -> None:
    """Wait until a worker has routed every ticket."""
    hotline.wait_until(lambda: hotline.rows("SELECT count(*) FROM tickets WHERE routed_at IS NULL")[0][0] == 0, within_s=15)


def test_four_ways_of_writing_each_get_a_reference_a_ticket_and_the_news_in_their_own_language(hotline: RunningHotline, page: Page) -> None:
    references = {}
    for language, (number, body, _) in HER.items():
        assert hotline.text(number, body) == 200
        references[language] = reference_in(hotline.await_texts(number, 1)[0])
    all_routed(hotline)
    log_in(page, hotline)
    for ref in references.values():
        expect(page.locator(f"a.ref[href$='{ref}']")).to_be_visible()
    for language, (number, body, news) in HER.items():
        ref = references[language]
        page.goto(f"{hotline.url}/tickets/{ref}")
        expect(page.get_by_text(body).first).to_be_visible()
        page.get_by_label("Change the status to").select_option("in_progress")
        page.get_by_label(re.compile("Note")).fill("rang the shop")
        page.get_by_role("button", name="Save status and note").click()
        expect(page.get_by_text("rang the shop")).to_be_visible()
        second = hotline.await_texts(number, 2)[1]
        assert news in second
        assert reference_in(second) == ref
        hotline.text(number, ref)
        assert hotline.await_texts(number, 3)[2] == second
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="اردو").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "ur")
    assert [hotline.tickets_of(number) for number, _, _ in HER.values()] == [1] * 4


def test_she_closes_it_with_one_digit(hotline: RunningHotline, page: Page) -> None:
    number, (_, body, _) = "+923001234505", HER["ur-Latn"]
    hotline.text(number, body)
    ref = reference_in(hotline.await_texts(number, 1)[0])
    all_routed(hotline)  # a page opened before routing would soon be out of date
    log_in(page, hotline, "lead")  # alice's pages are in Urdu by now
    page.goto(f"{hotline.url}/tickets/{ref}")
    page.get_by_label("Change the status to").select_option("resolved")
    page.get_by_role("button", name="Save status and note").click()
    assert "1 bhejein" in hotline.await_texts(number, 2)[1]
    hotline.text(number, "1")
    assert "Likh liya" in hotline.await_texts(number, 3)[2]
    page.goto(f"{hotline.url}/tickets/{ref}")
    expect(page.locator("dd", has_text="Closed")).to_be_visible()


def test_the_log_tells_nobodys_number_and_no_word_of_hers(hotline: RunningHotline) -> None:
    words = ("mera mobile cheen liya", "do larkay thay", "125 par")
    for body in words:
        hotline.text("+923001234599", body)
    hotline.await_texts("+923001234599", 1)
    said = "".join(hotline.log(name) for name in ("web", "worker", "clock"))
    assert "text sent" in said
    for secret in ("3001234599", *words, "paigham"):
        assert secret not in said
