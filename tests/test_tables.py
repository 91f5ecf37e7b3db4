"""The tables we ship, and every way in which a deployment's own can be wrong."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.category import fallback
from hotline.domain.keyword import Keyword
from hotline.tables import TableFault, load_areas, load_categories, load_lexicon, load_unsaid

DATA = Path(__file__).parents[1] / "hotline" / "data"
GENERAL = """
[[category]]
code = "general"
team = "general"
priority = "normal"
names = {en = "Other", ur = "دیگر", sd = "ٻيو"}
"""
WATER = """
[[category]]
code = "water"
key = 1
team = "street"
priority = "normal"
names = {en = "Water", ur = "پانی", sd = "پاڻي"}
words = ["pani", "پانی"]
"""
LEXICON = """
taught = ["OFF"]
asking = ["status"]
courtesies = ["please"]
[menu]
en = ["menu"]
[language]
ur = ["urdu"]
[stop]
en = ["off"]
[start]
en = ["on"]
[cry]
en = ["help"]
ur-Latn = ["help", "madad"]
[greeting]
en = ["hello"]
[thanks]
en = ["ok"]
[gateway]
stop = ["stop"]
start = ["start"]
info = ["info"]
"""


def categories_faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "categories.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableFault) as raised:
        load_categories(path)
    assert str(raised.value) == "\n".join(raised.value.faults)
    assert all(fault.startswith(f"{path}: ") for fault in raised.value.faults)
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def lexicon_faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "lexicon.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableFault) as raised:
        load_lexicon(path)
    return [fault.removeprefix(f"{path}: ") for fault in raised.value.faults]


def test_the_shipped_categories_keep_what_must_not_get_out() -> None:
    by_code = {category.code: category for category in load_categories(None)}
    assert {code for code, category in by_code.items() if category.sealed} == {"police", "ours"}
    held = {
        "police",
        "suicide",
        "kidnapping",
        "extortion",
        "sexual_violence",
        "violence_home",
        "religion",
        "armed_group",
        "child",
        "missing",
        "harassment",
        "threat",
    }
    assert {code for code, category in by_code.items() if category.hold} == held
    assert fallback(load_categories(None)).code == "general"
    assert sorted(category.key for category in by_code.values() if category.key) == list(range(1, 10))
    assert all(set(category.names) >= {"en", "ur", "sd"} for category in by_code.values())


def test_the_shipped_lexicon_speaks_every_language_in_every_section() -> None:
    lexicon = load_lexicon(None)
    assert {command.keyword for command in lexicon.commands.values()} | set(lexicon.gateway.values()) == set(Keyword)


def test_the_shipped_files_are_what_is_loaded_without_a_path() -> None:
    assert load_categories(None) == load_categories(DATA / "categories.toml")
    assert load_lexicon(None) == load_lexicon(DATA / "lexicon.toml")


def test_a_small_table_of_ones_own_is_enough(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(WATER + GENERAL, encoding="utf-8")
    (tmp_path / "l.toml").write_text(LEXICON, encoding="utf-8")
    assert [category.code for category in load_categories(tmp_path / "c.toml")] == ["water", "general"]
    assert load_lexicon(tmp_path / "l.toml").commands["help"].language is None
    listed = '[lists]\nwet = ["pani", "پانی"]' + WATER.replace('"pani", "پانی"', '"<wet> .. band"') + GENERAL
    (tmp_path / "c.toml").write_text(listed, encoding="utf-8")
    assert load_categories(tmp_path / "c.toml")[0].words == ("pani|پانی .. band",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "there is no [[category]]"),
        ("category = []", "there is no [[category]]"),
        ("category = 3", "there is no [[category]]"),
        ("category = [1]", "there is no [[category]]"),
        ("colour = 1" + WATER + GENERAL, "'colour' is no key of a table of categories: use [[category]]"),
        (WATER + "colour = 1" + GENERAL, "category 'water': 'colour' is no key of a category"),
        (WATER.replace('"water"', '"Water!"') + GENERAL, "category 'Water!': code must be a short name of small letters, digits and _"),
        (WATER.replace('code = "water"', "") + GENERAL, "category number 1: code must be a short name of small letters, digits and _"),
        (WATER.replace('"street"', "7") + GENERAL, "category 'water': team must be a short name of small letters, digits and _"),
        (WATER.replace('"normal"', '"low"') + GENERAL, "category 'water': priority must be one of urgent, high, normal"),
        (WATER.replace('"normal"', "[1]") + GENERAL, "category 'water': priority must be one of urgent, high, normal"),
        (WATER + "hold = 1" + GENERAL, "category 'water': hold must be true or false"),
        (WATER + 'sealed = "yes"' + GENERAL, "category 'water': sealed must be true or false"),
        (WATER.replace("key = 1", "key = 0") + GENERAL, "category 'water': key must be a digit a caller can press, 1 to 9"),
        (WATER.replace("key = 1", "key = 10") + GENERAL, "category 'water': key must be a digit a caller can press, 1 to 9"),
        (WATER.replace("key = 1", "key = true") + GENERAL, "category 'water': key must be a digit a caller can press, 1 to 9"),
        (WATER.replace(', sd = "پاڻي"', "") + GENERAL, "category 'water': names: sd is missing"),
        (WATER.replace('"Water"', '" "') + GENERAL, "category 'water': names: en is missing"),
        (WATER.replace("sd = ", 'fr = "eau", sd = ') + GENERAL, "category 'water': names: 'fr' is no language of ours"),
        (WATER + GENERAL.replace("names", "#names"), "category 'general': names must have en, ur, sd"),
        (WATER.replace('["pani", "پانی"]', '"pani"') + GENERAL, "category 'water': words must be a list of words"),
        (WATER.replace('"پانی"', '"؟!"') + GENERAL, "category 'water': word '؟!' folds to nothing"),
        (WATER.replace('"پانی"', '"گم"') + GENERAL, "category 'water': word 'گم' is too short to be looked for inside words: write '=گم'"),
        (
            WATER.replace('"پانی"', '"pani .. گم"') + GENERAL,
            "category 'water': word 'گم' is too short to be looked for inside words: write '=گم'",
        ),
        (WATER.replace('"پانی"', '"pani .. "') + GENERAL, "category 'water': word '' folds to nothing"),
        (WATER.replace('"پانی"', '"pani .. <wet>"') + GENERAL, "category 'water': step '<wet>' names a list that there is not"),
        (WATER.replace('"پانی"', '"pani .. !wet"') + GENERAL, "category 'water': word 'pani .. !wet': ! stands before single words only"),
        (
            WATER.replace('"پانی"', '"pani|jal"') + GENERAL,
            "category 'water': word 'pani|jal': | and <lists> belong to steps, with .. between them",
        ),
        ("lists = 1" + WATER + GENERAL, "lists must be a section"),
        ("[lists]\nwet = []" + WATER + GENERAL, "lists: wet must be a list of words"),
        ('[lists]\nwet = ["a|b"]' + WATER + GENERAL, "lists: wet holds plain words only"),
        (WATER + WATER.replace("key = 1", "key = 2") + GENERAL, "two categories have the code 'water'"),
        (WATER + WATER.replace('"water"', '"rain"') + GENERAL, "two categories have the key 1"),
        (WATER, "the last category, and no other, must have no words: it takes what hits nothing"),
        (GENERAL + WATER, "the last category, and no other, must have no words: it takes what hits nothing"),
        (
            WATER + GENERAL.replace('"general"', '"rest"', 1) + GENERAL,
            "the last category, and no other, must have no words: it takes what hits nothing",
        ),
        (
            WATER + WATER.replace('"water"', '"police"').replace("key = 1", "sealed = true") + GENERAL,
            "sealed categories must stand first: the first hit is shown and routed",
        ),
    ],
)
def test_a_fault_in_a_table_of_categories_is_named(tmp_path: Path, text: str, fault: str) -> None:
    assert categories_faults(tmp_path, text) == [fault]


def test_a_word_of_the_gateways_may_be_one_of_ours_where_the_gateway_leaves_it(tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text(LEXICON.replace('["off"]', '["off", "stop"]'), encoding="utf-8")
    lexicon = load_lexicon(tmp_path / "l.toml")
    assert (lexicon.gateway["stop"], lexicon.commands["stop"].keyword) == (Keyword.GATEWAY_STOP, Keyword.STOP)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (LEXICON.replace("[menu]", "colour = 1\n[menu]"), "'colour' is no key of a lexicon"),
        (LEXICON.replace('asking = ["status"]', ""), "'asking' is missing"),
        (LEXICON.replace('[start]\nen = ["on"]', ""), "'start' is missing"),
        (LEXICON.replace("[menu]\nen =", "[menu]\nfr ="), "[menu] 'fr' is none of en, ur, sd, ur-Latn"),
        (LEXICON.replace('["info"]', '["info"]\nhelp = ["help"]'), "[gateway] 'help' is none of stop, start, info"),
        (LEXICON.replace('["menu"]', '"menu"'), "[menu] must hold lists of phrases"),
        (LEXICON.replace('["status"]', "[3]"), "asking must hold lists of phrases"),
        (LEXICON.replace('["menu"]', '["menu", "?"]'), "[menu] '?' folds to nothing"),
        (LEXICON.replace('["please"]', '["ـ"]'), "courtesies 'ـ' folds to nothing"),
        (LEXICON.replace('["ok"]', '["ok", "HELLO"]'), "'hello' is claimed by both [greeting] and [thanks]"),
        (LEXICON.replace('["info"]', '["info", "stop"]'), "'stop' is claimed by both [gateway] and [gateway]"),
        (LEXICON.replace('["ok"]', '["ok", "onn"]'), "'on' of [start] and 'onn' of [thanks] read alike"),
        (LEXICON.replace('ur = ["urdu"]', 'ur = ["urdu"]\nsd = ["urdu"]'), "[language] 'urdu' asks for both ur and sd"),
        (
            LEXICON.replace('taught = ["OFF"]', 'taught = ["STOP"]'),
            "taught 'stop' is a word the gateway keeps for itself: it would never reach us as ours",
        ),
        (LEXICON.replace('taught = ["OFF"]', 'taught = ["roko"]'), "taught 'roko' commands nothing"),
    ],
)
def test_a_fault_in_a_lexicon_is_named(tmp_path: Path, text: str, fault: str) -> None:
    assert lexicon_faults(tmp_path, text) == [fault]


def test_a_section_that_is_no_section_is_named(tmp_path: Path) -> None:
    text = "menu = 3\n" + LEXICON.replace('[menu]\nen = ["menu"]', "")
    assert lexicon_faults(tmp_path, text) == ["[menu] must be a section"]


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    text = WATER.replace('"street"', '""').replace('"normal"', '"low"') + WATER + WATER
    assert len(categories_faults(tmp_path, text)) == 5
    assert len(lexicon_faults(tmp_path, "")) == 11


@pytest.mark.parametrize("content", [b"[[", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "table.toml"
    if content is not None:
        path.write_bytes(content)
    for load in (load_categories, load_lexicon):
        with pytest.raises(TableFault) as raised:
            load(path)
        assert len(raised.value.faults) == 1
        assert "cannot be read" in raised.value.faults[0]


_VALUES = st.recursive(
    st.one_of(st.text(alphabet="aگ=!* ", max_size=4), st.integers(0, 12), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["en", "ur", "sd", "x"]), inner, max_size=3)),
    max_leaves=6,
)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


@given(
    st.lists(st.dictionaries(st.sampled_from(["code", "key", "team", "priority", "sealed", "hold", "names", "words"]), _VALUES), max_size=3)
)
def test_any_table_of_categories_loads_or_is_at_fault(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    path = tmp_path_factory.getbasetemp() / "any_categories.toml"
    path.write_text("".join("[[category]]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in row.items()) for row in rows), encoding="utf-8")
    with pytest.raises(TableFault):
        load_categories(path)


_LEXICON_KEYS = ["taught", "asking", "courtesies", "menu", "language", "stop", "start", "cry", "greeting", "thanks", "gateway"]


@given(st.dictionaries(st.sampled_from(_LEXICON_KEYS), _VALUES))
def test_any_lexicon_loads_or_is_at_fault(tmp_path_factory: pytest.TempPathFactory, table: dict[str, object]) -> None:
    path = tmp_path_factory.getbasetemp() / "any_lexicon.toml"
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in table.items()), encoding="utf-8")
    with suppress(TableFault):
        load_lexicon(path)


# Areas, and what no text says


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("", "there is no [[district]]"),
        ("town = 1", "'town' is no key of a table of areas"),
        ('[[district]]\ncode = "A"', "an area's code must be a short name"),
        ('[[district]]\ncode = "a"', "area 'a': names must have en, ur, sd"),
        ('[[district]]\ncode = "a"\nnames = {en="A", ur="A", sd="A"}\ntowns = 1', "an area's code must be a short name"),
        ('[[district]]\ncode = "a"\nnames = {en="A", ur="A"}', "area 'a': names: sd is missing"),
        ('[[district]]\ncode = "a"\nnames = {en="A", ur="A", sd="A"}\nsize = 1', "area 'a': 'size' is no key of it"),
        (
            '[[district]]\ncode = "a"\nnames = {en="A", ur="A", sd="A"}\ntowns = [{code="a", names={en="A", ur="A", sd="A"}}]',
            "two areas have the code 'a'",
        ),
    ],
)
def test_a_table_of_areas_that_cannot_be_meant_is_refused(tmp_path: Path, toml: str, fault: str) -> None:
    path = tmp_path / "areas.toml"
    path.write_text(toml, "utf-8")
    with pytest.raises(TableFault) as refused:
        load_areas(path)
    assert any(fault in told for told in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("places = []", "'places' is no list of such words"),
        ("stations = 1", "stations: words must be a list of words"),
        ('ours = ["=", "ab"]', "ours: word '=' folds to nothing"),
        ('ours = ["we .. said"]', "ours: word 'we .. said': only categories have words in steps"),
        ('[court]\nfr = ["cour"]', "court: 'fr' is none of"),
        ('[court]\nen = ["="]', "court: word '=' folds to nothing"),
        ('[court]\nur-Latn = ["~naka"]', "word '~naka' is too short to be compared by ear"),
    ],
)
def test_a_list_of_unsaid_words_that_cannot_be_meant_is_refused(tmp_path: Path, toml: str, fault: str) -> None:
    path = tmp_path / "unsaid.toml"
    path.write_text(toml, "utf-8")
    with pytest.raises(TableFault) as refused:
        load_unsaid(path)
    assert any(fault in told for told in refused.value.faults), refused.value.faults
