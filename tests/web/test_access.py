"""Every route, asked by everybody, for an open ticket and for a sealed one."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import insert, select

from hotline import guards
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import ShutOut, Ticket
from tests.services.colleagues import volunteer
from tests.support import text_in, tickets
from tests.web.visiting import BASE, Visitor

As = Callable[[str], Visitor]
OPEN = "My motorcycle was stolen from Saddar last night"
SEALED = "police wale rishwat mang rahe hain"

EVERYBODY = frozenset({"alice", "bob", "charlie", "lead", "head", "admin", "auditor"})
WORKS = EVERYBODY - {"admin", "auditor"}
LEADS = frozenset({"lead", "head", "admin"})
NOBODY: frozenset[str] = frozenset()

# Endpoint → the people it answers; the guard keeps everybody else out.
TABLE: dict[str, frozenset[str]] = {
    "queues.queue": EVERYBODY,
    "tickets.ticket": WORKS | {"auditor"},
    "tickets.whole": WORKS,
    "tickets.live": WORKS,
    "tickets.version": WORKS,
    "tickets.claim": WORKS,
    "tickets.change_status": WORKS,
    "tickets.read": WORKS,
    "tickets.acknowledge": WORKS,
    "recordings.audio": WORKS,
    "recordings.write_down": WORKS,
    "photos.whole": WORKS,
    "photos.preview": WORKS,
    "photos.mask": WORKS,
    "photos.unmask": WORKS,
    "photos.remove": WORKS,
    "looks.photo": WORKS,
    "looks.photo_preview": WORKS,
    "redaction.words": LEADS - {"admin"},
    "redaction.masked": LEADS - {"admin"},
    "redaction.mask": WORKS,
    "redaction.mask_recording": WORKS,
    "redaction.undo": WORKS,
    "redaction.rewrite": WORKS,
    "calls_book.book": WORKS,
    "calls_book.done": WORKS,
    "bridges.to_make": WORKS,
    "bridges.ask": WORKS - {"bob", "charlie"},  # the ticket is nobody's urgent one: alice has it, lead and head may
    "bridges.came": WORKS,
    "bridges.keep_word": WORKS,
    "bridges.agreed": WORKS,
    "bridges.urge": WORKS,
    "bridges.promise": WORKS,
    "bridges.give_up": WORKS,
    "replies.reply": WORKS,
    "replies.draft": WORKS,
    "replies.agree": WORKS,
    "danger.cannot": WORKS,
    "danger.cannot_answer": WORKS,
    "danger.bring_in": WORKS,
    "danger.nothing_to_do": WORKS,
    "danger.seal": LEADS - {"admin"},
    "danger.break_seal": LEADS - {"admin"},
    "facts.describe": WORKS,
    "protocols.put": WORKS,
    "protocols.tick": WORKS,
    "protocols.pass_over": WORKS,
    "facts.priority": WORKS,
    "facts.hold": WORKS,
    "facts.seal": WORKS,
    "facts.unseal": WORKS,
    "facts.shut_out": WORKS,
    "facts.pass_on": WORKS,
    "splitting.move_texts": WORKS,
    "facts.reach": WORKS,
    "facts.add_phone": WORKS,
    "facts.confirm_phone": WORKS,
    "facts.take_phone_away": WORKS,
    "looks.waiting": WORKS,
    "looks.take_next": WORKS,
    "looks.look": WORKS,
    "looks.audio": WORKS,
    "looks.answer": WORKS,
    "erasing.ask": WORKS,
    "erasing.agree": WORKS,
    "erasing.stop": WORKS,
    "pranks.mark": WORKS,
    "pranks.confirm": WORKS,
    "pranks.unmark": WORKS,
    "releases.ask": WORKS - {"bob", "charlie"},  # as `bridges.ask`
    "releases.break_glass": WORKS - {"bob", "charlie"},
    "releases.decide": WORKS,  # an empty form is refused before it is asked who may decide
    "going.going": LEADS - {"admin"},
    "going.keep": WORKS,
    "queues.alarm_strip": WORKS,
    "queues.part": WORKS,
    "queues.version": WORKS,
    "queues.take_next": WORKS,
    "queues.save_view": WORKS,
    "queues.forget_view": WORKS,
    "bulk.act": WORKS,
    "undoing.take_back": WORKS,
    "undoing.undo_kind": WORKS,
    "undoing.gone": WORKS,
    "walkin.form": WORKS,
    "walkin.take_down": WORKS,
    "walkin.slip": WORKS,
    "search.page": WORKS,
    "search.ask": WORKS,
    "roster.roster": WORKS,
    "roster.ask": WORKS,
    "roster.take_back": WORKS,
    "roster.answer": WORKS,
    "roster.coming": WORKS,
    "roster.add": WORKS,
    "roster.remove": WORKS,
    "roster.handover": WORKS,
    "roster.hand_over": WORKS,
    "ringing.page": frozenset({"lead", "head"}),
    "replies.number": NOBODY,  # it takes a right that none of these people has
    "replies.numbers": WORKS - {"bob", "charlie"},  # as `bridges.ask`
    "auth.log_out": EVERYBODY,
    "welcome.waiting": EVERYBODY,  # a person who need not wait is led to the queue
    "factor.factor": EVERYBODY,
    "factor.prove": EVERYBODY,
    "factor.code": EVERYBODY,
    "account.account": EVERYBODY,
    "account.end": EVERYBODY,
    "account.end_others": EVERYBODY,
    "account.change_password": EVERYBODY,
    "account.choose": EVERYBODY,
    "people.everybody": LEADS,
    "people.invite": frozenset({"admin"}),
    "people.link": frozenset({"admin"}),
    "people.deactivate": frozenset({"admin"}),
    "people.bring_back": frozenset({"admin"}),
    "people.speak": frozenset({"admin"}),
    "people.join": frozenset({"admin"}),
    "people.take_away": frozenset({"admin"}),
    "people.ask": LEADS,
    "people.decide": frozenset({"head", "admin"}),
    "gateways.page": frozenset({"head", "admin", "auditor"}),
    "condition.page": frozenset({"head", "admin", "auditor"}),
    "gateways.stop": frozenset({"head", "admin"}),
    "gateways.start": frozenset({"head", "admin"}),
    "gateways.decide": frozenset({"head", "admin"}),
    "audit.book": frozenset({"auditor"}),
    "audit.people_book": frozenset({"auditor"}),
    "audit.who": frozenset({"auditor"}),
    "audit.codes": frozenset({"auditor"}),
}

LOGS_OUT = {"auth.log_out", "account.end"}


def routes(app: Flask) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Every endpoint outside the open ones and the gateway's, its rule, and its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in guards.OPEN_TO_ALL and not app.view_functions[rule.endpoint].__dict__.get("signed"):
            yield rule.endpoint, rule.rule, frozenset(rule.methods or ()) & {"GET", "POST"}


def address(app: Flask, endpoint: str, reference: str) -> str:
    values = {
        "reference": reference,
        "number": 1,
        "alarm_id": 1,
        "login_id": 1,
        "look_id": 1,
        "grant_id": 1,
        "gateway_id": "CA1",
        "login": "nobody",
        "name": "twilio",
    }
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    _, path = rule.build({name: values.get(name, "1") for name in rule.arguments}) or (None, None)
    assert path
    return path


@pytest.fixture
def two(rt: Runtime, app: Flask) -> tuple[Ticket, Ticket]:
    """A ticket that is open to all volunteers, and a sealed one."""
    text_in(rt, OPEN)
    text_in(rt, SEALED, sender="+923331234502")
    route_due(rt)
    one, other = tickets(rt)
    assert (one.sealed, other.sealed) == (False, True)
    return one, other


def test_every_route_stands_in_the_table(app: Flask) -> None:
    assert {endpoint for endpoint, _, _ in routes(app)} == set(TABLE)


def test_everybody_gets_to_what_the_table_says_and_to_nothing_else(app: Flask, two: tuple[Ticket, Ticket]) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    wrong = []
    for login in sorted(EVERYBODY):
        visitor = Visitor(app)
        visitor.client.post("/login", base_url=BASE, data={"login": login, "password": "correct-horse-battery"})
        visitor.prove()
        for endpoint, _, methods in sorted(routes(app), key=lambda route: route[0] in LOGS_OUT):
            for method in methods:
                answer = visitor.client.open(address(app, endpoint, two[0].reference), method=method, base_url=BASE, data={})
                # An empty form is 400 or 409 for a person who may send it; 403 and the guard's 404 are for a person who may not.
                guarded = answer.status_code == 403 or (answer.status_code == 404 and b"There is nothing at this address" in answer.data)
                hidden = endpoint == "factor.code"  # the secret is shown only before it is proved, and only to a person who needs one
                if guarded is (login in TABLE[endpoint]) and not hidden:
                    wrong.append((login, method, endpoint, answer.status_code))
            if endpoint in LOGS_OUT:
                visitor.client.post("/login", base_url=BASE, data={"login": login, "password": "correct-horse-battery"})
                visitor.prove()
    assert wrong == []


@pytest.mark.parametrize("login", ["alice", "bob", "lead", "head", "admin", "auditor"])
def test_a_sealed_ticket_is_as_absent_as_one_that_is_not_there(app: Flask, as_: As, two: tuple[Ticket, Ticket], login: str) -> None:
    visitor = as_(login)
    for endpoint, rule, methods in routes(app):
        if "reference" not in rule:
            continue
        for method in methods:
            answers = []
            for reference in (two[1].reference, "482719365"):
                form = {"csrf_token": visitor.token(), "version": "1", "status": "closed", "words": "x"}
                answer = visitor.client.open(address(app, endpoint, reference), method=method, base_url=BASE, data=form)
                answers.append((answer.status_code, answer.get_data(as_text=True).replace(reference, "")))
            assert answers[0][0] in (400, 403, 404), (endpoint, method)  # 400: the form lacks its fields, whatever the ticket
            assert [code for code, _ in answers] == [answers[0][0]] * 2
            if method == "GET":
                strip = [text.split("csrf_token")[0] for _, text in answers]
                assert strip[0] == strip[1]
    assert two[1].reference not in visitor.get("/").get_data(as_text=True).replace(" ", "")


def test_a_sealed_ticket_is_its_own_teams(as_: As, two: tuple[Ticket, Ticket]) -> None:
    assert SEALED in as_("charlie").text(f"/tickets/{two[1].reference}")


def test_whoever_is_shut_out_does_not_know_of_the_ticket(rt: Runtime, as_: As, two: tuple[Ticket, Ticket]) -> None:
    charlie = as_("charlie")
    with rt.transaction() as tx:
        row = {"volunteer_id": volunteer(rt, "charlie").id, "made_by": volunteer(rt, "lead").id, "made_at": tx.now}
        for ticket in two:
            tx.session.execute(insert(ShutOut).values(ticket_id=ticket.id, **row))
    for ticket in two:
        assert charlie.get(f"/tickets/{ticket.reference}").status_code == 404
        assert charlie.post(f"/tickets/{ticket.reference}/claim", version="1").status_code == 404
    assert as_("bob").get(f"/tickets/{two[0].reference}").status_code == 200


def test_an_auditor_sees_that_it_was_done_and_not_what_it_says(rt: Runtime, as_: As, two: tuple[Ticket, Ticket]) -> None:
    alice, auditor = as_("alice"), as_("auditor")
    path = f"/tickets/{two[0].reference}"
    alice.post(f"{path}/status", status="in_progress", version=str(two[0].version), note="her brother saw it")
    page = auditor.text(path)
    assert "Status changed" in page
    assert "Alice" in page
    assert not any(said in page for said in ("motorcycle", "her brother saw it", "+92300", "…", '<form method="post" action="/tickets'))
    assert auditor.get("/").location == "/audit"
    book = auditor.text("/audit")
    assert path in book
    assert two[1].reference not in book.replace(" ", "")
    assert "A sealed ticket" in book


def test_an_auditor_changes_nothing(rt: Runtime, as_: As, two: tuple[Ticket, Ticket]) -> None:
    auditor, before = as_("auditor"), tickets(rt)[0].version
    for action in ("claim", "read", "status", "written-down"):
        assert auditor.post(f"/tickets/{two[0].reference}/{action}", version=str(before), status="closed", words="x").status_code == 403
    assert tickets(rt)[0].version == before
    assert auditor.post("/language", language="ur", back="/").status_code == 302


def test_a_role_taken_away_in_mid_session_refuses_the_next_click(rt: Runtime, as_: As, two: tuple[Ticket, Ticket]) -> None:
    charlie, admin = as_("charlie"), as_("admin")
    path = f"/tickets/{two[1].reference}"
    assert charlie.get(path).status_code == 200
    assert admin.post("/people/charlie/rights/take-away", right="team:integrity").status_code == 302
    assert charlie.get(path).status_code == 404
    with rt.reading() as session:
        assert session.scalars(select(Ticket.assignee_id).where(Ticket.id == two[1].id)).one() is None


def test_a_stranger_gets_to_none_of_it(app: Flask, two: tuple[Ticket, Ticket]) -> None:
    for endpoint, _, methods in routes(app):
        if "GET" in methods:
            answer = Visitor(app).get(address(app, endpoint, two[0].reference))
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login"), endpoint
