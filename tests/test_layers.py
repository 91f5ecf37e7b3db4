"""Which modules may import which (docs/architecture.md), on every file; each rule is also fed a source that breaks it."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent

ROWS: tuple[frozenset[str], ...] = (
    frozenset({"hotline.domain"}),
    frozenset({"hotline.secretfiles", "hotline.sections", "hotline.tomlfile"}),
    frozenset({"hotline.config", "hotline.log", "hotline.private", "hotline.tables"}),
    frozenset(
        {
            "hotline.workdays",
            "hotline.cards",
            "hotline.macros",
            "hotline.modelfile",
            "hotline.gazetteers",
            "hotline.keys",
            "hotline.agefile",
            "hotline.host",
        }
    ),
    frozenset({"hotline.readers", "hotline.learning", "hotline.sealing", "hotline.spool"}),
    frozenset({"hotline.storage", "hotline.gateways", "hotline.jobs", "hotline.i18n", "hotline.media"}),
    frozenset({"hotline.runtime"}),
    frozenset({"hotline.outbox", "hotline.alarms"}),
    frozenset({"hotline.services.access", "hotline.services.showings"}),
    frozenset({"hotline.services.tickets"}),
    frozenset({"hotline.services.duty", "hotline.services.people"}),
    frozenset({"hotline.services.texts", "hotline.services.calls", "hotline.services.books"}),
    frozenset({"hotline.services.keeping", "hotline.services.backups", "hotline.services.arriving"}),
    frozenset({"hotline.services.callsteps"}),
    frozenset({"hotline.services.reconciling", "hotline.services.condition", "hotline.services.draining"}),
    frozenset({"hotline.guards"}),
    frozenset({"hotline.webhooks", "hotline.web", "hotline.cli", "workers"}),
    frozenset({"hotline.app"}),
    frozenset({"hotline.serving", "hotline.connections"}),
)
"""Lowest first. Files of one unit may import each other; units of one row may not."""

APART = "hotline.simulator"

LAST_RESORTS = {
    ("hotline/cli/prompts.py", "hotline.media.speech"),
    ("hotline/cli/prompts.py", "hotline.media.takes"),
    ("hotline/cli/reading.py", "hotline.learning.fitting"),
    ("hotline/services/people/passwords.py", "zxcvbn"),
    ("hotline/gateways/twilio/gateway.py", "hotline.gateways.twilio.client"),
    ("hotline/gateways/twilio/gateway.py", "hotline.gateways.twilio.calls"),
    ("hotline/gateways/android/gateway.py", "hotline.gateways.android.client"),
    ("hotline/gateways/android/gateway.py", "hotline.gateways.android.pairing"),
    ("workers/sip.py", "workers.sipline"),
}
"""Imports inside a function that stay, each marked PLC0415 with its reason where it stands."""

HOMES: dict[str, tuple[str, ...]] = {
    "twilio": ("hotline.gateways.twilio", "hotline.webhooks.twilio", APART),
    "rq": ("hotline.jobs", "workers"),
    "sqlalchemy": ("hotline.storage", "hotline.runtime"),
    "alembic": ("hotline.storage.schema", "hotline.storage.migrations"),
    "psycopg": ("hotline.storage.db", "hotline.storage.patience"),
    "flask": ("hotline.app", "hotline.guards", "hotline.webhooks", "hotline.web", APART),
    "flask_login": ("hotline.app", "hotline.guards", "hotline.webhooks", "hotline.web"),
    "flask_wtf": ("hotline.app", "hotline.guards", "hotline.webhooks", "hotline.web"),
    "werkzeug": ("hotline.app", "hotline.guards", "hotline.webhooks", "hotline.web", APART),
    "av": ("hotline.media.takes",),
    "baresip": ("hotline.gateways.sip.handset", "hotline.gateways.sip.trunk"),
    "cryptography": ("hotline.sealing",),
    "gunicorn": ("hotline.connections",),
    "espeakng_loader": ("hotline.media.speech",),
    "obstore": ("hotline.media",),
    "hijridate": ("hotline.workdays",),
    "holidays": ("hotline.workdays",),
    "phonenumbers": ("hotline.domain.phone",),
    "PIL": ("hotline.media.pictures",),
    "pyrage": ("hotline.agefile",),
    "pyotp": ("hotline.services.people.factor",),
    "segno": ("hotline.web.factor", "hotline.cli.pairing"),
    "zxcvbn": ("hotline.services.people.passwords",),
    "wtforms": ("hotline.web",),
    "smpplib": ("hotline.gateways.smpp.wire",),
    "sklearn": ("hotline.learning.fitting",),
    "scipy": ("hotline.learning.fitting",),
    "numpy": ("hotline.learning.fitting",),
}
"""A library → the modules and packages that may import it."""

# No clock, no configuration, no I/O.
IMPURE = frozenset(
    {"os", "io", "pathlib", "time", "random", "secrets", "socket", "subprocess", "threading", "logging", "tempfile", "urllib"}
)
CLOCKS = frozenset({"now", "utcnow", "today"})


@dataclass(frozen=True)
class Source:
    """A file of ours: its path in the project, and its text."""

    path: str
    code: str

    @property
    def module(self) -> str:
        """The dotted name; a package has its folder's name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclass(frozen=True)
class Import:
    """One import. `module` is the longest known module: hotline.web.auth for `from hotline.web import auth`."""

    module: str
    line: int
    relative: bool
    inside: bool  # a function or method


@cache
def sources() -> tuple[Source, ...]:
    files = sorted(file for folder in ("hotline", "workers") for file in (PROJECT / folder).rglob("*.py"))
    return tuple(Source(file.relative_to(PROJECT).as_posix(), file.read_text("utf-8")) for file in files)


@cache
def tree_of(source: Source) -> ast.Module:
    return ast.parse(source.code, source.path)


@cache
def known_modules() -> frozenset[str]:
    return frozenset(source.module for source in sources())


@cache
def imports_of(source: Source) -> tuple[Import, ...]:
    tree = tree_of(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    within = {id(inner) for function in functions for inner in ast.walk(function)}
    return tuple(_imports(tree, within))


def _imports(tree: ast.Module, within: set[int]) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, relative=False, inside=id(node) in within)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            for alias in node.names:
                whole = f"{base}.{alias.name}" if base else alias.name
                module = whole if whole in known_modules() else base or whole
                yield Import(module, node.lineno, relative=node.level > 0, inside=id(node) in within)


def is_in(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def is_ours(module: str) -> bool:
    return is_in(module, "hotline", "workers")


def row_and_unit(module: str) -> tuple[int, str] | None:
    return next(((row, unit) for row, units in enumerate(ROWS) for unit in units if is_in(module, unit)), None)


def told(source: Source, line: int, what: str) -> str:
    return f"{source.path}:{line} {what}"


def row_faults(source: Source) -> list[str]:
    """Imports from lower rows only, never from a sibling."""
    if is_in(source.module, APART) or source.module in ("hotline", "hotline.services"):
        return []
    place = row_and_unit(source.module)
    if place is None:
        return [f"{source.path} has no row: give it one in ROWS"]
    faults = []
    for one in imports_of(source):
        if not is_ours(one.module) or is_in(one.module, APART):
            continue
        theirs = row_and_unit(one.module)
        if theirs is None:
            faults.append(told(source, one.line, f"imports {one.module}, which has no row"))
        elif theirs[0] > place[0]:
            faults.append(told(source, one.line, f"imports {one.module} from a higher row"))
        elif theirs[0] == place[0] and theirs[1] != place[1]:
            faults.append(told(source, one.line, f"imports its sibling {one.module}"))
    return faults


def domain_faults(source: Source) -> list[str]:
    """The domain: the standard library and phonenumbers; no clock, no configuration, no I/O."""
    if not is_in(source.module, "hotline.domain"):
        return []
    faults = []
    for one in imports_of(source):
        library = one.module.partition(".")[0]
        if is_ours(one.module):
            if not is_in(one.module, "hotline.domain"):
                faults.append(told(source, one.line, f"imports {one.module} into the domain"))
        elif library in IMPURE or (library != "phonenumbers" and library not in sys.stdlib_module_names):
            faults.append(told(source, one.line, f"imports {one.module} into the domain"))
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                faults.append(told(source, node.lineno, f"asks a clock: {node.func.attr}()"))
            elif isinstance(node.func, ast.Name) and node.func.id in ("open", "input", "print"):
                faults.append(told(source, node.lineno, f"does I/O: {node.func.id}()"))
    return faults


def relative_faults(source: Source) -> list[str]:
    """No relative imports."""
    return [told(source, one.line, "imports relatively") for one in imports_of(source) if one.relative]


def inside_faults(source: Source) -> list[str]:
    """No import inside a function but the listed last resorts, each with its reason."""
    faults = []
    for one in imports_of(source):
        if not one.inside:
            continue
        line = source.code.splitlines()[one.line - 1]
        if (source.path, one.module) not in LAST_RESORTS:
            faults.append(told(source, one.line, f"imports {one.module} inside a function"))
        elif "# noqa: PLC0415" not in line:
            faults.append(told(source, one.line, "is a last resort and not marked"))
    return faults


def home_faults(source: Source) -> list[str]:
    """One home per library."""
    return [
        told(source, one.line, f"imports {one.module}, which lives in {', '.join(HOMES[library])}")
        for one in imports_of(source)
        if (library := one.module.partition(".")[0]) in HOMES and not is_in(source.module, *HOMES[library])
    ]


def worker_faults(source: Source) -> list[str]:
    """`workers` imports `hotline`, never the other way round."""
    if is_in(source.module, "workers"):
        return []
    return [told(source, one.line, f"imports {one.module}") for one in imports_of(source) if is_in(one.module, "workers")]


def simulator_faults(source: Source) -> list[str]:
    """The simulator imports nothing of ours, and nothing of ours imports it."""
    inside = is_in(source.module, APART)
    return [
        told(source, one.line, f"imports {one.module} {'into' if inside else 'out of'} the simulator")
        for one in imports_of(source)
        if is_ours(one.module) and is_in(one.module, APART) != inside
    ]


def transaction_faults(source: Source) -> list[str]:
    """Only services open `rt.transaction()`; no other code begins or commits."""
    if is_in(source.module, "hotline.services", "hotline.runtime", APART):
        return []
    wanted = (
        {"transaction", "begin_writing"} if is_in(source.module, "hotline.storage") else {"transaction", "commit", "begin", "begin_writing"}
    )
    return [
        told(source, node.lineno, f"has .{node.attr}: transactions are the services'")
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.Attribute) and node.attr in wanted
    ]


def commit_faults(source: Source) -> list[str]:
    """Storage never commits a session, and its functions take the session first."""
    if not is_in(source.module, "hotline.storage") or is_in(
        source.module,
        "hotline.storage.db",
        "hotline.storage.emptydb",
        "hotline.storage.schema",
        "hotline.storage.writing",
        "hotline.storage.migrations",
    ):
        return []
    faults = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback", "begin"):
            faults.append(told(source, node.lineno, f"has .{node.attr}: the service commits"))
        elif isinstance(node, ast.FunctionDef):
            arguments = [argument.arg for argument in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
            if "session" in arguments and arguments[0] != "session":
                faults.append(told(source, node.lineno, f"{node.name}: session comes first"))
    return faults


def access_faults(source: Source) -> list[str]:
    """Only services/access.py decides whether a person may see a ticket."""
    if is_in(source.module, "hotline.services.access", "hotline.storage"):
        return []
    return [
        told(source, node.lineno, "has .seen_by: ask services/access.py")
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.Attribute) and node.attr == "seen_by"
    ]


RULES = (
    row_faults,
    domain_faults,
    relative_faults,
    inside_faults,
    home_faults,
    worker_faults,
    simulator_faults,
    transaction_faults,
    commit_faults,
    access_faults,
)


COMPANY = re.compile(r"twilio|twiml|(account|message|call|recording|sms)sid", re.IGNORECASE)
KNOW_THE_COMPANY = ("hotline/gateways/twilio/", "hotline/webhooks/twilio/", "hotline/gateways/registry.py", "hotline/simulator/")


def company_faults(source: Source) -> list[str]:
    """Only its own folders, the registry and the simulator name the company that carries our texts, and that company's words."""
    if source.path.startswith(KNOW_THE_COMPANY):
        return []
    lines = enumerate([source.path, *source.code.splitlines()])
    return [told(source, number, f"names the company: {line.strip()}") for number, line in lines if COMPANY.search(line)]


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The files that import each other in a circle; [] if there is none."""
    left = {file: set(imported) for file, imported in arrows.items()}
    while free := [file for file, imported in left.items() if not imported & left.keys()]:
        for file in free:
            del left[file]
    return sorted(left)


def test_no_file_imports_itself_by_way_of_others() -> None:
    arrows = {source.module: {one.module for one in imports_of(source)} - {source.module} for source in sources()}
    assert circles(arrows) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_file_keeps_the_rule(rule) -> None:  # type: ignore[no-untyped-def]
    assert [fault for source in sources() for fault in rule(source)] == []


def test_the_company_is_named_in_its_own_places_only() -> None:
    kinds = (".py", ".html", ".js", ".css", ".toml", ".mako")
    files = [file for folder in ("hotline", "workers") for file in sorted((PROJECT / folder).rglob("*")) if file.suffix in kinds]
    assert {file.suffix for file in files} == set(kinds)
    read = [Source(file.relative_to(PROJECT).as_posix(), file.read_text("utf-8")) for file in files]
    assert [fault for source in read for fault in company_faults(source)] == []
    assert any(COMPANY.search(source.code) for source in read)


def test_there_is_something_to_check() -> None:
    assert {"hotline.app", "hotline.domain.ticket", "hotline.simulator.rest", "workers.jobs"} <= known_modules()
    assert sum(len(imports_of(source)) for source in sources()) > 300


def test_each_last_resort_exists() -> None:
    inside = {(source.path, one.module) for source in sources() for one in imports_of(source) if one.inside}
    assert inside == LAST_RESORTS


@pytest.mark.parametrize(
    ("rule", "path", "code"),
    [
        (row_faults, "hotline/storage/tickets.py", "from hotline.runtime import Runtime"),
        (row_faults, "hotline/storage/tickets.py", "import hotline.services.texts.intake"),
        (row_faults, "hotline/services/tickets/facts.py", "from hotline.services.people import staff"),
        (row_faults, "hotline/services/duty/roster.py", "from hotline.services.people import staff"),
        (row_faults, "hotline/services/texts/intake.py", "from hotline.services.calls import callflow"),
        (row_faults, "hotline/services/access.py", "from hotline.services.tickets import casework"),
        (row_faults, "hotline/services/lost.py", "import re"),
        (row_faults, "hotline/config.py", "from hotline import app"),
        (row_faults, "hotline/guards.py", "from hotline.web import auth"),
        (row_faults, "hotline/web/tickets.py", "from hotline.webhooks.twilio.texts import blueprint"),
        (row_faults, "hotline/cli/run.py", "from hotline.web import health"),
        (row_faults, "hotline/storage/tickets.py", "from hotline import jobs"),
        (row_faults, "hotline/gateways/registry.py", "from hotline.webhooks.twilio import BLUEPRINTS"),
        (row_faults, "hotline/outbox.py", "from hotline.alarms import raise_alarm"),
        (row_faults, "hotline/log.py", "from hotline.config import Config"),
        (row_faults, "hotline/log.py", "if TYPE_CHECKING:\n    from hotline.runtime import Runtime"),
        (row_faults, "hotline/web/auth.py", "import workers.jobs"),
        (row_faults, "hotline/helpers.py", "import re"),
        (row_faults, "hotline/web/auth.py", "from hotline.helpers import everything"),
        (domain_faults, "hotline/domain/ticket.py", "from hotline.config import Config"),
        (domain_faults, "hotline/domain/ticket.py", "import structlog"),
        (domain_faults, "hotline/domain/ticket.py", "import secrets"),
        (domain_faults, "hotline/domain/ticket.py", "from datetime import datetime\nNOW = datetime.now()"),
        (domain_faults, "hotline/domain/ticket.py", "TABLE = open('table').read()"),
        (relative_faults, "hotline/web/auth.py", "from . import tickets"),
        (relative_faults, "hotline/web/auth.py", "from ..guards import runtime"),
        (inside_faults, "hotline/web/auth.py", "def late():\n    from hotline import guards"),
        (inside_faults, "hotline/web/auth.py", "class Late:\n    async def late(self):\n        if True:\n            import re"),
        (inside_faults, "hotline/gateways/twilio/gateway.py", "def late():\n    from hotline.gateways.twilio.client import TwilioGateway"),
        (home_faults, "hotline/services/texts/intake.py", "from sqlalchemy import select"),
        (home_faults, "hotline/services/texts/intake.py", "import sqlalchemy.orm as orm"),
        (home_faults, "hotline/app.py", "from sqlalchemy.exc import SQLAlchemyError"),
        (home_faults, "hotline/gateways/base.py", "from twilio.rest import Client"),
        (home_faults, "hotline/webhooks/prompts.py", "from twilio.twiml.voice_response import VoiceResponse"),
        (home_faults, "hotline/services/tickets/routing.py", "from rq import Queue"),
        (home_faults, "hotline/runtime.py", "import flask"),
        (home_faults, "hotline/services/texts/intake.py", "from flask_login import current_user"),
        (home_faults, "hotline/domain/reference.py", "import phonenumbers"),
        (worker_faults, "hotline/jobs.py", "from workers.jobs import send_due"),
        (simulator_faults, "hotline/simulator/rest.py", "from hotline.domain.segments import count"),
        (simulator_faults, "hotline/cli/run.py", "from hotline.simulator.app import create_simulator"),
        (simulator_faults, "hotline/cli/run.py", "from hotline import simulator"),
        (transaction_faults, "hotline/web/tickets.py", "with runtime().transaction() as tx: pass"),
        (transaction_faults, "workers/jobs.py", "opened = rt.transaction"),
        (transaction_faults, "hotline/storage/people.py", "def f(rt):\n    with rt.transaction(): pass"),
        (transaction_faults, "hotline/cli/volunteers.py", "session.commit()"),
        (access_faults, "hotline/web/tickets.py", "found = tickets.seen_by(session, volunteer(), reference)"),
        (access_faults, "hotline/services/tickets/casework.py", "from hotline.storage import tickets\ntickets.seen_by"),
        (commit_faults, "hotline/storage/people.py", "def f(session):\n    session.commit()"),
        (commit_faults, "hotline/storage/people.py", "def f(login, session): ..."),
        (company_faults, "hotline/services/texts/intake.py", "import re\n\n# Twilio does not repeat it."),
        (company_faults, "hotline/gateways/base.py", 'SOURCE = "twilio.com/docs"'),
        (company_faults, "hotline/webhooks/prompts.py", "from hotline.webhooks.twilio.signature import signed"),
        (company_faults, "hotline/config.py", "HOTLINE_TWILIO_NUMBER: str"),
        (company_faults, "hotline/web/templates/ticket.html", "{{ form.MessageSid }}"),
        (company_faults, "hotline/web/static/queue.js", "const accountSid = 1;"),
        (company_faults, "hotline/data/lexicon.toml", "# TwiML"),
        (company_faults, "hotline/services/calls/twilio.py", ""),
        (company_faults, "hotline/gateways/twilio.py", ""),
        (company_faults, "workers/process.py", "def f(form): return form['CallSid']"),
    ],
)
def test_breaking_the_rule_is_seen(rule, path: str, code: str) -> None:  # type: ignore[no-untyped-def]
    assert rule(Source(path, code)), code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("hotline/storage/tickets.py", "from hotline.storage.models import Ticket\nfrom sqlalchemy import select"),
        ("hotline/services/texts/reports.py", "from hotline.services.texts.outbound import store_sent\nrt.transaction()"),
        ("hotline/app.py", "from flask import Flask\nfrom hotline.web import auth\nfrom hotline.webhooks import prompts"),
        ("hotline/simulator/rest.py", "from hotline.simulator import optout\nfrom twilio.request_validator import RequestValidator"),
        ("workers/worker.py", "import workers.jobs\nfrom hotline.jobs import QUEUES\nfrom rq import Queue"),
        ("hotline/domain/phone.py", "import phonenumbers\nimport re\nfrom hotline.domain.folding import match_key"),
        ("hotline/storage/people.py", "def f(session, login): ...\ndef g(login): ..."),
        ("hotline/gateways/registry.py", "from hotline.gateways.twilio.gateway import GATEWAY"),
        ("hotline/webhooks/twilio/forms.py", "from twilio.request_validator import RequestValidator\nSID = 'MessageSid'"),
    ],
)
def test_what_the_house_allows_is_not_complained_of(path: str, code: str) -> None:
    assert [fault for rule in (*RULES, company_faults) for fault in rule(Source(path, code))] == []
