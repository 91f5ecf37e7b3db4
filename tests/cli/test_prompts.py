"""`hotline prompts`: on a copy of the catalogues, with clips made and taken in."""

import json
import math
import re
import shutil
from array import array
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli.catalogues import compile_all
from hotline.cli.prompts import prompts
from hotline.domain.languages import SPOKEN_LANGUAGES
from hotline.i18n import LOCALES, mo_path, prompts_path
from hotline.media import sound
from hotline.media.clips import Shelf
from hotline.media.sound import RATE_HZ, Samples
from tests.cli.test_catalogues import reworded
from tests.support import catalogues
from tests.test_prompts import clips

RECORDING = array("h", (round(3000 * math.sin(2 * math.pi * 300 * n / RATE_HZ)) for n in range(2 * RATE_HZ)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Our catalogues and clips, in a folder of their own."""
    catalogues()
    shutil.copytree(LOCALES, tmp_path / "locales")
    return tmp_path


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """A folder of recordings, empty yet."""
    (tmp_path / "takes").mkdir()
    return tmp_path / "takes"


def run(project: Path, *words: str) -> Result:
    return CliRunner().invoke(prompts, [*words, "--project", str(project)])


def take(takes: Path, name: str, samples: Samples = RECORDING) -> None:
    (takes / name).write_bytes(sound.written(samples))


def kind(project: Path, language: str, clip: str) -> str:
    manifest = json.loads((prompts_path(project / "locales", language) / "manifest.json").read_text("utf-8"))
    return str(manifest[clip]["kind"])


def audio(project: Path, language: str, clip: str) -> bytes:
    return Shelf(prompts_path(project / "locales", language)).path(clip).read_bytes()


def change_wording(project: Path) -> None:
    """The Urdu goodbye says something else."""
    reworded(project, "ur", "آپ کا شکریہ۔", "بہت شکریہ۔")
    mo_path(project / "locales", "ur").unlink()
    compile_all(project / "locales")


def test_what_is_whole_is_counted(project: Path) -> None:
    result = run(project, "list")
    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.output.splitlines()] == list(SPOKEN_LANGUAGES)


def test_what_is_missing_older_than_its_text_or_too_much_is_listed(project: Path) -> None:
    change_wording(project)
    folder = prompts_path(project / "locales", "ur")
    (folder / "keep.wav").unlink()
    (folder / "hello.wav").write_bytes(b"")
    result = run(project, "list", "ur")
    assert result.exit_code == 1
    assert "ur goodbye: older than its text: بہت شکریہ۔" in result.output
    assert "ur keep: missing: آپ کی بات" in result.output
    assert "ur hello: nobody says it any more" in result.output
    assert "1 missing, 1 older than its text" in result.output
    assert run(project, "list", "sd").exit_code == 0


def test_placeholders_are_made_of_what_is_missing_or_older_and_of_nothing_else(project: Path) -> None:
    change_wording(project)
    folder = prompts_path(project / "locales", "ur")
    (folder / "keep.wav").unlink()
    before = {path: path.read_bytes() for path in folder.glob("*.wav")}
    result = run(project, "build")
    assert result.output.splitlines() == [
        "en: 0 made, 0 left as they are, 0 thrown away",
        "ur: 2 made, 0 left as they are, 0 thrown away",
        "sd: 0 made, 0 left as they are, 0 thrown away",
    ]
    assert {path.stem for path, content in before.items() if path.read_bytes() != content} == {"goodbye"}
    assert run(project, "list").exit_code == 0
    assert kind(project, "ur", "keep") == "placeholder"


def test_a_recording_older_than_its_text_is_replaced_by_a_machine_only_on_request(project: Path, takes: Path) -> None:
    take(takes, "goodbye.wav")
    assert run(project, "take-in", "ur", str(takes)).exit_code == 0
    change_wording(project)
    recorded = audio(project, "ur", "goodbye")
    result = run(project, "build", "ur")
    assert "ur goodbye: a person's voice says an older text" in result.output
    assert (audio(project, "ur", "goodbye"), kind(project, "ur", "goodbye")) == (recorded, "recorded")
    assert "1 made" in run(project, "build", "ur", "--over-recordings").output
    assert audio(project, "ur", "goodbye") != recorded
    assert kind(project, "ur", "goodbye") == "placeholder"


def test_a_recording_that_holds_is_never_touched_by_a_build(project: Path, takes: Path) -> None:
    take(takes, "goodbye.wav")
    run(project, "take-in", "ur", str(takes))
    recorded = audio(project, "ur", "goodbye")
    run(project, "build", "--over-recordings", "--prune")
    assert audio(project, "ur", "goodbye") == recorded


def test_what_nobody_says_is_thrown_away_only_on_request(project: Path) -> None:
    stray = prompts_path(project / "locales", "sd") / "hello.wav"
    stray.write_bytes(b"")
    assert "0 thrown away" in run(project, "build", "sd").output
    assert stray.exists()
    assert "1 thrown away" in run(project, "build", "sd", "--prune").output
    assert not stray.exists()


def test_a_table_of_categories_of_ones_own_needs_clips_of_its_own(project: Path) -> None:
    table = project / "categories.toml"
    table.write_text(
        '[[category]]\ncode = "water"\nkey = 1\nteam = "general"\npriority = "normal"\n'
        'names.en = "Water"\nnames.ur = "پانی"\nnames.sd = "پاڻي"\n',
        "utf-8",
    )
    result = run(project, "list", "ur", "--categories", str(table))
    assert "ur category_water: missing: پانی" in result.output
    assert run(project, "build", "ur", "--categories", str(table)).exit_code == 0
    assert len(audio(project, "ur", "category_water")) > 4000


# Recordings


def test_recordings_are_taken_in_trimmed_and_levelled(project: Path, takes: Path) -> None:
    quiet = array("h", (sample // 20 for sample in RECORDING))
    pause = array("h", bytes(2 * 3 * RATE_HZ))
    take(takes, "goodbye.wav", pause + quiet + pause)
    take(takes, "Danger.1.WAV")
    result = run(project, "take-in", "sd", str(takes))
    assert result.output.splitlines() == ["Danger.1.WAV: taken", "goodbye.wav: taken", "sd: 2 taken, 0 not"]
    measured = sound.measure(sound.read_wav(Shelf(prompts_path(project / "locales", "sd")).path("goodbye")))
    assert measured.level_db == pytest.approx(sound.LEVEL_DB, abs=1)
    assert measured.duration_s == pytest.approx(2.45, abs=0.1)
    assert kind(project, "sd", "goodbye") == kind(project, "sd", "danger.1") == "recorded"
    assert kind(project, "ur", "goodbye") == "placeholder"


def test_a_good_recording_is_not_overwritten_by_accident(project: Path, takes: Path) -> None:
    take(takes, "goodbye.wav")
    run(project, "take-in", "ur", str(takes))
    recorded = audio(project, "ur", "goodbye")
    take(takes, "goodbye.wav", RECORDING[: RATE_HZ // 2])
    again = run(project, "take-in", "ur", str(takes))
    assert again.exit_code == 1
    assert "goodbye.wav: not taken: there is a recording of it already; give --replace" in again.output
    assert audio(project, "ur", "goodbye") == recorded
    assert run(project, "take-in", "ur", str(takes), "--replace").exit_code == 0
    assert audio(project, "ur", "goodbye") != recorded


def test_a_recording_of_an_older_text_makes_room_for_a_new_one(project: Path, takes: Path) -> None:
    take(takes, "goodbye.wav")
    run(project, "take-in", "ur", str(takes))
    change_wording(project)
    assert run(project, "take-in", "ur", str(takes)).exit_code == 0
    assert run(project, "list", "ur").exit_code == 0


def test_files_that_cannot_be_meant_are_refused_and_the_others_taken(project: Path, takes: Path) -> None:
    take(takes, "goodbye.wav")
    take(takes, "hello.wav")
    take(takes, "keep.wav")
    (takes / "keep.flac").write_bytes((takes / "keep.wav").read_bytes())
    (takes / "consent.m4a").write_bytes(b"not a sound")
    take(takes, "notice.wav", array("h", bytes(2 * RATE_HZ)))
    take(takes, "digit_1.wav", RECORDING * 4)
    (takes / ".DS_Store").write_bytes(b"")
    before = {path: path.read_bytes() for path in prompts_path(project / "locales", "ur").glob("*")}
    result = run(project, "take-in", "ur", str(takes))
    assert result.exit_code == 1
    for said in (
        "consent.m4a: not taken: it cannot be read",
        "digit_1.wav: not taken: it lasts 8.0 s, which is too long or too short for: ایک",
        "hello.wav: not taken: no clip is called so",
        "keep.flac: not taken: there are two of this name",
        "keep.wav: not taken: there are two of this name",
        "notice.wav: not taken: there is nothing to hear",
        "goodbye.wav: taken",
        "ur: 1 taken, 6 not",
    ):
        assert said in result.output
    changed = {path.name for path, content in before.items() if path.read_bytes() != content}
    assert changed == {"goodbye.wav", "manifest.json"}


# The sheet


class Sheet(HTMLParser):
    """The cells of the table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.html: dict[str, str | None] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.html = dict(attrs)
        elif tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = re.sub(r"\s+", " ", self.rows[-1][-1] + data)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ur", "rtl"), ("sd", "rtl")])
def test_the_sheet_says_what_each_file_is_called_what_to_say_and_how(project: Path, language: str, direction: str) -> None:
    sheet = Sheet(run(project, "sheet", language).output)
    assert sheet.html == {"lang": language, "dir": direction}
    head, *rows = sheet.rows
    assert len(head) == 3
    assert [name.strip() for name, _, _ in rows] == [clip.name for clip in clips(language)]
    for (_, say, how), clip in zip(rows, clips(language), strict=True):
        assert say.strip().startswith(clip.says)
        assert len(how.strip()) > 8
    # One note each: danger, asking, digits, a list, pieces, and all the rest.
    assert len({how.strip() for _, _, how in rows}) == 6


def test_a_piece_stands_on_the_sheet_with_the_sentence_it_is_out_of(project: Path) -> None:
    rows = {row[0].strip(): row for row in Sheet(run(project, "sheet", "en").output).rows}
    assert "Out of: If you can, hang up and call …." in rows["danger.1"][1]
    assert "Out of" not in rows["keep"][1]


def test_what_is_recorded_is_on_the_sheet_only_on_request(project: Path, takes: Path) -> None:
    take(takes, "goodbye.wav")
    run(project, "take-in", "en", str(takes))
    assert "<code>goodbye<" not in run(project, "sheet", "en").output
    assert "<code>goodbye<" in run(project, "sheet", "en", "--all").output


def test_letters_of_markup_in_a_wording_are_only_letters(project: Path) -> None:
    table = project / "categories.toml"
    table.write_text(
        '[[category]]\ncode = "water"\nkey = 1\nteam = "general"\npriority = "normal"\n'
        'names.en = "<b>Water</b>"\nnames.ur = "پانی"\nnames.sd = "پاڻي"\n',
        "utf-8",
    )
    assert "&lt;b&gt;Water" in run(project, "sheet", "en", "--categories", str(table)).output
