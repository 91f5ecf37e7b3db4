"""`hotline reading …`."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from hotline import readers
from hotline.cli.setting import config_or_exit, runtime_or_exit
from hotline.domain.reading import Part, Reader, Reading, read, reasons
from hotline.gazetteers import load_gazetteer
from hotline.learning import own, reporting
from hotline.learning.corpus import CORPUS, read_corpus, read_texts
from hotline.learning.own import Fit, Learnt, Mistakes, TooFew
from hotline.learning.scoring import Share, score
from hotline.modelfile import MODEL, write_model
from hotline.readers import load_reader
from hotline.services import showings
from hotline.storage.corrections import corrections, texts_read
from hotline.storage.showings import ShowingKind
from hotline.tables import TableFault, load_categories, load_lexicon

_CONFUSIONS_SHOWN = 15

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def reading() -> None:
    """Commands for the reading of texts: what they are about, and whether somebody is in danger."""


@reading.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Read texts from standard input, one a line, and print a JSON object a line.")
def explain(text: str | None, *, as_json: bool) -> None:
    """Say what a text is read as, and why. A line break in a text is written \\n."""
    reader = _reader_or_exit()
    if as_json:
        for line in sys.stdin:
            body = line.rstrip("\n").replace("\\n", "\n")
            click.echo(json.dumps(_as_json(body, read(body, reader), reader), ensure_ascii=False))
        return
    if text is None:
        raise click.UsageError("give a text, or --json and texts on standard input")
    _print(text, read(text, reader), reader)


@reading.command(name="score")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def score_(files: tuple[Path, ...]) -> None:
    """Say how good the reading is on labelled texts (columns as in the corpus), best of authors from whom it has not learnt."""
    reader = _reader_or_exit()
    try:
        texts = [text for file in files for text in read_texts(file)]
    except TableFault as fault:
        raise click.ClickException(str(fault)) from fault
    found = score(texts, [read(text.text, reader) for text in texts])
    for title, shares in (("All", found.shares), ("By kind", found.by_kind), ("By script", found.by_script), ("Odds", found.calibration)):
        _print_shares(title, shares)
    click.echo("\nKinds taken for another")
    for (labelled, read_as), times in found.confused[:_CONFUSIONS_SHOWN]:
        click.echo(f"  {labelled} read as {read_as}: {times}")


@reading.command()
@click.option("--corpus", type=_FOLDER, default=CORPUS, help="The folder of labelled texts.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=MODEL, help="Where the model is written.")
def train(corpus: Path, out: Path) -> None:
    """Learn the model anew from the corpus. The same corpus gives the same file."""
    fit = _fit_or_exit()
    try:
        texts = read_corpus(corpus)
    except TableFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{len(texts)} texts of {len({text.author for text in texts})} authors")
    model, about = fit(texts, progress=lambda step: click.echo(f"  {step} …"))
    write_model(out, model, about)
    click.echo(f"{out} is written.")
    _print_measured(about)


@reading.command(name="report")
@click.option("--days", type=click.IntRange(1, 3650), default=28, show_default=True, help="How many days to look back.")
def report_(days: int) -> None:
    """Say what volunteers corrected, by kind, and which words were the reasons of what was wrong."""
    with runtime_or_exit() as rt:
        showings.note(rt, ShowingKind.COMMAND, volunteer_id=None, what="reading report")
        since = rt.clock() - timedelta(days=days)
        with rt.reading() as session:
            read_, said = texts_read(session, since=since), corrections(session, rt.categories, since=since)
    click.echo(f"In the last {days} days {read_} texts were read; people have said of {len(said)} of them what they mean.")
    for line in reporting.report(said):
        click.echo(line)
    _print_measured(readers.model_in_force(rt.config)[0].about)


@reading.command()
def learn() -> None:
    """Learn the model anew from the corpus and from what people corrected here. It is taken only if it is better; nothing leaves here."""
    fit = _fit_or_exit()
    with runtime_or_exit() as rt:
        showings.note(rt, ShowingKind.COMMAND, volunteer_id=None, what="reading learn")
        with rt.reading() as session:
            said = corrections(session, rt.categories)
        config, reader = rt.config, rt.reader
    in_force, _ = readers.model_in_force(config)
    try:
        found = own.learn(read_corpus(CORPUS), said, reader, in_force.about, fit, progress=lambda step: click.echo(f"  {step} …"))
    except TooFew as few:
        click.echo(
            f"People spoke of {few} texts that the model in force has not learnt from: too few, {own.LEAST} are needed. Nothing is changed."
        )
        return
    except TableFault as fault:
        raise click.ClickException(str(fault)) from fault
    _print_learnt(found)
    if found.model is None:
        click.echo("The new model is not better: the one in force stays.")
        return
    try:
        readers.take(config, *found.model)
    except OSError as fault:
        raise click.ClickException(f"{fault.filename} cannot be written: {fault.strerror}; the model in force stays") from fault
    click.echo("The new model is better: it is in force. Processes that run take it at their next start; hotline reading back undoes it.")


@reading.command()
def back() -> None:
    """Put the model before in force again; if there is none, the shipped one."""
    config = config_or_exit(signs=False)
    try:
        changes = readers.go_back(config)
    except OSError as fault:
        raise click.ClickException(f"{fault.filename} cannot be changed: {fault.strerror}") from fault
    if not changes:
        click.echo("The shipped model is in force already.")
        return
    which = "The model before" if readers.learnt_model(config).exists() else "The shipped model"
    click.echo(f"{which} is in force again. Processes that run take it at their next start.")


def _fit_or_exit() -> Fit:
    try:
        from hotline.learning.fitting import fit  # noqa: PLC0415 - scikit-learn is an extra: only learning needs it
    except ImportError as fault:
        raise click.ClickException("learning needs scikit-learn: pip install 'hotline[reading]'") from fault
    return fit


def _print_measured(about: Mapping[str, Any]) -> None:
    """What each threshold of [reading] finds, as the model's file says."""
    click.echo("The model, on authors of the corpus whom it had not seen:")
    for part, rows in about.get("measured", {}).items():
        for row in rows:
            threshold, found, false = (100 * row[name] for name in ("threshold", "found", "false"))
            click.echo(f"  {part:<8} from {threshold:3.0f} % on: {found:3.0f} % found, {false:3.0f} % false")


def _print_learnt(found: Learnt) -> None:
    click.echo(f"People spoke of {found.corrections} texts; {found.held_back} of them were held back, and both models read them:")
    for name, made in (("in force", found.before), ("new", found.after)):
        click.echo(f"  {name:<9}{_mistakes(made)}")
    before, after = (f"{100 * share:.0f} %" for share in found.found)
    click.echo(f"Of danger in the corpus they find {before} and {after}, in authors they had not seen.")


def _mistakes(made: Mistakes) -> str:
    return (
        f"{made.kinds} of {made.of_kinds} kinds wrong; danger: {made.missed} of {made.of_danger} missed, "
        f"{made.false} of {made.of_safe} false; {made.total} mistakes"
    )


def _reader_or_exit() -> Reader:
    config = config_or_exit(signs=False)
    try:
        return load_reader(
            config,
            load_categories(config.table("categories")),
            load_lexicon(config.table("lexicon")),
            load_gazetteer(config.table("gazetteer")),
            refusing=lambda fault: click.echo(f"{fault}; the shipped model reads instead", err=True),
        )
    except TableFault as fault:
        raise click.ClickException(str(fault)) from fault


def _as_json(text: str, found: Reading, reader: Reader) -> dict[str, object]:
    return {
        "language": found.language,
        "intent": found.intent,
        "kind": found.kind,
        "kinds": list(found.kinds),
        "object": found.object,
        "danger": found.danger,
        "danger_p": round(found.likely[Part.DANGER], 3),
        "against": found.against,
        "quiet": found.quiet,
        "area": found.places[0].en if found.places else None,
        "areas": [place.en for place in found.places],
        "references": list(found.references),
        "reasons": {name: list(said) for name, said in reasons(text, found, reader).items()},
    }


def _print(text: str, found: Reading, reader: Reader) -> None:
    why = reasons(text, found, reader)

    def line(name: str, value: object, reason: str) -> None:
        said = f"   because of: {', '.join(why[reason])}" if why.get(reason) else ""
        click.echo(f"{name:<11}{value}{said}")

    line("language", found.language or "not told", "")
    line("intent", found.intent, "intent")
    chances = ", ".join(f"{kind} {100 * chance:.0f} %" for kind, chance in zip(found.kinds, found.chances, strict=True))
    line("kinds", chances or "none: it is no complaint", "kind")
    line("object", found.object or "none", "object")
    for part in Part:
        line(part, f"{'yes' if getattr(found, part) else 'no'} ({100 * found.likely[part]:.0f} %)", part)
    line("place", " or ".join(place.en for place in found.places) or "none named", "")
    line("references", ", ".join(found.references) or "none", "")
    if found.hits:
        click.echo(f"the tables found words of: {', '.join(found.hits)}")


def _print_shares(title: str, shares: Sequence[Share]) -> None:
    click.echo(f"\n{title}")
    for share in shares:
        click.echo(f"  {share}")
