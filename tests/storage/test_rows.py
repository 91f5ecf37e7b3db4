"""Written rows compared with the models: a new column, or one of another name or type, fails here until its row follows."""

import ast
import importlib
import inspect
import pkgutil
import types
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

import hotline.storage
from hotline.storage import (
    bridgemodels,
    bridges,
    callmodels,
    events,
    gatewaymodels,
    gatewaysigns,
    models,
    peopleevents,
    peoplemodels,
    photomodels,
    photos,
    readingmodels,
    readings,
    recordings,
    redactionmodels,
    redactions,
    rows,
)
from hotline.storage.base import Base

PROJECT = Path(__file__).resolve().parent.parent.parent

NEW: dict[type, tuple[type[Base], frozenset[str]]] = {
    rows.TicketRow: (models.Ticket, frozenset({"acted_at", "head_told_at", "kept_from", "keep_until", "goes_at"})),
    rows.TextInRow: (
        models.Message,
        frozenset(
            {"text_key", "answers_id", "agreed_by", "language", "segments", "rank", "delivery", "attempts", "look_ups", "next_attempt_at"}
        )
        | {"reason", "claimed_at", "unhanded", "delivered_at", "masked", "repeats", "unsent"},
    ),
    rows.TextOutRow: (
        models.Message,
        frozenset(
            {"gateway_id", "line", "read_as", "look", "to_read", "reason", "claimed_at", "unhanded", "sent_at", "delivered_at", "masked"}
            | {"repeats", "unsent", "head", "late"}
        ),
    ),
    rows.CallRow: (callmodels.Call, frozenset()),
    rows.NewShift: (peoplemodels.ShiftRow, frozenset()),
    events.EventRow: (models.Event, frozenset()),
    readings.NewReading: (readingmodels.ReadingRow, frozenset({"message_id", "reasons"})),
}
"""Rows that are new → their model, and its columns that they leave empty. None of them has an id yet."""

CHANGES: dict[type, tuple[type[Base], frozenset[str]]] = {
    rows.ContactChanges: (
        models.Contact,
        frozenset({"uid", "mark", "number", "wrapped_key", "kind", "country", "created_at", "times_seen", "heard_at"}),
    ),
    rows.TicketChanges: (
        models.Ticket,
        frozenset({"reference", "opened_at", "walk_in"}) | {"version", "changed_at", "kept_from"},  # these three come with every change
    ),
    rows.TextChanges: (
        models.Message,
        frozenset(
            {"direction", "contact_id", "ticket_id", "body", "created_at", "read_as", "volunteer_id", "text_key", "answers_id", "agreed_by"}
        )
        | {"language", "segments", "head", "look", "to_read", "late", "masked"},
    ),
    rows.CallChanges: (callmodels.Call, frozenset({"direction", "contact_id", "started_at"})),
    bridges.PlanChanges: (bridgemodels.CallPlan, frozenset({"ticket_id"})),
    bridges.BridgeChanges: (bridgemodels.Bridge, frozenset({"ticket_id", "contact_id", "volunteer_id", "call_id", "asked_at"})),
    rows.ShiftDayChanges: (
        peoplemodels.ShiftDay,
        frozenset({"team_id", "volunteer_id", "on_date", "starts", "ends", "note", "handed_over_at"}),
    ),
    gatewaysigns.SignChanges: (gatewaymodels.GatewaySign, frozenset({"name"})),
    photos.PhotoChanges: (photomodels.Photo, frozenset({"message_id", "gateway", "created_at"})),
    recordings.RecordingChanges: (callmodels.Recording, frozenset({"call_id", "gateway", "gateway_id", "masked"})),
    redactions.RedactionChanges: (
        redactionmodels.Redaction,
        frozenset({"message_id", "note_id", "recording_id", "made_by", "made_at"}),
    ),
}
"""Changes → their model, and its columns that stay as they were written."""

PARTS: dict[type, type] = {
    rows.TicketFacts: rows.NewTicket,
    rows.NewTicket: rows.TicketRow,
    rows.TextIn: rows.TextInRow,
    rows.NewText: rows.TextOut,
    rows.TextOut: rows.TextOutRow,
    rows.NewCall: rows.CallRow,
    events.NewEvent: events.EventRow,
}
"""What is known of a row before the rest → the row it becomes."""

DATA = {events.EventData, peopleevents.PeopleEventData}
"""What stands within a JSON column."""

WRITTEN = list((NEW | CHANGES).items())


def columns(model: type[Base]) -> dict[str, Any]:
    """The mapped columns of a model but its id: name → the type it is mapped as. The words of a text are given as `body`, and sealed."""
    mapped = {name: get_args(hint)[0] for name, hint in inspect.get_annotations(model).items() if name in model.__table__.columns}
    assert set(mapped) == set(model.__table__.columns.keys())
    if model is models.Message:
        mapped = {name: hint for name, hint in mapped.items() if name not in ("plain", "sealed")} | {"body": str}
    return {name: hint for name, hint in mapped.items() if name != "id"}


def kinds(hint: Any) -> set[type]:
    """The types a value may have: `str | None` gives str and None."""
    if get_origin(hint) in (Union, types.UnionType):
        return set().union(*(kinds(one) for one in get_args(hint)))
    return {dict} if is_typeddict(hint) else {get_origin(hint) or hint}


def fits(kind: type, mapped: set[type]) -> bool:
    """Whether a column takes values of these types; an enumeration counts as its members' type."""
    return kind in mapped or (issubclass(kind, Enum) and any(issubclass(kind, one) for one in mapped))


@pytest.mark.parametrize(("row", "about"), WRITTEN)
def test_a_row_has_the_columns_of_its_model(row: type, about: tuple[type[Base], frozenset[str]]) -> None:
    model, left_out = about
    assert left_out <= set(columns(model))
    assert set(get_type_hints(row)) == set(columns(model)) - left_out


@pytest.mark.parametrize(("row", "about"), WRITTEN)
def test_a_row_holds_what_its_columns_take(row: type, about: tuple[type[Base], frozenset[str]]) -> None:
    mapped = columns(about[0])
    for name, hint in get_type_hints(row).items():
        wrong = [kind for kind in kinds(hint) if not fits(kind, kinds(mapped[name]))]
        assert not wrong, (name, wrong)


@pytest.mark.parametrize(("row", "about"), list(NEW.items()))
def test_a_new_row_must_have_what_the_database_does_not_fill_in(row: Any, about: tuple[type[Base], frozenset[str]]) -> None:
    table = about[0].__table__.columns
    needed = {
        name
        for name in columns(about[0])
        if name in table and name not in about[1] and not table[name].nullable and table[name].server_default is None
    }
    assert needed <= row.__required_keys__


@pytest.mark.parametrize(("part", "whole"), list(PARTS.items()))
def test_a_part_of_a_row_is_part_of_it(part: type, whole: type) -> None:
    assert get_type_hints(part).items() < get_type_hints(whole).items()


def test_no_row_is_left_out_here() -> None:
    modules = [importlib.import_module(f"hotline.storage.{one.name}") for one in pkgutil.iter_modules(hotline.storage.__path__)]
    found = {value for module in modules for value in vars(module).values() if is_typeddict(value)}
    assert found == set(NEW) | set(CHANGES) | set(PARTS) | DATA


def loose(source: str) -> list[str]:
    """The functions of a source that take values under any name, without a type for each."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.args.kwarg is not None]
    hints = {one.name: ast.unparse(one.args.kwarg.annotation) for one in functions if one.args.kwarg and one.args.kwarg.annotation}
    return [name for name, hint in hints.items() if hint != "str" and not hint.startswith("Unpack[")]


def test_nothing_that_writes_takes_values_of_any_name() -> None:
    assert loose("def put(session, **values: Any): ...") == ["put"]
    assert loose("def put(session, **values: object): ...") == ["put"]
    assert not loose("def put(session, **values: Unpack[TicketRow]): ...")
    folders = [PROJECT / "hotline" / name for name in ("domain", "storage", "services")]
    files = [*(path for folder in folders for path in folder.rglob("*.py")), PROJECT / "hotline/outbox.py", PROJECT / "hotline/alarms.py"]
    assert not {str(path): found for path in files if (found := loose(path.read_text()))}
