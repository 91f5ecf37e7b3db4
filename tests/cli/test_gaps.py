"""A language is added to a copy of the project as one row, Pashto: what it lacks is listed, and nothing breaks on the way."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hotline.cli.gaps import gaps
from hotline.cli.pofiles import KEYED, read_catalogue, rendered, sentences, write
from hotline.i18n import PROJECT, po_path
from hotline.tables import _SECTIONS, _SHORT_TEXTS

# Spelt so because "Pashto" is in the catalogue already, as a language that needs an interpreter.
ROW = """
    Language("ps", "Pakhto", own_name="پښتو", direction="rtl", joint="، ", locale="ps", date_pattern="d MMMM y، HH:mm",
             pages=True, texts=True, calls=True),
)

SOURCE = """
PROBES = PROJECT / "tests/cli/pashto.py"
BUGS = {"KeyError", "StopIteration", "TypeError", "AttributeError", "IndexError", "UnknownLocaleError"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a row for Pashto, and nothing else of it."""
    copy = tmp_path_factory.mktemp("pashto")
    shutil.copy(PROJECT / "pyproject.toml", copy)
    for folder in ("hotline", "locales"):
        shutil.copytree(PROJECT / folder, copy / folder, ignore=shutil.ignore_patterns("*.mo", "__pycache__"))
    edit(copy / "hotline/domain/languages.py", r"\n\)\n\nSOURCE = ", ROW)
    return copy


@pytest.fixture(scope="module")
def found(project: Path) -> dict[str, Any]:
    """What the copy says while there is only the row."""
    return probed(project)


@pytest.fixture(scope="module")
def later(project: Path, found: dict[str, Any]) -> dict[str, Any]:
    """What the copy says once it also has the names and a catalogue (Urdu and English stand in for Pashto)."""
    assert found  # the same copy: the first look comes first
    locales = project / "locales"
    run(project, "-c", "from hotline.cli.catalogues import catalogues; catalogues(['update'])")
    urdu, pashto = read_catalogue(po_path(locales, "ur"), "ur"), read_catalogue(po_path(locales, "ps"), "ps")
    for message in sentences(pashto):
        if message.context in KEYED:
            message.string = urdu.get(message.id, message.context).string  # type: ignore[union-attr]
        else:
            message.string = message.id
    write(po_path(locales, "ps"), rendered(pashto))
    for table in ("categories", "areas"):
        edit(project / f"hotline/data/{table}.toml", r'^names\.sd = ("[^"]*")', r"names.ps = \1\n\g<0>")
        edit(project / f"hotline/data/{table}.toml", r'(\{ en = [^}]*), sd = ("[^"]*") \}', r"\1, sd = \2, ps = \2 }")
    edit(project / "hotline/data/macros.toml", r'sd = ("[^"]*") }', r"sd = \1, ps = \1 }")
    edit(project / "hotline/data/protocols.toml", r'^(names\.)?sd = ("[^"]*")', r"\g<0>\n\1ps = \2")
    for language in ("ur", "sd"):
        edit(po_path(locales, language), r'msgid "Pakhto"\nmsgstr ""', 'msgid "Pakhto"\nmsgstr "پښتو"')
    return probed(project)


def edit(path: Path, pattern: str, new: str) -> None:
    content = path.read_text("utf-8")
    path.write_text(re.sub(pattern, new, content, flags=re.MULTILINE), "utf-8")


def run(project: Path, *arguments: str) -> str:
    """Python in the copy's folder, on the copy's modules."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=project, env={"PYTHONPATH": str(project)}, capture_output=True, text=True, check=True
    ).stdout


def probed(project: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(project, str(PROBES)))
    return told


def test_ours_lack_nothing() -> None:
    assert gaps(PROJECT) == []


def test_the_row_is_all_it_takes_to_be_a_language(found: dict[str, Any]) -> None:
    assert found["languages"] == ["en", "ur", "sd", "ur-Latn", "ps"]
    assert found["direction"] == {"says": "rtl"}
    assert found["detect"] == {"says": "ps"}
    assert found["heard_in"] == {"says": "ps"}
    assert found["local_time"] == {"says": "23 نومبر 2025، 14:05"}
    assert found["config"] == {"says": "(('ps', 'ur'), 'ps')"}
    assert found["menu"]["says"].startswith("('ps', ")


@pytest.mark.parametrize("when", ["found", "later"])
def test_nothing_that_meets_the_new_language_breaks(when: str, request: pytest.FixtureRequest) -> None:
    probes = request.getfixturevalue(when)
    assert {name: told["fault"] for name, told in probes.items() if isinstance(told, dict) and told.get("fault") in BUGS} == {}


@pytest.mark.parametrize(
    "missing",
    [
        r"ps: .*locales/ps/LC_MESSAGES/messages\.po is missing, with \d+ sentences\. Run: hotline catalogues update, then translate them",
        r".*/categories\.toml: category 'police': names: ps is missing",
        r".*/categories\.toml: category 'general': names: ps is missing",
        r".*/areas\.toml: area 'south': names: ps is missing",
        r".*/areas\.toml: area 'lyari': names: ps is missing",
        *(
            rf"ps: \[{section}\] of .*hotline/data/lexicon\.toml has no phrases in it"
            for section in ("menu", "language", "stop", "start", "cry", "greeting", "thanks")
        ),
        r"ps: people are not told how to ask for it: .*in HELP and GREETING \(hotline/domain/texts\.py\).*",
        r"ps: hotline/web/static/style\.css has no rule :lang\(ps\) .*",
        r"ps: it is not on the call menu: add it to languages of Voice \(hotline/sections\.py\) .*",
        r"ps: \d\d clips of prompts are missing in locales/ps/prompts\. .* hotline prompts sheet ps",
        r"ur: not in the catalogue: 'Pakhto'\. Run: hotline catalogues update",
    ],
)
def test_the_check_names_each_thing_that_is_missing(found: dict[str, Any], missing: str) -> None:
    assert found["check"]["exit"] == "1"
    assert [line for line in found["check"]["says"].splitlines() if re.fullmatch(missing, line)] != []


def test_it_does_not_start_and_says_what_to_do(found: dict[str, Any]) -> None:
    assert found["compile"]["exit"] == "1"
    assert re.search(r"ps/LC_MESSAGES/messages\.po is missing\. Run: hotline catalogues update", found["compile"]["says"])
    assert found["load"]["fault"] == "CatalogueFault"
    assert re.search(r"ps/LC_MESSAGES/messages\.mo is missing", found["load"]["says"])
    for table in ("categories", "areas"):
        assert found[table]["fault"] == "TableFault"
        assert found[table]["says"].count("names: ps is missing") == len(found[table]["says"].splitlines()) > 10
    for command in ("list", "build", "sheet"):
        assert found[f"prompts {command}"]["exit"] == "1"
        assert "messages.mo is missing" in found[f"prompts {command}"]["says"]


def test_with_its_catalogue_and_names_it_starts(later: dict[str, Any]) -> None:
    assert later["catalogue"] == []
    assert [later[name].get("fault") for name in ("load", "categories", "areas", "lexicon", "unsaid", "protocols")] == [None] * 6
    assert later["say"]["says"].startswith("482-719-365: ")
    assert later["say"]["says"].endswith("، 02135662222 پر")


def test_what_people_must_do_stays_on_the_list(later: dict[str, Any]) -> None:
    assert [gap for gap in later["gaps"] if not gap.startswith("ps: ")] == []
    assert len(later["gaps"]) == len(_SECTIONS | _SHORT_TEXTS) + 4
    assert later["prompts list"]["exit"] == "1"
    assert re.search(r"^ps: (\d+) clips: \1 missing$", later["prompts list"]["says"], re.MULTILINE)
    assert "espeak-ng has no voice for it" in later["prompts build"]["says"]
    assert later["prompts build"]["exit"] == "0"
    assert re.search(r"^ps: 0 made, \d\d left as they are", later["prompts build"]["says"], re.MULTILINE)
    assert '<html lang="ps" dir="rtl">' in later["prompts sheet"]["says"]
