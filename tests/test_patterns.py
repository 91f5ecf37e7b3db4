"""Nothing that a stranger or a volunteer writes costs more than its length: every pattern of the tree, and every function that reads words.

Patterns are found in the modules and in the code, so that none hides inside a function. Each meets long runs of what it looks for. CPU time
is compared with that of a tenth of the run, generously; a timer of the process ends a match that does not end by itself.
"""

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from re import _parser as sre  # type: ignore[attr-defined]  # the library's own reader of patterns
from typing import Any

import pytest
from jinja2 import Environment, nodes

import hotline
import workers
from hotline import log
from hotline.domain import category, conversation, folding, language, numbers, phone, reference, searching, segments, sounding, telltale
from hotline.tables import load_categories, load_lexicon, load_unsaid
from hotline.web.digits import in_order
from tests.support import make_config

ROOT = Path(hotline.__file__).parents[1]
LENGTHS = (1_000, 10_000, 100_000)
GROWTH = 40
"""How many times as long a run of ten times the length may take. Linear is 10, quadratic 100."""
UNSEEN_S = 0.003
"""What takes less is not compared: a clock may tick no faster. A quadratic search of 10,000 characters takes 25 ms or more."""
LIMIT_S = 2

UNITS = ("1", "1 ", "1-", "12 34-", " ", "\n", "-", ".", "a", "aab", "a ", "A1", "\u200d", "1\u200d", "\u0301", "پ", "۱")
BUILT_IN_FUNCTIONS = {
    "hotline/config.py",
    "hotline/gateways/http/filetable.py",
    "hotline/simulator/grammar.py",
    "hotline/web/forms.py",
    "hotline/web/search.py",
}
"""Files with a pattern that is put together when it is used: of numbers of our own, or of patterns that are found elsewhere. The patterns
of a service's file are its operator's, and are tried on 4,096 characters at most."""
FILTERS = {
    *(
        "first",
        "format",
        "groupby",
        "int",
        "join",
        "max",
        "length",
        "list",
        "rejectattr",
        "reverse",
        "round",
        "selectattr",
        "sort",
        "truncate",
        "upper",
    ),
}
"""The library's filters in the templates: none of them searches for a pattern."""
OUR_FILTERS = {"clock", "log_clock", "parts", "script"}
"""Filters of the simulator, whose patterns are found in the code."""


def patterns_in(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, type) and isinstance(regex := vars(value).get("regex"), str):  # a converter of addresses
        yield re.compile(regex)
    elif depth < 3 and isinstance(value, dict):
        yield from (one for inner in value.values() for one in patterns_in(inner, depth + 1))
    elif depth < 3 and isinstance(value, list | tuple | set | frozenset):
        yield from (one for inner in value for one in patterns_in(inner, depth + 1))


def in_modules() -> Iterator[re.Pattern[Any]]:
    for package in (hotline, workers):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name and not found.name.endswith("__main__"):
                for value in vars(importlib.import_module(found.name)).values():
                    yield from patterns_in(value)


def in_code() -> Iterator[tuple[str, ast.expr, bool]]:
    """What is given as a pattern anywhere in the code, with its file, and whether it stands inside a function."""
    for path in (*ROOT.glob("hotline/**/*.py"), *ROOT.glob("workers/**/*.py")):
        tree, name = ast.parse(path.read_text("utf-8")), path.relative_to(ROOT).as_posix()
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda))
        inside = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                    yield name, node.args[0], id(node) in inside
                case ast.Call(func=ast.Name(id="matching")):
                    yield name, node.args[1], id(node) in inside
                case ast.Call(func=ast.Name(id="Regexp")):
                    yield name, node.args[0], id(node) in inside


def every_pattern() -> Collection[re.Pattern[Any]]:
    written = {re.compile(given.value) for _, given, _ in in_code() if isinstance(given, ast.Constant)}
    return {*in_modules(), *written}


def letters_of(parsed: Any) -> Iterator[str]:
    """A character that each part of a pattern takes."""
    for op, given in parsed:
        match str(op):
            case "LITERAL":
                yield chr(given)
            case "IN":
                yield from letters_of([one for one in given if str(one[0]) in {"LITERAL", "RANGE"}][:2])
            case "RANGE":
                yield chr(given[0])
            case "SUBPATTERN":
                yield from letters_of(given[3])
            case "BRANCH":
                for branch in given[1]:
                    yield from letters_of(branch)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from letters_of(given[2])


def units_for(pattern: re.Pattern[Any]) -> list[str]:
    """What to repeat: the usual runs, and near-misses made of the pattern's own characters."""
    letters = list(dict.fromkeys(letters_of(sre.parse(pattern.pattern, pattern.flags))))[:6]
    text = "".join(letters)
    return list(dict.fromkeys([*UNITS, *letters, *(a + b for a in letters[:3] for b in letters[:3]), text or "x", text[:-1] or "x"]))


def cpu_s(work: Callable[[str], object], text: str, *, best_of: int = 1) -> float:
    times = []
    for _ in range(best_of):
        folding.match_key.cache_clear()
        started = time.process_time()
        work(text)
        times.append(time.process_time() - started)
    return min(times)


def is_linear(work: Callable[[str], object], unit: str, lengths: tuple[int, ...] = LENGTHS) -> bool:
    before = cpu_s(work, run(unit, lengths[0]), best_of=3)
    for length in lengths[1:]:
        if length == LENGTHS[-1] and before < UNSEEN_S:
            return True
        most = GROWTH * max(before, UNSEEN_S)
        before = cpu_s(work, run(unit, length))
        if before > most and (before := cpu_s(work, run(unit, length), best_of=3)) > most:
            return False
    return True


def run(unit: str, length: int) -> str:
    """A run of that length, and a character that nothing looks for: what nearly matched does not."""
    return (unit * (length // len(unit) + 1))[:length] + "\x01"


@pytest.fixture
def timer() -> Iterator[None]:
    """Ends work that takes the process too long, also inside the search for a pattern."""

    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, end)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def ends_and_is_linear(work: Callable[[str], object], unit: str, lengths: tuple[int, ...] = LENGTHS) -> bool:
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    try:
        return is_linear(work, unit, lengths)
    except TimeoutError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def searching_for(pattern: re.Pattern[Any]) -> Callable[[str], object]:
    def search(text: str) -> None:
        given = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")
        for _ in pattern.finditer(given):
            pass
        pattern.fullmatch(given)

    return search


@pytest.mark.usefixtures("timer")
def test_every_pattern_of_the_tree_is_linear() -> None:
    found = every_pattern()
    assert len(found) > 60
    assert [p.pattern for p in found if not all(ends_and_is_linear(searching_for(p), unit) for unit in units_for(p))] == []


@pytest.mark.usefixtures("timer")
@pytest.mark.parametrize("pattern", [r"(\+?\d+(?:[ \-–]\d+)+|\+\d+)", r"(a|a)*b", r"(\s+)+x", "x*y"])
def test_the_test_finds_a_pattern_that_is_not(pattern: str) -> None:
    compiled = re.compile(pattern)
    assert not all(ends_and_is_linear(searching_for(compiled), unit) for unit in units_for(compiled))


def test_no_pattern_hides_where_the_test_cannot_read_it() -> None:
    assert {path for path, given, is_inside in in_code() if is_inside and not isinstance(given, ast.Constant)} == BUILT_IN_FUNCTIONS


def test_no_filter_of_a_template_searches() -> None:
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    used = {
        found.name
        for path in ROOT.glob("hotline/**/templates/*.html")
        for found in environment.parse(path.read_text("utf-8")).find_all(nodes.Filter)
    }
    assert used <= FILTERS | OUR_FILTERS


def readers() -> dict[str, Callable[[str], object]]:
    """The functions that read what people wrote."""
    config = make_config("sqlite:////nowhere")
    categories, lexicon = load_categories(config.table("categories")), load_lexicon(config.table("lexicon"))
    unsaid = load_unsaid(config.table("unsaid"))
    return {
        "reference.find": reference.find,
        "reference.without": lambda text: reference.without(text, reference.find(text)),
        "match_key": folding.match_key.__wrapped__,
        "detect": language.detect,
        "categories_in": lambda text: category.categories_in(text, categories),
        "telltales": lambda text: telltale.telltales(text, (categories, unsaid)),
        "words": searching.words,
        "sought": searching.sought,
        "by_ear": sounding.by_ear,
        "tail": searching.tail,
        "read_sender": lambda text: phone.read_sender(text, "PK"),
        "read_typed": lambda text: phone.read_typed(text, "PK"),
        "parse": lambda text: conversation.parse(text, lexicon),
        "segments": segments.count,
        "plainer": segments.plainer,
        "in_order": in_order,
        "masked": numbers.masked,
        "cut": lambda text: numbers.cut(text, len(text) - 1),
        "mask_numbers": lambda text: log.mask_numbers(None, "", {"said": text}),
    }


WRITTEN = (
    "1",
    "1 2 ",
    "482719362 ",
    "0300-1234567 ",
    "a ",
    "abc ",
    "police ",
    "پولیس ",
    "x",
    "a\u0301",
    "\u200d",
    "1\u200d",
    "+1",
    "!",
    "\n",
)


@pytest.mark.usefixtures("timer")
@pytest.mark.parametrize("name", readers())
def test_whatever_is_written_is_read_in_time_that_grows_as_it_does(name: str) -> None:
    lengths = (160, 1_600) if name == "telltales" else (400, 4_000, 40_000)
    assert [unit for unit in WRITTEN if not ends_and_is_linear(readers()[name], unit, lengths)] == []
