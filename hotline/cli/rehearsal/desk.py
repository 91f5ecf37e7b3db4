"""A volunteer at a desk: logs in, takes tickets from the queue and acts on those in danger, by the forms of the pages."""

import html
import re
import threading
from http import HTTPStatus

import requests

from hotline.cli.rehearsal.told import Acted, Told
from hotline.storage.events import EventKind

_WAIT_S = 20.0
_REST_S = 1.0
_A_ROUND = 6
_TICKET = re.compile(r"/tickets/([1-9]\d{8})\b", re.ASCII)
_FIELD = re.compile(r'<input type="hidden" name="(csrf_token|version|owner)" value="([^"]*)"')
_ALARM = re.compile(r"/alarms/(\d+)/acknowledge", re.ASCII)


class Desk(threading.Thread):
    """Works until `close()`. `_done` holds the references of the tickets that this volunteer has taken or acted on."""

    def __init__(self, url: str, login: str, password: str, told: Told) -> None:
        super().__init__(daemon=True)
        self._url, self._login, self._password, self._told = url, login, password, told
        self._enough = threading.Event()
        self._browser = requests.Session()
        self._browser.trust_env = False  # no proxy stands between
        self._done: set[str] = set()

    def close(self) -> None:
        """Go home, and return when the last form was answered."""
        self._enough.set()
        self.join(timeout=2 * _WAIT_S)

    def run(self) -> None:
        """Work; what fails is tried again in the next round, as people do."""
        while not self._enough.wait(_REST_S):
            status, page, _ = self._ask("/")
            if status in (302, 303, 401):
                self._log_in()
            elif status == 200:
                self._work(page)

    def _log_in(self) -> None:
        _, page, _ = self._ask("/login")
        fields = _fields(page)
        if "csrf_token" in fields:
            self._ask("/login", {**fields, "login": self._login, "password": self._password})

    def _work(self, page: str) -> None:
        found = list(dict.fromkeys(_TICKET.findall(page)))
        for reference in [one for one in found if one not in self._done][:_A_ROUND]:
            if self._enough.is_set():
                return
            self._take(reference)
        for alarm in list(dict.fromkeys(_ALARM.findall(page)))[:_A_ROUND]:
            self._ask(f"/alarms/{alarm}/acknowledge", _fields(page))

    def _take(self, reference: str) -> None:
        status, page, _ = self._ask(f"/tickets/{reference}")
        if status != 200:
            return
        for kind, path, more in (
            (EventKind.ACTED, "brought-in", {"whom": "police", "note": ""}),
            (EventKind.CLAIMED, "claim", {}),
        ):
            if f"/tickets/{reference}/{path}" not in page:
                continue
            status, _, leads = self._ask(f"/tickets/{reference}/{path}", {**_fields(page), **more})
            if status in (302, 303) and "done=" in leads and "gone" not in leads:
                self._done.add(reference)
                self._told.acted.append(Acted(self._login, reference, kind))
                return
            if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._told.acted.append(Acted(self._login, reference, kind, answered=False))

    def _ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int | None, str, str]:
        """The status, the page, and where the answer leads; None for the status if there is no answer."""
        method = "GET" if form is None else "POST"
        try:
            answer = self._browser.request(method, f"{self._url}{path}", data=form, timeout=_WAIT_S, allow_redirects=False)
        except requests.RequestException:
            return None, "", ""
        return answer.status_code, answer.text, answer.headers.get("Location", "")


def _fields(page: str) -> dict[str, str]:
    """The hidden fields that every form of a page carries; the first of each."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(page):
        found.setdefault(name, html.unescape(value))
    return found
