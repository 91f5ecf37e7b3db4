"""The tables of categories, areas, commands, unsaid words and wishes: shipped or a deployment's own. A file's faults are listed at once."""

import itertools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hotline.domain.area import Area
from hotline.domain.category import GAP, MODEL_KINDS, OR, Category, literals, steps
from hotline.domain.folding import match_key
from hotline.domain.keyword import Command, Keyword, Lexicon, single_letters
from hotline.domain.languages import LANGUAGES, NAMED_LANGUAGES, TEXT_LANGUAGES
from hotline.domain.telltale import BY_EAR, HEARD_MIN, heard, unsaid
from hotline.domain.ticket import Priority
from hotline.domain.wishes import WishTable
from hotline.tomlfile import NUMBER, TEXTS, Unreadable, is_of, read_toml

DATA = Path(__file__).parent / "data"
"""The folder of the shipped tables."""

CODE = re.compile(r"[a-z][a-z0-9_]{0,29}")
"""A code, which is stored in rows and events."""

_PRIORITIES = {priority.name.lower(): priority for priority in Priority if priority is not Priority.LAST}
_CATEGORY_KEYS = {
    *("code", "key", "team", "priority", "sealed", "hold", "rings"),
    *("by_person", "number_by_two", "keep_days", "reads", "names", "words"),
}
_LIST = re.compile(r"<[^<>]*>")
# The least characters of a word that is looked for inside other words: a shorter one would be found in half of all texts.
_INSIDE_MIN = 3

_SECTIONS = {"menu", "language", "stop", "start", "cry", "plea", "greeting", "thanks"}
_SHORT_TEXTS = {"solved", "unsolved", "unsure", "asks", "erase", "erased", "auto_reply", "auto_more"}
"""Phrases by language that are no commands: for `domain.shorttexts`, as are the lists."""
_SHORT_LISTS = {"beside_answer", "things"}
_ADDED_LATER = {"plea", *_SHORT_TEXTS, *_SHORT_LISTS}  # a file of before has none of it, and is good all the same
_GATEWAY = {"stop": Keyword.GATEWAY_STOP, "start": Keyword.GATEWAY_START, "info": Keyword.GATEWAY_INFO}
_UNSAID = ("stations", "partners", "ours")
_WISHES = ("unsafe", "woman", "woman_alone")
_LISTS = {"taught", "asking", "courtesies"}


class TableFault(Exception):
    """A table that cannot be used; `faults` lists everything that is wrong with it, a sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(self.faults)


def load_categories(path: Path | None) -> tuple[Category, ...]:
    """The categories of a file in their order; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "categories.toml"
    document = parsed(path)
    faults = [f"{key!r} is no key of a table of categories: use [[category]]" for key in document if key not in ("category", "lists")]
    lists = _lists(document.get("lists", {}), faults)
    rows = document.get("category")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        rows = []
        faults.append("there is no [[category]]")
    rows = [_with_lists(row, lists) for row in rows]
    for number, row in enumerate(rows, 1):
        faults += [f"{_name(row, number)}: {fault}" for fault in _row_faults(row)]
    faults += _order_faults(rows)
    raise_any(path, faults)
    return tuple(_category(row) for row in rows)


def _lists(written: object, faults: list[str]) -> dict[str, str]:
    """The words of each list of a table, as a step has them, by the name in brackets. Faults are added to `faults`."""
    if not isinstance(written, dict):
        faults.append("lists must be a section")
        return {}
    lists = {}
    for name, words in written.items():
        if not isinstance(words, list) or not words or not is_of(TEXTS, words):
            faults.append(f"lists: {name} must be a list of words")
        elif any(GAP in word or OR in word or word.startswith("!") for word in words):
            faults.append(f"lists: {name} holds plain words only")
        else:
            lists[f"<{name}>"] = OR.join(words)
    return lists


def _with_lists(row: dict[str, Any], lists: Mapping[str, str]) -> dict[str, Any]:
    """A category with the words of the lists that its words name. What is no list of texts is left as it is."""
    words = row.get("words")
    if not isinstance(words, list) or not is_of(TEXTS, words):
        return row
    return {**row, "words": [_LIST.sub(lambda found: lists.get(found[0], found[0]), word) if GAP in word else word for word in words]}


def load_areas(path: Path | None) -> tuple[Area, ...]:
    """The areas of a file, each district followed by its towns; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "areas.toml"
    document = parsed(path)
    faults = [f"{key!r} is no key of a table of areas: use [[district]]" for key in document if key != "district"]
    districts = document.get("district")
    if not isinstance(districts, list) or not districts:
        raise_any(path, [*faults, "there is no [[district]]"])
        return ()
    areas = []
    for row in districts:
        areas.append(_area(row, None, faults))
        towns = row.get("towns", []) if isinstance(row, dict) else []
        areas += [_area(town, areas[-1].code, faults) for town in (towns if isinstance(towns, list) else [None])]
    codes = [area.code for area in areas if area.code]
    faults += [f"two areas have the code {code!r}" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    raise_any(path, faults)
    return tuple(areas)


def _area(row: object, district: str | None, faults: list[str]) -> Area:
    if not isinstance(row, dict) or not isinstance(row.get("code"), str) or not CODE.fullmatch(row["code"]):
        faults.append("an area's code must be a short name of small letters, digits and _")
        return Area("", MappingProxyType({}))
    known = {"code", "names"} if district is not None else {"code", "names", "towns"}
    faults += [f"area {row['code']!r}: {key!r} is no key of it" for key in row if key not in known]
    faults += [f"area {row['code']!r}: {fault}" for fault in _names_faults(row.get("names"))]
    names = row.get("names")
    return Area(row["code"], MappingProxyType(dict(names) if isinstance(names, dict) else {}), district)


def load_unsaid(path: Path | None) -> tuple[Category, ...]:
    """The lists of words that a text to a citizen must not say without a question first; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "unsaid.toml"
    document = parsed(path)
    lists: dict[str, list[object]] = {key: [document.get(key, [])] for key in _UNSAID}
    faults = []
    for key, table in ((key, table) for key, table in document.items() if key not in _UNSAID):
        if not isinstance(table, dict) or not CODE.fullmatch(key):
            faults.append(f"{key!r} is no list of such words")
            continue
        faults += [f"{key}: {language!r} is none of {', '.join(TEXT_LANGUAGES)}" for language in table if language not in TEXT_LANGUAGES]
        lists[key] = list(table.values())
    faults += [f"{key}: {fault}" for key, written in lists.items() for words in written for fault in _words_faults(words)]
    faults += [f"{key}: {fault}" for key, written in lists.items() for words in written for fault in _heard_faults(words)]
    faults += [f"{key}: {fault}" for key, written in lists.items() for words in written for fault in _step_faults(words)]
    raise_any(path, faults)
    return tuple(unsaid(key, itertools.chain.from_iterable(written)) for key, written in lists.items())  # type: ignore[arg-type]


def _heard_faults(words: object) -> list[str]:
    if not isinstance(words, list):
        return []
    by_ear = [word for word in words if isinstance(word, str) and word.startswith(BY_EAR)]
    return [f"word {word!r} is too short to be compared by ear" for word in by_ear if len(heard(word).removesuffix("*")) < HEARD_MIN]


def _step_faults(words: object) -> list[str]:
    if not isinstance(words, list):
        return []
    return [f"word {word!r}: only categories have words in steps" for word in words if isinstance(word, str) and GAP in word]


def load_wishes(path: Path | None) -> WishTable:
    """The phrases by which citizens ask to be left alone, or for a woman; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "wishes.toml"
    document = parsed(path)
    faults = [f"{key!r} is no list of wishes" for key in document if key not in _WISHES]
    lists = {key: _forms(document.get(key, [])) for key in _WISHES}
    faults += [f"{key}: {fault}" for key in ("unsafe", "woman") for fault in _words_faults(lists[key])]
    faults += [f"{key}: {fault}" for key in ("unsafe", "woman") for fault in _step_faults(lists[key])]
    alone = _phrases("woman_alone", lists["woman_alone"], faults)
    raise_any(path, faults)
    return WishTable(unsaid("unsafe", lists["unsafe"]), unsaid("woman", lists["woman"]), tuple(sorted(alone, key=len, reverse=True)))


def _forms(phrases: Any) -> Any:
    """The phrases with each form of their words: "call/phone mat" is two phrases. What is no list of texts is left as it is."""
    if not isinstance(phrases, list) or not is_of(TEXTS, phrases):
        return phrases
    return [
        mark + " ".join(words)
        for phrase in phrases
        for mark in ("!" if phrase.startswith("!") else "",)
        for words in itertools.product(*(word.split("/") for word in phrase.removeprefix("!").split()))
    ]


def load_lexicon(path: Path | None) -> Lexicon:
    """The commands and other phrases of a file; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "lexicon.toml"
    document = parsed(path)
    known = _SECTIONS | _LISTS | {"gateway"} | _SHORT_TEXTS | _SHORT_LISTS
    faults = [f"{key!r} is no key of a lexicon" for key in document if key not in known]
    faults += [f"{key!r} is missing" for key in sorted(known - _ADDED_LATER) if key not in document]
    commands, gateway = dict[str, Command](), dict[str, Command]()
    for keyword, language, phrases in _phrase_lists(document, faults):
        for phrase in _phrases(f"[{keyword}]", phrases, faults):
            _claim(gateway if keyword in _GATEWAY.values() else commands, phrase, Command(keyword, language), faults)
    lists = {name: _phrases(name, document.get(name, []), faults) for name in sorted(_LISTS)}
    short = {
        name: _short(name, document.get(name, {} if name in _SHORT_TEXTS else []), faults) for name in sorted(_SHORT_TEXTS | _SHORT_LISTS)
    }
    lexicon = Lexicon(
        MappingProxyType(commands),
        frozenset(lists["asking"]),
        frozenset(lists["courtesies"]),
        tuple(lists["taught"]),
        MappingProxyType({phrase: command.keyword for phrase, command in gateway.items()}),
        **short,
    )
    faults += _taught_faults(lexicon) + _doubled_faults(lexicon)
    raise_any(path, faults)
    return lexicon


def _short(name: str, given: object, faults: list[str]) -> frozenset[str]:
    """The phrases of a list, or of a section by language, with each form of their words and with doubled letters as one."""
    by_language = given if name in _SHORT_TEXTS else {"": given}
    if not isinstance(by_language, dict):
        faults.append(f"[{name}] must be a section")
        return frozenset()
    if name in _SHORT_TEXTS:
        faults += [f"[{name}] {key!r} is none of {', '.join(TEXT_LANGUAGES)}" for key in by_language if key not in TEXT_LANGUAGES]
    found = (_phrases(name, _forms(phrases), faults) for phrases in by_language.values())
    return frozenset(single_letters(phrase) for phrases in found for phrase in phrases)


def lexicon_gaps(path: Path | None) -> list[str]:
    """The sections of a lexicon that lack phrases in a language of texts, a sentence each. Raises `TableFault`.

    Such a lexicon can be used: what citizens write in that language is then read as a message, not as a command.
    """
    path = path or DATA / "lexicon.toml"
    document = parsed(path)
    return [
        f"{language}: [{section}] of {path} has no phrases in it"
        for language in TEXT_LANGUAGES
        for section in sorted(_SECTIONS | _SHORT_TEXTS)
        if not document.get(section, {}).get(language)
    ]


def parsed(path: Path) -> dict[str, Any]:
    """The content of a table's file. Raises `TableFault`."""
    try:
        return read_toml(path)
    except Unreadable as fault:
        raise TableFault([str(fault)]) from fault


def raise_any(path: Path, faults: Iterable[str]) -> None:
    """Raise `TableFault` with the faults of a file, if there are any."""
    if listed := [f"{path}: {fault}" for fault in faults]:
        raise TableFault(listed)


def _name(row: Mapping[str, Any], number: int) -> str:
    return f"category {row['code']!r}" if isinstance(row.get("code"), str) else f"category number {number}"


def _row_faults(row: Mapping[str, Any]) -> list[str]:
    faults = [f"{key!r} is no key of a category" for key in row if key not in _CATEGORY_KEYS]
    faults += [
        f"{key} must be a short name of small letters, digits and _"
        for key in ("code", "team")
        if not isinstance(row.get(key), str) or not CODE.fullmatch(row[key])
    ]
    if not isinstance(row.get("priority"), str) or row["priority"] not in _PRIORITIES:
        faults.append(f"priority must be one of {', '.join(_PRIORITIES)}")
    faults += [
        f"{key} must be true or false"
        for key in ("sealed", "hold", "rings", "by_person", "number_by_two")
        if not isinstance(row.get(key, False), bool)
    ]
    if row.get("reads", "") not in ("", *MODEL_KINDS):
        faults.append(f"reads must be one of {', '.join(MODEL_KINDS)}")
    kept = row.get("keep_days", 1)
    if not is_of(NUMBER, kept) or not 1 <= kept <= 36500:
        faults.append("keep_days must be a number of days from 1 to 36500")
    if row.get("rings") is True and row.get("priority") != "urgent":
        faults.append("rings can be true only where priority is urgent")
    digit = row.get("key")
    if digit is not None and (not isinstance(digit, int) or isinstance(digit, bool) or not 1 <= digit <= 9):
        faults.append("key must be a digit a caller can press, 1 to 9")
    return faults + _names_faults(row.get("names")) + _words_faults(row.get("words", []))


def _names_faults(names: object) -> list[str]:
    if not isinstance(names, dict):
        return [f"names must have {', '.join(NAMED_LANGUAGES)}"]
    faults = [f"names: {language!r} is no language of ours" for language in names if language not in LANGUAGES]
    given = {language for language, name in names.items() if isinstance(name, str) and name.strip()}
    return faults + [f"names: {language} is missing" for language in NAMED_LANGUAGES if language not in given]


def _words_faults(words: object) -> list[str]:
    if not isinstance(words, list) or not is_of(TEXTS, words):
        return ["words must be a list of words"]
    faults: list[str] = []
    for word in itertools.chain.from_iterable(_single(word, faults) for word in words):
        found = literals(word)
        if not found:
            faults.append(f"word {word!r} folds to nothing")
        elif any(len(literal) < _INSIDE_MIN for literal in found):
            faults.append(f"word {word!r} is too short to be looked for inside words: write {f'={word}'!r}")
    return faults


def _single(word: str, faults: list[str]) -> tuple[str, ...]:
    """The words of an entry, one for each that is looked for by itself. Faults of its steps are added to `faults`."""
    if GAP not in word:
        if OR in word or _LIST.search(word):
            faults.append(f"word {word!r}: {OR} and <lists> belong to steps, with {GAP} between them")
            return ()
        return (word,)
    words = tuple(itertools.chain.from_iterable(steps(word)))
    faults += [f"step {one!r} names a list that there is not" for one in words if _LIST.search(one)]
    if any(one.startswith("!") for one in words):
        faults.append(f"word {word!r}: ! stands before single words only")
    return tuple(one for one in words if not _LIST.search(one))


def _order_faults(rows: list[dict[str, Any]]) -> list[str]:
    faults = []
    for key in ("code", "key"):
        values = [row[key] for row in rows if isinstance(row.get(key), (str, int))]
        faults += [f"two categories have the {key} {value!r}" for value in dict.fromkeys(values) if values.count(value) > 1]
    if not rows:
        return []
    wordless = [number for number, row in enumerate(rows, 1) if not row.get("words")]
    if wordless != [len(rows)]:
        faults.append("the last category, and no other, must have no words: it takes what hits nothing")
    sealed = [bool(row.get("sealed", False)) for row in rows]
    if sealed != sorted(sealed, reverse=True):
        faults.append("sealed categories must stand first: the first hit is shown and routed")
    return faults


def _category(row: Mapping[str, Any]) -> Category:
    return Category(
        code=row["code"],
        key=row.get("key"),
        team=row["team"],
        priority=_PRIORITIES[row["priority"]],
        sealed=row.get("sealed", False),
        hold=row.get("hold", False),
        names=MappingProxyType(dict(row["names"])),
        words=tuple(row.get("words", ())),
        by_person=row.get("by_person", False),
        keep_days=row.get("keep_days"),
        rings=row.get("rings", False),
        reads=row.get("reads", ""),
        number_by_two=row.get("number_by_two", False),
    )


def _phrase_lists(document: Mapping[str, Any], faults: list[str]) -> list[tuple[Keyword, str | None, object]]:
    """(keyword, language, phrases) for each list; language is None in [gateway]. Faults of the sections are added to `faults`."""
    lists: list[tuple[Keyword, str | None, object]] = []
    for section in sorted(_SECTIONS | {"gateway"}):
        table = document.get(section, {})
        if not isinstance(table, dict):
            faults.append(f"[{section}] must be a section")
            continue
        known = tuple(_GATEWAY) if section == "gateway" else TEXT_LANGUAGES
        faults += [f"[{section}] {key!r} is none of {', '.join(known)}" for key in table if key not in known]
        for key, phrases in table.items():
            if key in _GATEWAY and section == "gateway":
                lists.append((_GATEWAY[key], None, phrases))
            elif key in known:
                lists.append((Keyword(section), key, phrases))
    return lists


def _phrases(where: str, phrases: object, faults: list[str]) -> list[str]:
    """The match keys of a list of phrases. Faults are added to `faults`."""
    if not isinstance(phrases, list) or not is_of(TEXTS, phrases):
        faults.append(f"{where} must hold lists of phrases")
        return []
    faults += [f"{where} {phrase!r} folds to nothing" for phrase in phrases if not match_key(phrase)]
    return [key for phrase in phrases if (key := match_key(phrase))]


def _claim(commands: dict[str, Command], phrase: str, command: Command, faults: list[str]) -> None:
    """Add a phrase to `commands`. One keyword may have it in two languages (it then stands for no language); two keywords may not."""
    before = commands.setdefault(phrase, command)
    if before.keyword is not command.keyword:
        faults.append(f"{phrase!r} is claimed by both {_section(before.keyword)} and {_section(command.keyword)}")
    elif before.language != command.language:
        if command.keyword is Keyword.LANGUAGE:
            faults.append(f"[language] {phrase!r} asks for both {before.language} and {command.language}")
        commands[phrase] = Command(command.keyword, None)


def _section(keyword: Keyword) -> str:
    return "[gateway]" if keyword in _GATEWAY.values() else f"[{keyword}]"


def _taught_faults(lexicon: Lexicon) -> list[str]:
    faults = []
    for phrase in lexicon.taught:
        if phrase in lexicon.gateway:
            faults.append(f"taught {phrase!r} is a word the gateway keeps for itself: it would never reach us as ours")
        elif phrase not in lexicon.commands:
            faults.append(f"taught {phrase!r} commands nothing")
    return faults


def _doubled_faults(lexicon: Lexicon) -> list[str]:
    """Faults: phrases of two keywords that differ only in doubled letters, as "off" and "of": they are read alike."""
    faults, seen = [], dict[str, tuple[str, Keyword]]()
    for phrase, command in lexicon.commands.items():
        if phrase not in lexicon.gateway:
            before, keyword = seen.setdefault(single_letters(phrase), (phrase, command.keyword))
            if keyword is not command.keyword:
                faults.append(f"{before!r} of {_section(keyword)} and {phrase!r} of {_section(command.keyword)} read alike")
    return faults
