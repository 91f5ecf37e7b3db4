"""Whether what a process reads at its start can be read: tables, the model, catalogues, prompts."""

from collections.abc import Iterable

from hotline import i18n
from hotline.cards import load_protocols
from hotline.cli.checks.verdict import Wrong, some
from hotline.config import Config
from hotline.domain.prompts import is_critical
from hotline.domain.protocol import Protocol, unapproved
from hotline.gazetteers import load_gazetteer
from hotline.i18n import CatalogueFault, Catalogues, prompts_path
from hotline.macros import load_macros
from hotline.media.clips import ManifestFault, Shelf, State
from hotline.readers import model_in_force
from hotline.tables import TableFault, load_areas, load_categories, load_lexicon, load_unsaid, load_wishes


def tables(config: Config) -> str:
    try:
        categories = load_categories(config.table("categories"))
        areas = load_areas(config.table("areas"))
        load_lexicon(config.table("lexicon"))
        load_unsaid(config.table("unsaid"))
        load_macros(config.table("macros"))
        cards = load_protocols(config.table("protocols"), categories)
        load_wishes(config.table("wishes"))
        places = load_gazetteer(config.table("gazetteer")).places
    except TableFault as fault:
        raise Wrong(str(fault)) from fault
    _require_approval(config, cards)
    sealed = sum(c.sealed for c in categories)
    return f"{len(categories)} categories, {sealed} of them sealed; {len(areas)} areas; {len(places)} places; {len(cards)} protocol cards"


def _require_approval(config: Config, cards: Iterable[Protocol]) -> None:
    """Volunteers follow the cards beside people in danger: beside a real gateway a professional has read every one."""
    if config.gateway_is_real and (unread := unapproved(cards)):
        raise Wrong(
            f"no professional has approved these protocol cards: {some(list(unread))}; "
            "copy hotline/data/protocols.toml, have it read, and write approved_by and approved_on into each card"
        )


def reading(config: Config) -> str:
    try:
        found, refused = model_in_force(config)
    except TableFault as fault:
        raise Wrong(str(fault)) from fault
    if refused is not None:
        raise Wrong(f"{refused}; the shipped model reads instead. Learn anew (hotline reading learn), or go back (hotline reading back)")
    own = found.about.get("own")
    return "by the shipped model" if not own else f"by a model learnt here from {own} corrections"


def catalogues(_config: Config) -> str:
    try:
        Catalogues.load()
    except CatalogueFault as fault:
        raise Wrong(str(fault)) from fault
    return "compiled and whole"


def prompts(config: Config) -> str:
    try:
        catalogues, categories = Catalogues.load(), load_categories(config.table("categories"))
        clips = [
            (language, clip)
            for language in config.voice.languages
            for clip in Shelf(prompts_path(i18n.LOCALES, language)).look(catalogues.clip_texts(language, categories))
        ]
    except (ManifestFault, ValueError) as fault:
        raise Wrong(str(fault)) from fault
    except (CatalogueFault, TableFault) as fault:
        raise Wrong("cannot be looked at before the faults above are mended") from fault
    if silent := [f"{language} {clip.name}" for language, clip in clips if not clip.is_usable]:
        raise Wrong(f"no audio, or older than its text: {some(silent)}; run: hotline prompts list")
    machine = [(language, clip.name) for language, clip in clips if clip.state is State.PLACEHOLDER]
    critical = [f"{language} {name}" for language, name in machine if is_critical(name)]
    if critical and config.gateway_is_real:
        raise Wrong(
            f"a machine's voice where callers must understand at once: {some(critical)}; "
            "have them recorded before anybody is given the number: hotline prompts sheet"
        )
    return f"{len(clips)} clips, {len(machine)} of them spoken by a machine"
