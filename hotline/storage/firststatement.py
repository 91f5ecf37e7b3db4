"""The rows of a first text (`firsttexts`), the one statement that stores those of several on PostgreSQL, and those that store one of them
on SQLite."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Values,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    values,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hotline.storage.db import converter, table
from hotline.storage.erasuremodels import Suppressed
from hotline.storage.models import Contact, Event, Message, Ticket

Columns = tuple[tuple[str, str], ...]
"""Row and column of each value of a text."""


class Row(NamedTuple):
    """A row of a first text: its table, and its columns that hold the id of a row of that text, with the name of that row."""

    model: type
    ids: Mapping[str, str]


ROWS = {
    "contact": Row(Contact, {}),
    "ticket": Row(Ticket, {"contact_id": "contact"}),
    "event": Row(Event, {"ticket_id": "ticket"}),
    "text": Row(Message, {"contact_id": "contact", "ticket_id": "ticket"}),
    "receipt": Row(Message, {"contact_id": "contact", "ticket_id": "ticket", "answers_id": "text"}),
}
"""In the order in which they are stored."""

_NAMED_BY_OTHERS = ("contact", "ticket", "text")
_PARAMETER = re.compile(r"%\((\w+)\)s")
_TEXTS, _SUPPRESSED = table(Message).c, table(Suppressed).c
_SQLITE = sqlite.dialect()
_ASKED = {"erased_phone": _SUPPRESSED.mark.type, "text_gateway": _TEXTS.gateway.type, "erased_text": _TEXTS.gateway_id.type}


class Statement(NamedTuple):
    """A statement as the driver takes it, and what makes of each value of a text what the driver takes.

    The values of a text are those of its columns, then what stands for its phone and for its id at the gateway, if they were erased.
    """

    sql: bytes
    converters: tuple[Callable[[Any], Any], ...]


@functools.lru_cache(maxsize=64)
def statement(columns: Columns, count: int) -> Statement:
    """The statement that stores so many texts. For each that is stored it returns the uid of its contact, its id and its ticket's.

    A reference, or a text's id, that is taken fails all of it: nothing is stored then. Its values are numbered: the driver would read a
    statement with so many names anew each time, which takes longer than all else that it does.
    """
    types: dict[str, Any] = {f"{name}_{key}": table(ROWS[name].model).c[key].type for name, key in columns}
    types |= {key: _ASKED[key] for key in ("erased_phone", "erased_text")}
    rows = [tuple(bindparam(f"{key}_{n}", type_=type_) for key, type_ in types.items()) for n in range(count)]
    told = values(*(column(key, type_) for key, type_ in types.items()), name="told").data(rows)
    dialect = psycopg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
    named = str(_storing(columns, told).compile(dialect=dialect))
    places = {f"{key}_{n}": n * len(types) + place for n in range(count) for place, key in enumerate(types, start=1)}
    numbered = _PARAMETER.sub(lambda found: f"${places[found[1]]}", named)
    converters = (type_.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for type_ in types.values())
    return Statement(numbered.encode(), tuple(converters))


def _as_it_is(value: object) -> object:
    return value


class RowStatement(NamedTuple):
    """A statement for SQLite as the driver takes it. Its values are those of the columns, then the ids of the rows that `ROWS` names."""

    sql: str
    columns: tuple[str, ...]
    converters: tuple[tuple[str, Callable[[Any], Any]], ...]  # what makes of a column's value what the driver takes, where it must


@functools.lru_cache(maxsize=64)
def storing_row(name: str, columns: tuple[str, ...]) -> RowStatement:
    """The statement that stores one row of a text, with these columns.

    A contact is stored only if the phone is not known and was not erased, and the text is none of before: its values are also
    `erased_phone`, `text_gateway` and `erased_text`. Its values are given by place: by name the driver looks up each of them.
    """
    rows = table(ROWS[name].model)
    given = {key: bindparam(key, type_=rows.c[key].type) for key in (*columns, *ROWS[name].ids)}
    asked = {key: bindparam(key, type_=type_) for key, type_ in _ASKED.items()} if name == "contact" else {}
    wanted = select(*given.values()).where(not_(_is_known(**asked))) if asked else select(*given.values())
    stored = sqlite_insert(rows).from_select([*given], wanted)
    if asked:
        stored = stored.on_conflict_do_nothing(index_elements=["mark"])
    own = {key: one for key, one in (given | asked).items() if key not in ROWS[name].ids}
    converters = {key: converter(one.type.dialect_impl(_SQLITE), _SQLITE) for key, one in own.items()}
    needed = tuple((key, convert) for key, convert in converters.items() if convert is not None)
    return RowStatement(str(stored.compile(dialect=_SQLITE)), tuple(own), needed)


def _is_known(erased_phone: Any, text_gateway: Any, erased_text: Any) -> ColumnElement[bool]:
    """Whether the phone was erased, and asked for something, or the text is one of before, of a contact that was erased."""
    return or_(
        exists().where(_SUPPRESSED.mark == erased_phone),
        exists().where(_TEXTS.gateway == text_gateway, _TEXTS.gateway_id == erased_text),
    )


def _storing(columns: Columns, told: Values) -> Select[Any]:
    # The ids are drawn before the rows are stored: to ask each row for its id, and to join the next row to it, costs more.
    drawn = {
        name: func.nextval(literal_column(f"'{table(ROWS[name].model).name}_id_seq'")).label(f"{name}_id") for name in _NAMED_BY_OTHERS
    }
    is_known = _is_known(told.c.erased_phone, told.c.text_gateway, told.c.erased_text)
    given = select(told, *drawn.values()).where(not_(is_known)).cte("given")

    def stored(name: str, source: CTE) -> Any:
        own = {key: source.c[f"{name}_{key}"] for row, key in columns if row == name}
        own |= {key: source.c[f"{of}_id"] for key, of in ROWS[name].ids.items()}
        if name in drawn:
            own["id"] = source.c[f"{name}_id"]
        return insert(table(ROWS[name].model)).from_select([*own], select(*own.values()).select_from(source))

    made = table(Contact).c
    contact = stored("contact", given).on_conflict_do_nothing(index_elements=["mark"]).returning(made.id, made.uid).cte("contact")
    new = select(given).join(contact, contact.c.id == given.c.contact_id).cte("new")
    others = [name for name in dict.fromkeys(name for name, _ in columns) if name != "contact"]
    return select(new.c.contact_uid, new.c.text_id, new.c.ticket_id).add_cte(*(stored(name, new).cte(name) for name in others))
