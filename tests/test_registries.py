"""Lists compared with what is there: jobs, processes, routes, tables and migrations, vendored files, style sheets, templates."""

import ast
import hashlib
import importlib
import inspect
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Time,
    text,
)
from sqlalchemy import (
    inspect as look,
)
from sqlalchemy.types import JSON
from werkzeug.routing import Rule

from hotline import guards
from hotline.app import create_app
from hotline.jobs import PERIODIC_S, QUEUES, Job, key
from hotline.runtime import Runtime
from hotline.services.tickets import casework
from hotline.storage import db, schema
from hotline.storage.base import Base
from hotline.web import words
from tests.support import KEYS, make_runtime, text_in, tickets

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((PROJECT / "hotline/web/templates").rglob("*.html"))
SHEETS = sorted((PROJECT / "hotline/web/static").glob("*.css"))
VENDOR = PROJECT / "hotline/web/static/vendor"


# Jobs


def job_functions() -> dict[str, Any]:
    """Dotted name → function, for the functions that workers.jobs defines itself."""
    module = importlib.import_module("workers.jobs")
    functions = inspect.getmembers(module, inspect.isfunction)
    return {f"{module.__name__}.{name}": function for name, function in functions if function.__module__ == module.__name__}


def test_every_job_name_is_a_function_and_every_function_of_the_jobs_has_a_name() -> None:
    assert set(job_functions()) == {job.value for job in Job}


def test_a_job_takes_nothing_for_the_bell_carries_nothing() -> None:
    assert all(not inspect.signature(function).parameters for function in job_functions().values())


def test_every_job_is_in_one_queue_and_is_rung_by_the_clock() -> None:
    placed = [job for jobs in QUEUES.values() for job in jobs]
    assert sorted(placed) == sorted(Job)
    assert set(PERIODIC_S) == set(Job)
    assert all(1 <= every_s <= 600 for every_s in PERIODIC_S.values())
    assert len({key(job) for job in Job}) == len(Job)


def test_sending_has_a_queue_of_its_own() -> None:
    assert QUEUES["sending"] == (Job.SEND_DUE,)


def test_every_job_answers_its_own_bell_before_it_looks() -> None:
    module = ast.parse((PROJECT / "workers/jobs.py").read_text("utf-8"))
    for function in (node for node in module.body if isinstance(node, ast.FunctionDef)):
        first = next(node for node in function.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)))
        assert ast.unparse(first) == f"bell().answer(Job.{function.name.upper()})"


# Processes


def test_the_procfile_has_release_web_worker_and_clock_and_nothing_else() -> None:
    processes = dict(re.findall(r"^(\w+): *(.+)$", (PROJECT / "Procfile").read_text("utf-8"), re.MULTILINE))
    assert set(processes) == {"release", "web", "worker", "clock"}
    assert len((PROJECT / "Procfile").read_text("utf-8").splitlines()) == 4
    assert "--bind ${HOTLINE_BIND:-127.0.0.1}:${PORT" in processes["web"]


@pytest.mark.parametrize("module", ["workers.__main__", "workers.clock"])
def test_the_modules_the_procfile_starts_exist(module: str) -> None:
    assert callable(importlib.import_module(module).main)


# Routes


def snapshot(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in Base.metadata.sorted_tables}


@pytest.fixture
def rt(database_url: str) -> Iterator[Runtime]:
    runtime = make_runtime(database_url)
    text_in(runtime, "My motorcycle was stolen from Saddar last night")
    yield runtime
    runtime.close()


def addresses(app: Flask, reference: str) -> Iterator[tuple[Rule, str, str]]:
    """Every rule with an address and a method: for an existing ticket, and for an unknown reference."""
    for rule in app.url_map.iter_rules():
        for value in (reference, "482719365") if rule.arguments else ("",):
            values = {name: 1 if "int" in type(rule._converters[name]).__name__.lower() else value for name in rule.arguments}
            _, path = rule.build(values) or (None, None)
            for method in sorted({"GET", "POST", *(rule.methods or ())} - {"HEAD", "OPTIONS"}):
                yield rule, str(path), method


def stranger_faults(app: Flask, rt: Runtime, *, csrf: bool) -> list[str]:
    """Routes that let a stranger in, or let a stranger change a row."""
    app.config["WTF_CSRF_ENABLED"] = csrf
    [ticket] = tickets(rt)
    before, faults = snapshot(rt.engine), []
    form = {
        "version": str(ticket.version),
        "status": "closed",
        "note": "a stranger was here",
        "MessageSid": "SM1",
        "From": "+923009999999",
        "Body": "x",
    }
    for rule, path, method in addresses(app, ticket.reference):
        if rule.endpoint in guards.OPEN_TO_ALL:
            continue
        answer = app.test_client().open(path, method=method, data=form if method == "POST" else None)
        refused = answer.status_code in {401, 403, 404} | ({400} if csrf and method == "POST" else set())
        refused |= answer.status_code == 302 and answer.location.partition("?")[0] == "/login"
        refused |= answer.status_code == 405 and method not in (rule.methods or ())
        if not refused or "motorcycle" in answer.get_data(as_text=True):
            faults.append(f"{method} {path} ({rule.endpoint}) answered {answer.status_code}")
        if snapshot(rt.engine) != before:
            return [*faults, f"{method} {path} ({rule.endpoint}) changed a row"]
    return faults


@pytest.mark.parametrize("csrf", [True, False], ids=["with the form's token asked", "by the guard alone"])
def test_every_route_outside_the_list_refuses_a_stranger(rt: Runtime, csrf: bool) -> None:
    assert stranger_faults(create_app(rt), rt, csrf=csrf) == []


def test_a_route_without_the_guard_is_seen(rt: Runtime) -> None:
    app = create_app(rt)
    app.before_request_funcs[None].remove(guards.refuse_strangers)
    app.add_url_rule("/all", view_func=lambda: "everything", endpoint="all")
    assert any("/all" in fault for fault in stranger_faults(app, rt, csrf=False))


def test_a_route_that_changes_a_row_for_a_stranger_is_seen(rt: Runtime) -> None:
    app = create_app(rt)
    app.before_request_funcs[None].remove(guards.refuse_strangers)

    def close() -> tuple[str, int]:
        [ticket] = tickets(rt)
        with rt.transaction() as tx:
            casework.tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, unread=False)
        return "", 404

    app.add_url_rule("/a", view_func=close, endpoint="a", methods=["POST"])
    assert any("changed a row" in fault for fault in stranger_faults(app, rt, csrf=False))


def test_the_list_of_open_routes_names_routes_that_exist(rt: Runtime) -> None:
    endpoints = {rule.endpoint for rule in create_app(rt).url_map.iter_rules()}
    assert endpoints >= guards.OPEN_TO_ALL
    assert len(endpoints - guards.OPEN_TO_ALL) >= 8


def test_the_gateways_guard_stands_before_every_hook_and_nothing_else(rt: Runtime) -> None:
    app = create_app(rt)
    for rule in app.url_map.iter_rules():
        assert rule.rule.startswith("/hooks/") == bool(app.view_functions[rule.endpoint].__dict__.get("signed")), rule


# Models and migrations


def described(connection: Connection) -> list[tuple[Any, ...]]:
    """What the database says of its tables, columns, constraints and indexes."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL"))
        # A table that was rebuilt and renamed has its name in quotes.
        return sorted((kind, name, *sorted(re.split(r",?\s*\n\s*", sql.replace('"', "")))) for kind, name, sql in rows)
    questions = (
        """SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length
           FROM information_schema.columns WHERE table_schema = 'public'""",
        "SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public'",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), ''
           FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    )
    rows_ = itertools.chain.from_iterable(connection.execute(text(question)) for question in questions)
    return sorted((tuple(map(str, row)) for row in rows_ if "alembic" not in row[0]), key=repr)


def test_the_models_equal_the_migrations(database_url: str) -> None:
    engine = db.make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_partial_indexes_and_constraints_are_the_same_too(real_migrations: None, empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url)
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        made = described(connection)
    Base.metadata.drop_all(engine)
    schema.migrate(empty_database_url)
    with engine.connect() as connection:
        assert described(connection) == made
    assert any("WHERE" in str(row) for row in made)
    engine.dispose()


def test_a_column_no_migration_knows_is_seen(database_url: str) -> None:
    changed = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(changed)
    changed.tables["tickets"].append_column(Column("colour", String(7), nullable=True))
    engine = db.make_engine(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), changed)
    engine.dispose()
    assert [(what, column.name) for what, _, _, column in differences] == [("add_column", "colour")]


def some(column: Column[Any]) -> Any:
    """A value that column takes."""
    kinds: list[tuple[type, Any]] = [
        (Boolean, True),
        (DateTime, datetime(2026, 11, 23, 7, tzinfo=UTC)),
        (Date, date(2026, 11, 23)),
        (Time, time(8)),
        (JSON, {}),
        (Integer, 1),
        (Float, 1.0),
        (String, "x"),
        (LargeBinary, b"x"),
    ]
    return next(value for kind, value in kinds if isinstance(column.type, kind))


def fill(connection: Connection) -> set[str]:
    """Put a row into every table that has none and that the database knows by now; returns the tables."""
    tables = MetaData()
    tables.reflect(connection)
    filled = [table for table in tables.sorted_tables if table.name != "alembic_version"]
    there = rows(connection)
    for table in (table for table in filled if not there[table.name]):
        nullable_links = {
            c.name for link in table.constraints if isinstance(link, ForeignKeyConstraint) for c in link.columns if c.nullable
        }
        connection.execute(table.insert().values({c.name: some(c) for c in table.columns if c.name not in nullable_links}))
    return {table.name for table in filled}


def rows(connection: Connection) -> dict[str, int]:
    names = set(look(connection).get_table_names()) - {"alembic_version"}
    return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in names}


_SEALED = "0022"


def test_each_migration_runs_up_down_and_up_with_data_in_it(empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url, pool_size=1)
    revisions = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]
    with engine.connect() as connection:
        before: dict[str, int] = {}
        for revision in revisions:
            command.upgrade(schema._alembic(connection, KEYS), revision)
            connection.commit()
            assert rows(connection) == dict.fromkeys(rows(connection), 0) | before
            filled = fill(connection)
            connection.commit()
            if revision == _SEALED:  # there is no way back into plain words
                with pytest.raises(RuntimeError, match="restore the backup"):
                    command.downgrade(schema._alembic(connection, KEYS), "-1")
                connection.rollback()
                before = rows(connection)
                continue
            command.downgrade(schema._alembic(connection, KEYS), "-1")
            connection.commit()
            assert set(rows(connection)) == set(before)
            command.upgrade(schema._alembic(connection, KEYS), revision)
            connection.commit()
            assert set(rows(connection)) == filled
            before = rows(connection)
        assert set(before) == set(Base.metadata.tables)
    assert not schema.steps(engine)[1]
    engine.dispose()


def test_migrating_twice_changes_nothing_and_keeps_the_rows(real_migrations: None, empty_database_url: str) -> None:
    schema.migrate(empty_database_url)
    engine = db.make_engine(empty_database_url)
    with engine.begin() as connection:
        fill(connection)
    schema.migrate(empty_database_url)
    with engine.connect() as connection:
        assert rows(connection) == dict.fromkeys(Base.metadata.tables, 1)
    engine.dispose()


# Vendored files


def vendor_faults(folder: Path) -> list[str]:
    """Files that differ from what VENDORED.txt says."""
    lines = [line.split() for line in (folder / "VENDORED.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    listed = {name: digest for digest, name in lines}
    here = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "VENDORED.txt"}
    return sorted(name for name in listed.keys() | here.keys() if listed.get(name) != here.get(name))


def test_vendored_files_are_what_their_list_says() -> None:
    assert vendor_faults(VENDOR) == []
    assert any(path.suffix == ".LICENSE" for path in VENDOR.iterdir())


def test_a_vendored_file_that_was_changed_added_or_lost_is_seen(tmp_path: Path) -> None:
    (tmp_path / "VENDORED.txt").write_text(f"# from there\n{hashlib.sha256(b'a').hexdigest()}  a.woff2\n{'0' * 64}  gone.woff2\n")
    (tmp_path / "a.woff2").write_bytes(b"a")
    assert vendor_faults(tmp_path) == ["gone.woff2"]
    (tmp_path / "a.woff2").write_bytes(b"b")
    (tmp_path / "new.woff2").touch()
    assert vendor_faults(tmp_path) == ["a.woff2", "gone.woff2", "new.woff2"]


# Style sheets


def direction_faults(css: str) -> list[str]:
    """Declarations that mean left or right, and would be wrong in one of the two directions."""
    declarations = re.findall(r"(?:^|[;{])\s*([\w-]+)\s*:\s*([^;{}]+)", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    faults = []
    for name, value in declarations:
        four = value.split()
        lopsided = (
            name in {"margin", "padding", "inset", "border-width", "border-style", "border-color"} and len(four) == 4 and four[1] != four[3]
        )
        sided = re.search(r"(^|-)(left|right)($|-)", name) or (
            re.search(r"\b(left|right)\b", value)
            and name in {"text-align", "float", "clear", "background", "background-position", "transform-origin"}
        )
        corners = name == "border-radius" and "/" not in value and len(four) > 2
        if lopsided or sided or corners:
            faults.append(f"{name}: {value.strip()}")
    return faults


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheets_have_logical_properties_only(sheet: Path) -> None:
    assert direction_faults(sheet.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "css",
    [
        "p { margin-left: 1rem }",
        "p { color: red; padding-right: 0; }",
        "p{left:0}",
        "p { border-left: 1px solid }",
        "p { border-top-right-radius: 1px }",
        "p { text-align: left }",
        "p { float: right }",
        "p { margin: 0 1px 0 2px }",
        "@media print { p { right: 0 } }",
    ],
)
def test_a_physical_property_is_seen(css: str) -> None:
    assert len(direction_faults(css)) == 1


def test_a_logical_property_is_not_complained_of() -> None:
    assert (
        direction_faults(
            "p { margin: 0 1px; margin-inline-start: 1px; text-align: start; border-radius: 1px; inset-inline-end: 0 } /* left: 0 */"
        )
        == []
    )


# Templates

_LOOKED_UP = "\x01"


class Page(HTMLParser):
    """What a person reads of a template, and what the content policy would refuse."""

    SPOKEN = frozenset({"title", "alt", "placeholder", "aria-label", "aria-description", "label"})

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style" or (tag == "script" and dict(attrs).get("src") != _LOOKED_UP):
            self.refused.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or "javascript:" in (value or "").lower():
                self.refused.append(f"{name}={value}")
            if name in self.SPOKEN or (name == "value" and tag == "input" and ("type", "submit") in attrs):
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        if re.search(r"[^\W\d_]", data):
            self.read.append(data.strip())


def page_of(template: str) -> Page:
    page = Page()
    template = re.sub(r"\{% block width %\}.*?\{% endblock %\}", "", template)  # a class, not a sentence
    template = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", template, flags=re.DOTALL)
    page.feed(re.sub(r"\{\{(.*?)\}\}", shown, template, flags=re.DOTALL))
    page.close()
    return page


def shown(expression: re.Match[str]) -> str:
    """What an expression shows as it stands: the words of a bare string. Nothing for words that are marked, asked for or looked up."""
    literal = re.fullmatch(r"\s*(['\"])([^'\"]*)\1\s*", expression.group(1))
    return literal.group(2) if literal else _LOOKED_UP


WHOLE = [
    words.STATUSES,
    words.PRIORITIES,
    words.DELIVERIES,
    words.REASONS,
    words.LISTS,
    words.EVENTS,
    words.PEOPLE_EVENTS,
    words.ALARMS,
    words.ROLES,
    words.RIGHTS,
]
"""Tables of `hotline.web.words` in which a page looks up whatever code a row has."""


@pytest.mark.parametrize("table", WHOLE, ids=lambda table: type(next(iter(table))).__name__)
def test_every_code_that_a_page_may_show_has_its_words(table: dict[Enum, str]) -> None:
    assert table.keys() == set(type(next(iter(table))))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_script_style_or_handler_in_it(template: Path) -> None:
    assert page_of(template.read_text("utf-8")).refused == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_sentence_of_a_template_is_marked_for_translation(template: Path) -> None:
    assert page_of(template.read_text("utf-8")).read == []


@pytest.mark.parametrize(
    "template",
    [
        "<script>alert(1)</script>",
        '<script src="x.js"></script>',
        "<style>p {}</style>",
        '<p style="color: red">',
        '<button onclick="go()">',
        '<body onload="go()">',
        '<a href="javascript:go()">',
    ],
)
def test_an_inline_script_style_or_handler_is_seen(template: str) -> None:
    assert page_of(template).refused != []


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        "<p>{{ _('Hello') }} there</p>",
        "{% if x %}Yes{% endif %}",
        '<input placeholder="Name">',
        '<nav aria-label="Pages">',
        '<input type="submit" value="Send">',
        "<p>{{ 'Hello' }}</p>",
        "<p>سلام</p>",
    ],
)
def test_a_sentence_that_is_not_marked_is_seen(template: str) -> None:
    assert len(page_of(template).read) == 1


@pytest.mark.parametrize(
    "template",
    [
        "<p>{{ _('Hello') }} · 12 {# a remark #}</p>",
        '<input type="hidden" name="version" value="{{ version }}">',
        '<nav aria-label="{{ _(\'Pages\') }}" class="next">',
        "{% block title %}{{ _('Queue') }}{% endblock %}",
        "<p class=\"{{ 'hers' if mine else 'ours' }}\">",
    ],
)
def test_what_is_marked_or_no_sentence_is_not_complained_of(template: str) -> None:
    page = page_of(template)
    assert (page.read, page.refused) == ([], [])


def test_there_are_templates_and_sheets_to_check() -> None:
    assert {"base.html", "queue.html", "ticket.html", "login.html"} <= {path.name for path in TEMPLATES}
    assert SHEETS
