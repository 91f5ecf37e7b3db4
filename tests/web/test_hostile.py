"""Hostile text in every field of every form and in every address: nothing breaks, nothing is run, no page turns round."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule

from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from tests.support import text_in, tickets
from tests.web.visiting import BASE, Visitor

As = Callable[[str], Visitor]

TEMPLATES = Path(__file__).parents[2] / "hotline" / "web" / "templates"
FIELDS = sorted(
    {name for path in TEMPLATES.glob("*.html") for name in re.findall(r' name="([a-z_]+)"', path.read_text("utf-8"))} - {"csrf_token"}
)
ASKED = ("list", "status", "priority", "category", "after", "before", "w", "next", "done", "sent", "kept", "asked", "nothing")

HOSTILE = {
    "html": "<script>alert(1)</script><b>\"'&{{7*7}}",
    "turned round": "\u202eabc\u2066\u2067\u200f\u061c def",
    "zero width": "a\u200b\u200c\u200d\ufeff\u2060b",
    "nul": "a\0b",
    "long": "x" * 10_000,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f1f5\U0001f1f0",
    "marks": "a" + "\u0301" * 500,
    "half a pair": "\ud800",
    "digits": "\u0661\u0662\u06f3",
    "many digits": "9" * 18,
    "minus": "-1",
    "empty": "",
}


def address(rule: Rule, reference: str, value: bytes) -> str:
    """The rule's address with the value wherever any text may stand."""
    written = quote(value[:200]) or "x"
    path = rule.rule.replace("<reference:reference>", reference)
    return re.sub("<.*?>", lambda found: "1" if ":" in found[0] else written, path)


OF_THE_DATABASE = ("nul", "long", "emoji", "half a pair", "many digits", "minus")
"""What a database may refuse, each its own way. The others are for pages, which are the same on both."""


@pytest.mark.parametrize(
    ("database_url", "kind"),
    [*(("sqlite", kind) for kind in HOSTILE), *(("postgresql", kind) for kind in OF_THE_DATABASE)],
    indirect=["database_url"],
)
def test_no_field_and_no_address_breaks_a_page(rt: Runtime, app: Flask, as_: As, kind: str) -> None:
    text_in(rt, "My motorcycle was stolen")
    route_due(rt)
    ticket, value = tickets(rt)[0], HOSTILE[kind].encode("utf-8", "surrogatepass")
    app.config["WTF_CSRF_ENABLED"] = False
    query = "&".join(f"{name}={quote(value[:2000])}" for name in ASKED)
    broken = []
    for login, theirs in (("admin", "people."), ("lead", "facts."), ("alice", "")):
        visitor = as_(login)
        rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(theirs))
        for rule in sorted(rules, key=lambda rule: rule.endpoint == "auth.log_out"):
            if rule.rule.startswith(("/hooks", "/prompts", "/static")):
                continue
            for method in (rule.methods or set()) & {"GET", "POST"}:
                fields = {**dict.fromkeys(FIELDS, value), "version": str(ticket.version)} if method == "POST" else None
                path = f"{address(rule, ticket.reference, value)}?{query}"
                answer = visitor.client.open(path, method=method, base_url=BASE, data=fields)
                if answer.status_code >= 500 or "<script>alert" in answer.text:
                    broken.append((login, method, rule.endpoint, answer.status_code))
    assert broken == []
