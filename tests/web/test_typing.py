"""In a browser: what a volunteer types is kept and counted, and is there after leaving the page."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from hotline.runtime import Runtime
from hotline.storage.models import Draft
from tests.services.colleagues import PASSWORD
from tests.support import text_in, tickets


def test_what_she_types_is_kept_and_read_and_there_when_she_comes_back(address: str, rt: Runtime, page: Page) -> None:
    text_in(rt, "mera mobile cheen liya")
    reference = tickets(rt)[0].reference
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/login")
    page.fill("#login", "alice")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"{address}/tickets/{reference}")
    page.locator("#body").press_sequentially("Your complaint <b> is here")
    expect(page.locator("#counted mark")).to_have_text("complaint", timeout=10_000)
    expect(page.locator("#counted")).to_contain_text("1 segment")
    page.goto(f"{address}/")
    page.goto(f"{address}/tickets/{reference}")
    expect(page.locator("#body")).to_have_value("Your complaint <b> is here")
    with rt.reading() as session:
        assert [draft.body for draft in session.scalars(select(Draft))] == ["Your complaint <b> is here"]
    assert faults == []
