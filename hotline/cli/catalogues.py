"""Catalogues: `hotline compile` for operators, `hotline catalogues …` for developers and translators.

A new sentence on a page takes two steps: run `hotline catalogues update`, then fill in what is empty in the .po files.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo

from hotline.cli.gaps import gaps
from hotline.cli.pofiles import KEYED, extract, forms, is_translated, read_catalogue, rendered, replace, sentences, shown, wording, write
from hotline.domain import prompts, texts
from hotline.domain.languages import LANGUAGES, PAGE_LANGUAGES, SOURCE, SPOKEN_LANGUAGES, TEXT_LANGUAGES
from hotline.domain.prompts import PROMPTS
from hotline.domain.texts import TEXTS
from hotline.i18n import PROJECT, CatalogueFault, mo_path, po_path

_NAMED_VALUE = re.compile(r"%\((\w+)\)")

_project = click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True),  # Babel's folders are absolute
    default=PROJECT,
    help="The project's folder, with pyproject.toml and locales/.",
)


@contextmanager
def _faults_in_a_line() -> Iterator[None]:
    """Print a fault in a line, without a traceback, and exit with code 1."""
    try:
        yield
    except CatalogueFault as fault:
        raise click.ClickException(str(fault)) from fault
    except OSError as fault:
        said = f"{fault.filename} cannot be written or read: {fault.strerror}. Run this as a user who may write there"
        raise click.ClickException(said) from fault


@click.command("compile")
@_project
@_faults_in_a_line()
def compile_catalogues(project: Path) -> None:
    """Compile the catalogues that changed (locales/*/LC_MESSAGES/messages.po)."""
    compiled = compile_all(project / "locales")
    click.echo(f"compiled: {', '.join(compiled)}" if compiled else "catalogues are compiled already")


@click.group("catalogues")
def catalogues() -> None:
    """Keep the catalogues in step with the sentences in the sources."""


@catalogues.command("extract")
@_project
@_faults_in_a_line()
def extract_command(project: Path) -> None:
    """Write locales/messages.pot from the sources."""
    write(project / "locales" / "messages.pot", rendered(extract(project)))


@catalogues.command("update")
@click.option("--prune", is_flag=True, help="Drop translations whose sentence is gone.")
@_project
@_faults_in_a_line()
def update_command(project: Path, *, prune: bool) -> None:
    """Extract, and bring every .po in step; translations are kept, new sentences are empty."""
    template = extract(project)
    write(project / "locales" / "messages.pot", rendered(template))
    for language in LANGUAGES:
        path = po_path(project / "locales", language)
        catalog = _updated(read_catalogue(path, language), _share(template, language), prune=prune)
        write(path, rendered(catalog))
        empty = sum(1 for message in sentences(catalog) if not is_translated(message))
        click.echo(f"{language}: {empty} to translate, {len(catalog.obsolete)} without a sentence")


@catalogues.command("check")
@_project
@_faults_in_a_line()
def check_command(project: Path) -> None:
    """Check that the catalogues are in step with the sources, and that no language lacks translations, names, words or audio.

    Prints what is wrong, a line each; exit code 1 if anything is.
    """
    faults = check(project) + gaps(project)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise click.exceptions.Exit(1)
    click.echo("catalogues are in step")


def compile_all(locales: Path) -> list[str]:
    """Compile each .po that is newer than its .mo; returns the languages compiled. Raises `CatalogueFault`; a .mo is replaced whole."""
    compiled = []
    for language in LANGUAGES:
        source, target = po_path(locales, language), mo_path(locales, language)
        if not source.exists():
            raise CatalogueFault(f"{source} is missing. Run: hotline catalogues update")
        changed_at_ns = source.stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns >= changed_at_ns:
            continue
        catalog = read_catalogue(source, language)
        fuzzy = [shown(message) for message in sentences(catalog) if message.fuzzy]
        if fuzzy:
            raise CatalogueFault(f"{source}: marked fuzzy: {', '.join(fuzzy)}. Look at each translation and take the mark away")
        content = io.BytesIO()
        write_mo(content, catalog)
        replace(target, content.getvalue(), changed_at_ns)
        compiled.append(language)
    return compiled


def check(project: Path) -> list[str]:
    """What is wrong with the catalogues, one line each."""
    template = extract(project)
    pot = project / "locales" / "messages.pot"
    faults = []
    if not pot.exists() or pot.read_bytes() != rendered(template):
        faults.append("messages.pot is not in step with the sources. Run: hotline catalogues update")
    for language in LANGUAGES:
        share, source = _share(template, language), po_path(project / "locales", language)
        if not source.exists():
            count = sum(1 for _ in sentences(share))
            faults.append(f"{language}: {source} is missing, with {count} sentences. Run: hotline catalogues update, then translate them")
            continue
        try:
            catalog = read_catalogue(source, language)
        except CatalogueFault as fault:
            faults.append(str(fault))
            continue
        faults += _faults(catalog, share, language)
    return faults


def _faults(catalog: Catalog, template: Catalog, language: str) -> Iterator[str]:
    for message in sentences(template):
        if (own := catalog.get(message.id, message.context)) is None:
            yield f"{language}: not in the catalogue: {shown(message)}. Run: hotline catalogues update"
        elif own.fuzzy:
            yield f"{language}: marked fuzzy: {shown(message)}"
        elif is_translated(own):
            yield from (f"{language}: {fault}: {shown(own)}" for fault in _value_faults(own, catalog))
        elif language != SOURCE:  # English is in the sources; its catalogue is only for deployments that want other words
            yield f"{language}: not translated: {shown(message)}"
    for message in sentences(catalog):
        if template.get(message.id, message.context) is None:
            yield f"{language}: no longer in the sources: {shown(message)}. Run: hotline catalogues update"
    if catalog.obsolete:
        yield f"{language}: {len(catalog.obsolete)} translations without a sentence. Run: hotline catalogues update --prune"
    yield from _keyed_faults(catalog, language)


def _keyed_faults(catalog: Catalog, language: str) -> Iterator[str]:
    """Faults in the wordings of texts and prompts."""
    for text in TEXTS.values() if language in TEXT_LANGUAGES else ():
        yield from texts.faults(text, language, lambda one: wording(catalog, one.english, one.key))
    for prompt in PROMPTS.values() if language in SPOKEN_LANGUAGES else ():
        yield from prompts.faults(prompt, language, wording(catalog, prompt.english, prompt.context))


def _value_faults(message: Message, catalog: Catalog) -> Iterator[str]:
    """Faults in the values (`%(name)s`) and plural forms of a page's sentence. (For texts see `texts.faults`.)"""
    yield from (str(error) for error in message.check(catalog))
    one, many = (message.id, message.id) if isinstance(message.id, str) else message.id
    needed, known = _values(one) & _values(many), _values(one) | _values(many)
    for n, form in enumerate(forms(message)):
        # The singular ("One text") needs no number; the plural does.
        least = needed if n == 0 else _values(many)
        if not least <= _values(form) <= known:
            yield f"values differ in {form!r}"


def _values(sentence: str) -> set[str]:
    return set(_NAMED_VALUE.findall(sentence))


def _updated(catalog: Catalog, template: Catalog, *, prune: bool) -> Catalog:
    """Bring the catalogue in step with the template. A text or prompt whose English changed keeps its translation, marked fuzzy."""
    for gone in list(catalog.obsolete.values()):
        catalog[gone.id] = gone  # so that a sentence that is in the sources again gets its old translation
    catalog.obsolete.clear()
    # No fuzzy matching: "Open" is not "Opened". Texts and prompts are matched by their key below.
    catalog.update(template, no_fuzzy_matching=True)
    by_key: dict[str | None, Message] = {message.context: message for message in catalog if message.context in KEYED}
    for key, old in list(catalog.obsolete.items()):
        new = by_key.get(old.context)
        if new is not None and not new.string and old.string:
            new.string, new.user_comments, new.previous_id = old.string, old.user_comments, [str(old.id)]
            new.flags.add("fuzzy")
            del catalog.obsolete[key]
    if prune:
        catalog.obsolete.clear()
    return catalog


def _share(template: Catalog, language: str) -> Catalog:
    """The part of the template that a language needs: of texts, prompts and pages those it is used for (Roman Urdu: texts only)."""
    share = Catalog(fuzzy=False)
    for message in sentences(template):
        users = TEXT_LANGUAGES if message.context in TEXTS else SPOKEN_LANGUAGES if message.context in KEYED else PAGE_LANGUAGES
        if language in users:
            share[message.id] = message.clone()  # a copy: `Catalog.update` shares messages, so languages would fill in each other's
    return share
