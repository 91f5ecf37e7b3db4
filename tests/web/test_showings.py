"""Every look is in a book: a person who is shown the words of a citizen on any page stands there."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from hotline.runtime import Runtime
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.storage import showings
from hotline.storage.auditmodels import Showing
from hotline.storage.db import StatementFailed
from hotline.storage.showings import ShowingKind
from tests.services.colleagues import volunteer
from tests.support import text_in, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
CANARY = "qanariya"
SAID = f"orangi town mein do larkon ne mobile cheen liya {CANARY}"


def lookers(rt: Runtime) -> set[int | None]:
    """Who stands in the books as having looked at the first ticket."""
    with rt.reading() as session:
        return {by for _, by, _, _ in showings.of_ticket(session, tickets(rt)[0].id)}


def said(rt: Runtime) -> str:
    text_in(rt, SAID)
    route_due(rt)
    index_words(rt)
    return tickets(rt)[0].reference


def test_no_page_shows_words_whose_look_is_in_no_book(as_: As, app: Flask, rt: Runtime) -> None:
    reference = said(rt)
    alice, alice_id, shows = as_("alice"), volunteer(rt, "alice").id, 0
    paths = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    for path in (one.replace("<reference:reference>", reference) for one in paths):
        if "<" in path:
            continue
        with rt.transaction() as tx:  # nobody has looked yet
            for name in ("shown_tickets", "showings"):
                tx.session.execute(Showing.metadata.tables[name].delete())
            tx.session.execute(Showing.metadata.tables["events"].delete().where(Showing.metadata.tables["events"].c.kind == "viewed"))
        if CANARY in alice.text(path):
            shows += 1
            assert alice_id in lookers(rt), path
    assert shows >= 4, "the queue, its part, the ticket and the open ticket"


def test_a_search_is_noted_and_never_what_was_sought(as_: As, rt: Runtime) -> None:
    said(rt)
    bob = as_("bob")
    answer = bob.post("/search", q=CANARY)
    assert CANARY in bob.text(answer.location)
    bob.post("/search", q="nothing")
    with rt.reading() as session:
        found = session.scalars(select(Showing).order_by(Showing.id)).all()
    assert [(one.kind, one.what, one.volunteer_id) for one in found] == [
        ("search", "search", volunteer(rt, "bob").id),
        ("search", "found", volunteer(rt, "bob").id),
        ("list", "found", volunteer(rt, "bob").id),
        ("search", "search", volunteer(rt, "bob").id),
    ]
    assert lookers(rt) == {volunteer(rt, "bob").id}


@pytest.mark.parametrize("path", ["/", "/queue/list?list=teams", "/?list=teams"])
def test_a_page_whose_look_cannot_be_written_is_not_shown(as_: As, rt: Runtime, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    said(rt)
    alice = as_("alice")

    def refuse(*_: object, **__: object) -> int:
        raise StatementFailed("the disk is full")

    monkeypatch.setattr(showings, "add", refuse)
    answer = alice.get(path)
    assert answer.status_code == 500
    assert CANARY not in answer.get_data(as_text=True)


def test_a_ticket_whose_look_cannot_be_written_is_not_shown(as_: As, rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = said(rt)
    alice = as_("alice")

    def refuse(*_: object, **__: object) -> None:
        raise StatementFailed("the disk is full")

    monkeypatch.setattr("hotline.services.tickets.casework.happened", refuse)
    monkeypatch.setattr(showings, "add", refuse)
    for path in (f"/tickets/{reference}", f"/tickets/{reference}/live"):
        answer = alice.get(path)
        assert answer.status_code == 500
        assert CANARY not in answer.get_data(as_text=True)


def lines(page: str) -> list[str]:
    found = re.findall(r"<li>(.*?)<span class=\"when\">", page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", line)).strip() for line in found]


def test_the_auditor_sees_who_looked_and_no_word(as_: As, rt: Runtime) -> None:
    reference = said(rt)
    as_("alice").get(f"/tickets/{reference}")
    as_("bob").get("/?list=teams")
    auditor = as_("auditor")
    page = auditor.text(f"/audit/who?reference={reference}&by=")
    shown = f"{reference[:3]}-{reference[3:6]}-{reference[6:]}"
    assert sorted(lines(page)) == [f"Alice Read this page {shown}", f"Bob Saw it in a list {shown}"]
    assert CANARY not in page
    assert len(lines(auditor.text(f"/audit/who?reference={reference}&by={volunteer(rt, 'bob').id}"))) == 1
    assert f"Auditor Looked up who had looked {shown}" in lines(auditor.text("/audit/who"))
    for nonsense in ("x", "-", "1-", "-1", "9" * 60, "۱-۱"):
        assert auditor.get(f"/audit/who?before={nonsense}").status_code == 200
    assert "There is no ticket" in auditor.text("/audit/who?reference=482719365")


def test_a_sealed_ticket_has_no_reference_there(as_: As, rt: Runtime) -> None:
    text_in(rt, "police wale rishwat mang rahe hain")
    route_due(rt)
    [ticket] = tickets(rt)
    assert ticket.sealed
    as_("charlie").get(f"/tickets/{ticket.reference}")
    as_("charlie").get("/?list=teams")
    auditor = as_("auditor")
    page = auditor.text("/audit/who")
    assert "Charlie" in page
    assert "1 sealed ticket" in page
    assert ticket.reference not in page
    assert "There is no ticket" in auditor.text(f"/audit/who?reference={ticket.reference}")
    assert auditor.get("/audit/codes").status_code == 200


def test_the_pages_go_on_where_they_ended(as_: As, rt: Runtime) -> None:
    said(rt)
    auditor = as_("auditor")
    with rt.transaction() as tx:
        for n in range(60):
            showings.add(tx.session, ShowingKind.SEARCH, volunteer_id=None, what=f"n{n}", now=tx.now)
    seen, path = list[str](), "/audit/who"
    while path:
        page = auditor.text(path)
        seen += re.findall(r">n(\d+)<", page)
        further = re.search(r'href="([^"]+before=[^"]+)"', page)
        path = further[1].replace("&amp;", "&") if further else ""
    assert seen == [str(n) for n in reversed(range(60))]


def test_nobody_but_the_auditor_gets_there(as_: As) -> None:
    for login in ("alice", "lead", "head", "admin"):
        assert as_(login).get("/audit/who").status_code == 404
        assert as_(login).get("/audit/codes").status_code == 404


def test_the_book_of_missed_calls_is_one_look_in_ten_minutes(as_: As, rt: Runtime) -> None:
    alice = as_("alice")
    alice.get("/calls")
    alice.get("/calls")
    with rt.reading() as session:
        assert session.scalar(select(func.count()).where(Showing.what == "missed calls")) == 1
