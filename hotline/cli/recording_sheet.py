"""The page from which a voice artist records the prompts: the name of each file, what to say, and how."""

import base64
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hotline.domain import prompts
from hotline.domain.languages import BY_CODE
from hotline.domain.prompts import PROMPTS
from hotline.i18n import PROJECT, Catalogues, direction
from hotline.media.clips import Clip

# Many computers lack letters of Urdu and Sindhi and show boxes: the page includes a font that has all of them.
_FONT = PROJECT / "hotline/web/static/vendor/noto-naskh-arabic-arabic-400-normal.woff2"
# Keys of prompts for a caller who may be very frightened.
_FRIGHTENED = frozenset({"danger_key", "danger", "cannot_speak", "speak_where", "duty_rings", "duty_nobody", "busy"})
_ASKED = frozenset({"notice", "consent", "call_consent", "call_me"})


def sheet(catalogues: Catalogues, language: str, clips: Sequence[Clip]) -> str:
    """The page (HTML) in that language for these clips."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.install_gettext_translations(catalogues.translations(language), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    rows = [{"clip": clip, "tone": tone(clip.name), "whole": _whole(catalogues, language, clip)} for clip in clips]
    template = pages.get_template("recording_sheet.html")
    return template.render(
        language=language,
        direction=direction(language),
        name=BY_CODE[language].own_name,
        font=base64.b64encode(_FONT.read_bytes()).decode(),
        rows=rows,
    )


def tone(clip: str) -> str:
    """How to speak a clip: the name of one of the notes in recording_sheet.html."""
    key, _, piece = clip.partition(".")
    if key in _FRIGHTENED:
        return "frightened"
    if key in _ASKED:
        return "asked"
    if clip.startswith("digit_"):
        return "digit"
    if key not in PROMPTS:
        return "listed"
    return "piece" if piece else "plain"


def _whole(catalogues: Catalogues, language: str, clip: Clip) -> str:
    """The sentence of which a clip is a piece, with … for the values in it; "" if the clip is a whole sentence."""
    found = PROMPTS.get(clip.name.partition(".")[0])
    if found is None or found.key == clip.name:
        return ""
    return catalogues.spoken(language, found).format_map(dict.fromkeys(prompts.PLACEHOLDERS, "…"))
