"""A volunteer of a rehearsal before pretend pages: what is written down is what the pages said became of a form."""

import threading
from typing import Any

import pytest
from werkzeug import Request, Response

from hotline.cli.rehearsal import desk
from hotline.cli.rehearsal.desk import Desk
from hotline.cli.rehearsal.told import Acted, Told
from tests.servers import page_server, serving

REFERENCE = "482719365"
TICKET = f"/tickets/{REFERENCE}"
FORM = '<input type="hidden" name="csrf_token" value="of this page">'


class Pages:
    """A log-in, a queue of one ticket, and its form; `answers` are what the form is answered with, the last one again and again."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers, self.enough = list(answers), threading.Event()

    @Request.application
    def __call__(self, request: Request) -> Response:
        if request.path == "/login" and request.method == "POST":
            found = Response(status=303, headers={"Location": "/"})
            if request.form.to_dict() == {"csrf_token": "of this page", "login": "alice", "password": "secret"}:
                found.set_cookie("session", "alice")
            return found
        if request.path != "/login" and request.cookies.get("session") != "alice":
            return Response(status=302, headers={"Location": "/login"})
        if request.method == "POST":
            status, leads = self.answers[0]
            if len(self.answers) == 1:
                self.enough.set()
            else:
                self.answers.pop(0)
            return Response(status=status, headers={"Location": leads})
        return Response(f'<a href="{TICKET}"></a>{FORM}<form action="{TICKET}/claim">')


@pytest.mark.parametrize(
    ("answers", "acted"),
    [
        ([(303, f"{TICKET}?done=claimed")], [Acted("alice", REFERENCE, "claimed")]),
        (
            [(500, ""), (303, f"{TICKET}?done=claimed")],
            [Acted("alice", REFERENCE, "claimed", answered=False), Acted("alice", REFERENCE, "claimed")],
        ),
        ([(303, f"{TICKET}?gone=1")], []),
        ([(409, "")], []),
    ],
)
def test_a_form_is_done_unknown_or_refused_by_its_answer(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, str]], acted: list[Any]
) -> None:
    monkeypatch.setattr(desk, "_REST_S", 0.01)
    told, pages = Told(), Pages(*answers)
    with serving(page_server(pages)) as url:
        alice = Desk(url, "alice", "secret", told)
        alice.start()
        assert pages.enough.wait(60)
        alice.close()
    assert told.acted == acted
