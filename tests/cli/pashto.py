"""What a copy of the project does with a row for Pashto in its table of languages: run in the copy's folder, prints one JSON object.

Each probe is told as `says` (what it gave) or as `fault` and `says` (what it raised).
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from click.testing import CliRunner

from hotline.cards import load_protocols
from hotline.cli.catalogues import catalogues, check, compile_catalogues
from hotline.cli.gaps import gaps
from hotline.cli.prompts import prompts
from hotline.domain import menu, voice
from hotline.domain.language import detect
from hotline.domain.languages import LANGUAGES, heard_in
from hotline.domain.texts import STATUS_CLOSED
from hotline.domain.walk import Menu
from hotline.gateways.registry import load_config
from hotline.i18n import Catalogues, direction, local_time
from hotline.tables import load_areas, load_categories, load_lexicon, load_unsaid

MENU = Menu(("ur", "sd", "en", "ps"), (("1", "snatching"),), frozenset(), 0, "15", 6, 8, 180)


def tried(probe: Callable[[], object]) -> dict[str, str]:
    try:
        return {"says": str(probe())}
    except Exception as fault:  # noqa: BLE001 - the test judges any exception
        return {"fault": type(fault).__name__, "says": str(fault)}


def command(group: object, *words: str) -> dict[str, str]:
    done = CliRunner().invoke(group, [*words, "--project", "."])  # type: ignore[arg-type]
    escaped = done.exception if done.exception and not isinstance(done.exception, SystemExit) else None
    return {"says": done.output, "exit": str(done.exit_code)} | ({"fault": type(escaped).__name__} if escaped else {})


def call() -> object:
    """A caller presses the key of Pashto, and hears the main menu and the end."""
    walk = menu.press(menu.begin("ur", known=False, withheld=False), MENU, "4", turn=0)
    return walk.language, voice.heard(walk, MENU, None), voice.busy(MENU), voice.duty_call("ps", MENU)


def config() -> object:
    Path("ps.toml").write_text('[voice]\nlanguages = ["ps", "ur"]\n[conversation]\ndefault_language = "ps"\n', "utf-8")
    read = load_config({"HOTLINE_SECRET_KEY": "k" * 32, "HOTLINE_KEYS_FILE": "keys.toml", "HOTLINE_CONFIG": "ps.toml"})
    return read.voice.languages, read.conversation.default_language


def probes() -> dict[str, object]:
    loaded = {"compile": command(compile_catalogues), "load": tried(Catalogues.load)}
    return loaded | {
        "languages": LANGUAGES,
        "check": command(catalogues, "check"),
        "gaps": gaps(Path.cwd()),
        "catalogue": [fault for fault in check(Path.cwd()) if fault.startswith("ps")],
        "say": tried(lambda: Catalogues.load().say("ps", STATUS_CLOSED, ref="482-719-365", answer_number="02135662222")),
        "categories": tried(lambda: len(load_categories(None))),
        "areas": tried(lambda: len(load_areas(None))),
        "lexicon": tried(lambda: len(load_lexicon(None).commands) > 0),
        "unsaid": tried(lambda: len(load_unsaid(None))),
        "protocols": tried(lambda: len(load_protocols(None, None))),
        "config": tried(config),
        "detect": tried(lambda: detect("زما موبایل یې په زور واخیست، زه ښه نه یم")),
        "direction": tried(lambda: direction("ps")),
        "heard_in": tried(lambda: heard_in("ps")),
        "local_time": tried(lambda: local_time(datetime(2025, 11, 23, 9, 5, tzinfo=UTC), "ps", ZoneInfo("Asia/Karachi"))),
        "menu": tried(call),
        "prompts list": command(prompts, "list", "ps"),
        "prompts build": command(prompts, "build", "ps"),
        "prompts sheet": command(prompts, "sheet", "ps"),
    }


if __name__ == "__main__":
    json.dump(probes(), sys.stdout)
