"""`hotline prompts …`: the audio clips of the prompts. Lists missing clips, makes them by machine, takes in recordings.

The commands work on the project's folder, as `hotline catalogues` does: clips are part of the project, like the wordings.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from hotline.cli.recording_sheet import sheet
from hotline.domain.languages import BY_CODE, SPOKEN_LANGUAGES
from hotline.i18n import PROJECT, CatalogueFault, Catalogues, prompts_path
from hotline.media.clips import Clip, Kind, ManifestFault, Shelf, State
from hotline.tables import TableFault, load_categories

_MISSING_EXTRA = "libraries are missing that only this needs; in the project's folder: .venv/bin/pip install -e '.[prompts]'"


@dataclass(frozen=True)
class _Language:
    """A language, its clips, and clip name → what the clip has to say."""

    code: str
    shelf: Shelf
    texts: Mapping[str, str]


def _options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option(
        "--categories",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A table of categories in place of ours, as in [files] of the configuration.",
    )(command)
    return click.option(
        "--project",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=PROJECT,
        help="The project's folder, with locales/.",
    )(command)


_one_language = click.argument("language", type=click.Choice(SPOKEN_LANGUAGES))
_some_languages = click.argument("languages", type=click.Choice(SPOKEN_LANGUAGES), nargs=-1)


@contextmanager
def _faults_in_a_line() -> Iterator[None]:
    """Print a fault in a line, without a traceback, and exit with code 1."""
    try:
        yield
    except (CatalogueFault, ManifestFault, TableFault, ValueError) as fault:
        raise click.ClickException(str(fault)) from fault
    except OSError as fault:
        raise click.ClickException(f"{fault.filename} cannot be read or written: {fault.strerror}") from fault


def _languages(languages: tuple[str, ...], project: Path, categories: Path | None) -> list[_Language]:
    """The languages named, or all spoken ones if none is. Raises the faults that `_faults_in_a_line` prints."""
    catalogues, table = Catalogues.load(project / "locales"), load_categories(categories)
    return [
        _Language(code, Shelf(prompts_path(project / "locales", code)), catalogues.clip_texts(code, table))
        for code in SPOKEN_LANGUAGES
        if code in languages or not languages
    ]


@click.group("prompts")
def prompts() -> None:
    """Keep the audio of the prompts in step with their wordings."""


@prompts.command("list")
@_some_languages
@_options
@_faults_in_a_line()
def list_command(languages: tuple[str, ...], project: Path, categories: Path | None) -> None:
    """List the clips that are missing or older than their text; exit code 1 if there are any."""
    wanting = 0
    for one in _languages(languages, project, categories):
        clips = one.shelf.look(one.texts)
        for clip in clips:
            if not clip.is_usable:
                wanting += 1
                click.echo(f"{one.code} {clip.name}: {clip.state}: {clip.says}")
        for name in one.shelf.unneeded(one.texts):
            click.echo(f"{one.code} {name}: nobody says it any more; take it away: hotline prompts build --prune")
        counted = Counter(clip.state for clip in clips)
        click.echo(f"{one.code}: {len(clips)} clips: {', '.join(f'{counted[state]} {state}' for state in State if counted[state])}")
    if wanting:
        raise click.exceptions.Exit(1)


@prompts.command("build")
@_some_languages
@click.option("--over-recordings", is_flag=True, help="Replace recordings too, where they are older than their text.")
@click.option("--prune", is_flag=True, help="Throw away clips that nobody says any more.")
@_options
@_faults_in_a_line()
def build_command(languages: tuple[str, ...], project: Path, categories: Path | None, *, over_recordings: bool, prune: bool) -> None:
    """Let a machine speak the clips that are missing or older than their text. A recording that is up to date is never changed."""
    try:
        # From the extra [prompts], which the running hotline does not need.
        from hotline.media.speech import SpeechFault, open_speech  # noqa: PLC0415
        from hotline.media.takes import resampled  # noqa: PLC0415
    except ImportError as error:
        raise click.ClickException(_MISSING_EXTRA) from error
    speak, rate_hz = open_speech()
    for one in _languages(languages, project, categories):
        made = kept = 0
        voice = BY_CODE[one.code].machine_voice
        if not voice:
            click.echo(f"{one.code}: espeak-ng has no voice for it; have its prompts recorded: hotline prompts sheet {one.code}")
        for clip in one.shelf.look(one.texts):
            if clip.is_usable:
                continue
            if clip.kind is Kind.RECORDED and not over_recordings:
                click.echo(f"{one.code} {clip.name}: a person's voice says an older text; record it again, or give --over-recordings")
            if not voice or (clip.kind is Kind.RECORDED and not over_recordings):
                kept += 1
                continue
            try:
                one.shelf.add(clip.name, clip.says, Kind.PLACEHOLDER, resampled(speak(voice, clip.says), rate_hz))
            except SpeechFault as fault:
                raise click.ClickException(f"{one.code}: {fault}; its voice is named in hotline/domain/languages.py") from fault
            made += 1
        gone = one.shelf.unneeded(one.texts) if prune else []
        for name in gone:
            one.shelf.remove(name)
        click.echo(f"{one.code}: {made} made, {kept} left as they are, {len(gone)} thrown away")


@prompts.command("sheet")
@_one_language
@click.option("--all", "everything", is_flag=True, help="All clips; without it, those that no person has recorded.")
@_options
@_faults_in_a_line()
def sheet_command(language: str, project: Path, categories: Path | None, *, everything: bool) -> None:
    """Print a sheet to record from, as a web page: hotline prompts sheet ur > sheet.html."""
    catalogues = Catalogues.load(project / "locales")
    [one] = _languages((language,), project, categories)
    clips = [clip for clip in one.shelf.look(one.texts) if everything or clip.state is not State.RECORDED]
    click.echo(sheet(catalogues, language, clips), nl=False)


@prompts.command("take-in")
@_one_language
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also where there is a recording of the same text already.")
@_options
@_faults_in_a_line()
def take_in_command(language: str, folder: Path, project: Path, categories: Path | None, *, replace: bool) -> None:
    """Take in a folder of recordings, each named like its clip (danger.1.m4a); exit code 1 if one was not taken."""
    try:
        from hotline.media.takes import TakeFault, decoded  # noqa: PLC0415 - as above
    except ImportError as error:
        raise click.ClickException(_MISSING_EXTRA) from error
    [one] = _languages((language,), project, categories)
    clips = {clip.name: clip for clip in one.shelf.look(one.texts)}
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    named = Counter(path.stem.lower() for path in files)
    taken = 0
    for path in files:
        clip = clips.get(path.stem.lower())
        why_not = _why_not(clip, replace=replace) if named[path.stem.lower()] == 1 else "there are two of this name"
        if clip is not None and why_not is None:
            try:
                one.shelf.add(clip.name, clip.says, Kind.RECORDED, decoded(path))
            except (TakeFault, ValueError) as fault:
                why_not = str(fault)
        taken += why_not is None
        click.echo(f"{path.name}: {'taken' if why_not is None else f'not taken: {why_not}'}")
    click.echo(f"{one.code}: {taken} taken, {len(files) - taken} not")
    if taken < len(files):
        raise click.exceptions.Exit(1)


def _why_not(clip: Clip | None, *, replace: bool) -> str | None:
    """Why a recording of a clip is not taken in; None if it may be."""
    if clip is None:
        return "no clip is called so; see: hotline prompts sheet --all"
    if clip.state is State.RECORDED and not replace:
        return "there is a recording of it already; give --replace to take this one"
    return None
