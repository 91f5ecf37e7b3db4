"""What a migration does to the tables, read from its source: what it goes through, and whether the version before runs on the result.

A migration only expands if it adds: tables, indexes, and columns that may be empty or have a default of the database. The version before
knows nothing of them and runs on. Anything else, and what cannot be seen in the source, contracts: then going back takes a backup.
Code of ours that a migration imports is not looked into.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Does(StrEnum):
    """What a statement does to a table, by what it costs."""

    ADDS = "adds"  # a table or a column: at once; SQLite copies a table for a column
    READS = "reads"  # all rows are read, and nobody writes to the table meanwhile
    REWRITES = "rewrites"  # rows are written anew
    TAKES = "takes"  # a column, a table or a rule goes


@dataclass(frozen=True)
class Effect:
    """What is done to a table ("": the source does not say to which); `expands`: the version before runs on the result."""

    table: str
    does: Does
    expands: bool


_TABLE_FIRST = {
    "create_table": (Does.ADDS, True),
    "drop_table": (Does.TAKES, False),
    "rename_table": (Does.TAKES, False),
    "add_column": (Does.ADDS, True),
    "drop_column": (Does.TAKES, False),
    "alter_column": (Does.REWRITES, False),
}
_TABLE_SECOND = {  # behind a name of its own
    "create_index": (Does.READS, True),
    "drop_index": (Does.TAKES, True),
    "drop_constraint": (Does.TAKES, True),
    "create_unique_constraint": (Does.READS, False),
    "create_check_constraint": (Does.READS, False),
    "create_foreign_key": (Does.READS, False),
}
_DOES_NOTHING = {"f", "get_bind", "get_context", "batch_alter_table"}
_UNSEEN = Effect("", Does.REWRITES, expands=False)


def effects(source: str) -> list[Effect]:
    """The effects of `upgrade` in a migration's source, and of the functions that it calls, each once."""
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    called = [functions[name] for name in _called(functions, "upgrade")]
    made = {_word(call.args, 0) for function in called for call, _, what in _calls(function) if what == "create_table"}
    found = [effect for function in called for effect in _of(function, made)]
    if any(_is_ours(node) for node in tree.body):
        found.append(_UNSEEN)
    return [*dict.fromkeys(found)]


def only_expands(source: str) -> bool:
    """Whether the version before runs on what this migration leaves."""
    return all(effect.expands for effect in effects(source))


def _called(functions: dict[str, ast.FunctionDef], first: str) -> list[str]:
    """The function and those of the same file that it calls, directly or not."""
    found, waiting = [], [first]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.append(name)
            waiting += [
                node.func.id for node in ast.walk(functions[name]) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            ]
    return found


def _is_ours(node: ast.stmt) -> bool:
    """Whether it imports code of ours, whose source is not looked into."""
    if isinstance(node, ast.Import):
        return any(one.name.partition(".")[0] == "hotline" for one in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "hotline"


def _of(function: ast.FunctionDef, made: set[str]) -> Iterator[Effect]:
    """The effects of a function; of the tables that are `made` in this migration the version before knows nothing."""
    batches = _batches(function)
    for call, on, what in _calls(function):
        table = batches[on] if on in batches else _word(call.args, 0 if what in _TABLE_FIRST else 1)
        if what in _TABLE_FIRST or what in _TABLE_SECOND:
            does, expands = (_TABLE_FIRST | _TABLE_SECOND)[what]
            if what == "add_column":
                expands = _may_be_left_out(call)
            elif what == "create_index":
                expands = not _is(call, "unique", value=True)
            yield Effect(table, does, expands or (does is Does.READS and table in made))
        elif what == "execute" or ((on == "op" or on in batches) and what not in _DOES_NOTHING):
            yield _UNSEEN


def _calls(function: ast.FunctionDef) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call of a method in a function, with what stands before the point ("" if that is no name) and behind it."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, getattr(node.func.value, "id", ""), node.func.attr


def _batches(function: ast.FunctionDef) -> dict[str, str]:
    """The name by which each block of `op.batch_alter_table` goes, and its table; of several blocks of one name "" if they differ."""
    found: dict[str, str] = {}
    for item in (item for node in ast.walk(function) if isinstance(node, ast.With) for item in node.items):
        call = item.context_expr
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "batch_alter_table":
            name, table = getattr(item.optional_vars, "id", ""), _word(call.args, 0)
            found[name] = table if found.get(name, table) == table else ""
    return found


def _may_be_left_out(add_column: ast.Call) -> bool:
    """Whether a new row may lack the new column: it may be empty, or the database has a default for it."""
    words = {word.arg for node in ast.walk(add_column) if isinstance(node, ast.Call) for word in node.keywords}
    return "server_default" in words or not any(_is(node, "nullable", value=False) for node in ast.walk(add_column))


def _is(call: ast.AST, word: str, *, value: bool) -> bool:
    """Whether a call is given that word with that value."""
    given = call.keywords if isinstance(call, ast.Call) else []
    return any(one.arg == word and isinstance(one.value, ast.Constant) and one.value.value is value for one in given)


def _word(args: list[ast.expr], at: int) -> str:
    node = args[at] if at < len(args) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
