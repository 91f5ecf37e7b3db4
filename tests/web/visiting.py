"""A visitor of the pages, with a browser's cookies and a browser's forms."""

import re
from html import unescape
from typing import Self

from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from hotline.runtime import Runtime
from hotline.storage.peoplemodels import Login
from tests.services.colleagues import PASSWORD

BASE = "https://hotline.example.org"


class Visitor:
    """`Visitor(app).log_in("alice").get("/")`."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page."""
        return self.client.get(path, base_url=BASE, headers=_named(headers))

    def text(self, path: str, **headers: str) -> str:
        """What a page says, as HTML."""
        return self.get(path, **headers).get_data(as_text=True)

    def token(self) -> str:
        """The token of the visitor's forms: every page has it, even the page of an unknown address."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text("/nowhere"))
        assert found
        return found[1]

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form as a page of ours would."""
        return self.client.post(path, base_url=BASE, data={"csrf_token": self.token(), **fields})

    def log_in(self, login: str, password: str = PASSWORD, *, proved: bool = True) -> Self:
        """Log in by the form; with the second factor, if `proved`."""
        answer = self.post("/login", login=login, password=password)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        if proved:
            self.prove()
        return self

    def prove(self) -> None:
        """Count the second factor as shown, as some rights need it: `tests/web/test_factor.py` shows it for real."""
        rt: Runtime = self.client.application.extensions["hotline"]
        with rt.transaction() as tx:
            tx.session.execute(update(Login).where(Login.proved_at.is_(None)).values(proved_at=tx.now))

    def is_in(self) -> bool:
        """Whether the queue is shown."""
        return self.get("/").status_code == 200


def told(answer: TestResponse) -> str:
    """The text of the notice on a page."""
    found = re.search(r'<div class="notice bad" role="alert"[^>]*>(.*?)</div>', answer.get_data(as_text=True), re.DOTALL)
    assert found, answer.get_data(as_text=True)
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", found[1]))).strip()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
