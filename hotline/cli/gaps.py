"""What the languages still lack besides translations: names, words, fonts, audio. `hotline catalogues check` lists it."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog

from hotline.cards import load_protocols
from hotline.cli.pofiles import read_catalogue, wording
from hotline.domain import prompts
from hotline.domain.category import Category
from hotline.domain.folding import match_key
from hotline.domain.keyword import Keyword, Lexicon
from hotline.domain.language import DETECTED
from hotline.domain.languages import BY_CODE, LANGUAGES, PAGE_LANGUAGES, SOURCE, SPOKEN_LANGUAGES, TEXT_LANGUAGES
from hotline.domain.texts import GREETING, HELP
from hotline.i18n import CatalogueFault, po_path, prompts_path, table_faults
from hotline.macros import load_macros
from hotline.media.clips import ManifestFault, Shelf, State
from hotline.sections import Voice
from hotline.tables import TableFault, lexicon_gaps, load_areas, load_categories, load_lexicon

_DETECTION = "hotline/domain/language.py"
_STYLE = "hotline/web/static/style.css"


def gaps(project: Path) -> list[str]:
    """What is missing in the project's folder, a sentence each that names the file to edit."""
    data, found = project / "hotline/data", table_faults()
    categories: tuple[Category, ...] = ()
    try:
        categories = load_categories(data / "categories.toml")
    except TableFault as fault:
        found += fault.faults
    try:
        load_protocols(data / "protocols.toml", categories or None)
    except TableFault as fault:
        found += fault.faults
    try:
        load_macros(data / "macros.toml")
    except TableFault as fault:
        found += fault.faults
    try:
        load_areas(data / "areas.toml")
    except TableFault as fault:
        found += fault.faults
    try:
        found += [*lexicon_gaps(data / "lexicon.toml"), *_unasked(load_lexicon(data / "lexicon.toml"))]
    except TableFault as fault:
        found += fault.faults
    return [*found, *_undetected(), *_unstyled(project), *_unheard(project, categories)]


def _undetected() -> Iterator[str]:
    for code in TEXT_LANGUAGES:
        if code not in DETECTED:
            yield f"{code}: a text in it is taken for another language or for none: {_DETECTION} has no letters and no words of it"
    for code in sorted(DETECTED - {*LANGUAGES}):
        yield f"{code}: {_DETECTION} finds texts in it, but hotline/domain/languages.py has no row for it"


def _unasked(lexicon: Lexicon) -> Iterator[str]:
    """Languages for which HELP or GREETING (`domain.texts`) names no word to ask for them."""
    asking = [(phrase, command.language) for phrase, command in lexicon.commands.items() if command.keyword is Keyword.LANGUAGE]
    offered = {
        name: {language for phrase, language in asking if f" {phrase} " in f" {match_key(text.english)} "}
        for name, text in (("HELP", HELP), ("GREETING", GREETING))
    }
    for code in TEXT_LANGUAGES:
        silent = [name for name, languages in offered.items() if code not in languages]
        if code != SOURCE and silent:
            yield (
                f"{code}: people are not told how to ask for it: name a word of [language] (hotline/data/lexicon.toml) "
                f"in {' and '.join(silent)} (hotline/domain/texts.py) and in taught (lexicon.toml)"
            )


def _unstyled(project: Path) -> Iterator[str]:
    style = (project / _STYLE).read_text("utf-8")
    for code in PAGE_LANGUAGES:
        if f":lang({code})" not in style:
            yield f"{code}: {_STYLE} has no rule :lang({code}) for its font and line height"


def _unheard(project: Path, categories: tuple[Category, ...]) -> Iterator[str]:
    """Languages that callers cannot choose or hear. Clips older than their text are listed by `hotline prompts list` instead."""
    for code in SPOKEN_LANGUAGES:
        if code not in Voice.languages:
            yield f"{code}: it is not on the call menu: add it to languages of Voice (hotline/sections.py) and to config.example.toml"
        try:
            missing = _missing_clips(project, code, categories)
        except (CatalogueFault, ManifestFault, ValueError) as fault:  # the check of the catalogue says which wording caused a ValueError
            yield f"{code}: its clips cannot be looked at: {fault}"
            continue
        if missing:
            how = f"hotline prompts {'build' if BY_CODE[code].machine_voice else 'sheet'} {code}"
            yield f"{code}: {missing} clips of prompts are missing in locales/{code}/prompts. Translate the prompts first, then run: {how}"


def _missing_clips(project: Path, code: str, categories: tuple[Category, ...]) -> int:
    catalog: Catalog = read_catalogue(po_path(project / "locales", code), code)
    says = prompts.needed(lambda one: wording(catalog, one.english, one.context), prompts.on_the_menu(categories, code))
    return sum(clip.state is State.MISSING for clip in Shelf(prompts_path(project / "locales", code)).look(says))
