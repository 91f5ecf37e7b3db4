"""`hotline compile` and `hotline catalogues`: on a small copy of the project, with pages of its own."""

import errno
import gettext
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli.catalogues import catalogues, check, compile_all, compile_catalogues
from hotline.domain.languages import LANGUAGES
from hotline.i18n import PROJECT, CatalogueFault, Catalogues, mo_path, po_path

PAGE = "hotline/web/templates/queue.html"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Our texts, prompts, catalogues, tables and style sheet, and no pages."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    shutil.copytree(PROJECT / "hotline/data", tmp_path / "hotline/data")
    (tmp_path / "hotline/web/static").mkdir(parents=True)
    shutil.copy(PROJECT / "hotline/web/static/style.css", tmp_path / "hotline/web/static")
    (tmp_path / "hotline/domain").mkdir(parents=True)
    for sentences in ("texts.py", "prompts.py"):
        shutil.copy(PROJECT / "hotline/domain" / sentences, tmp_path / "hotline/domain")
    shutil.copytree(PROJECT / "locales", tmp_path / "locales", ignore=shutil.ignore_patterns("*.mo"))
    assert run(tmp_path, "update", "--prune").exit_code == 0
    assert check(tmp_path) == []
    return tmp_path


@pytest.fixture
def page(project: Path) -> Callable[[str], None]:
    """Write the one page of the project."""

    def write(html: str) -> None:
        path = project / PAGE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, "utf-8")

    return write


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(catalogues, [*arguments, "--project", str(project)])


def reworded(project: Path, language: str, old: str, new: str) -> None:
    path = po_path(project / "locales", language)
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new), "utf-8")


def translated(project: Path, msgid: str, msgstr: str) -> None:
    for language in ("ur", "sd"):
        reworded(project, language, f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{msgstr}"')


def files(project: Path) -> dict[str, bytes]:
    return {str(path.relative_to(project)): path.read_bytes() for path in sorted((project / "locales").rglob("*.po*"))}


def test_our_own_catalogues_are_in_step() -> None:
    assert check(PROJECT) == []


def test_updating_what_is_in_step_changes_nothing(project: Path) -> None:
    before = files(project)
    assert run(project, "update").exit_code == 0
    assert files(project) == before


def test_the_files_carry_no_dates_no_line_numbers_and_no_paths_of_a_machine(project: Path) -> None:
    for name, content in files(project).items():
        assert b"Date" not in content, name
        assert b".py:" not in content, name
        assert str(project).encode() not in content, name


def test_a_new_sentence_on_a_page_takes_an_update_and_its_translations(project: Path, page: Callable[[str], None]) -> None:
    page("<h1>{{ _('Open tickets') }}</h1>")
    assert "messages.pot is not in step" in run(project, "check").output
    update = run(project, "update")
    assert update.exit_code == 0
    assert "ur: 1 to translate" in update.output
    assert "sd: 1 to translate" in update.output
    assert "ur-Latn: 0 to translate" in update.output
    refused = run(project, "check")
    assert refused.exit_code == 1
    assert refused.output.splitlines() == ["ur: not translated: 'Open tickets'", "sd: not translated: 'Open tickets'"]
    translated(project, "Open tickets", "کھلے ٹکٹ")
    assert run(project, "check").exit_code == 0


def test_sentences_are_found_in_pages_and_in_their_code(project: Path, page: Callable[[str], None]) -> None:
    page("{% trans name=who %}Taken by {{ name }}{% endtrans %}{{ ngettext('%(num)s ticket', '%(num)s tickets', n) }}")
    (project / "hotline/web/tickets.py").write_text("flash(_('It has moved'))\n", "utf-8")
    (project / "hotline/simulator").mkdir()
    (project / "hotline/simulator/app.py").write_text("_('English only')\n", "utf-8")
    run(project, "extract")
    template = (project / "locales/messages.pot").read_text("utf-8")
    assert 'msgid "Taken by %(name)s"' in template
    assert 'msgid_plural "%(num)s tickets"' in template
    assert 'msgid "It has moved"' in template
    assert "English only" not in template


def test_a_page_that_cannot_be_parsed_is_not_passed_over(project: Path, page: Callable[[str], None]) -> None:
    before = files(project)
    page("{{ _('Open tickets') }}{% if %}")
    refused = run(project, "update")
    assert refused.exit_code == 1
    assert f"Error: {PAGE} cannot be parsed" in refused.output
    assert files(project) == before


@pytest.mark.parametrize("faulty", ["لیا گیا", "%(nam)s نے لیا", "%(name)s %(more)s"])
def test_values_that_differ_on_a_page_are_found(project: Path, page: Callable[[str], None], faulty: str) -> None:
    page("{% trans name=who %}Taken by {{ name }}{% endtrans %}")
    run(project, "update")
    translated(project, "Taken by %(name)s", faulty)
    faults = check(project)
    assert any(fault.startswith("ur: values differ") for fault in faults)
    assert any(fault.startswith("sd: values differ") for fault in faults)


def test_a_plural_may_leave_the_number_out_for_one_only(project: Path, page: Callable[[str], None]) -> None:
    page("{{ ngettext('%(num)s ticket', '%(num)s tickets', n) }}{{ ngettext('One text', '%(num)s texts', n) }}")
    run(project, "update")
    for language in ("ur", "sd"):
        reworded(
            project, language, '%(num)s tickets"\nmsgstr[0] ""\nmsgstr[1] ""', '%(num)s tickets"\nmsgstr[0] "%(num)s"\nmsgstr[1] "%(num)s"'
        )
        reworded(project, language, '%(num)s texts"\nmsgstr[0] ""\nmsgstr[1] ""', '%(num)s texts"\nmsgstr[0] "ایک"\nmsgstr[1] "%(num)s"')
    assert check(project) == []
    reworded(project, "ur", 'msgstr[0] "ایک"\nmsgstr[1] "%(num)s"', 'msgstr[0] "ایک"\nmsgstr[1] "کئی"')
    (fault,) = check(project)
    assert fault.startswith("ur: values differ in 'کئی'")


@pytest.mark.parametrize(
    ("wording", "fault"),
    [
        ("یہ بند ہو چکا ہے۔ کام نہ ہوا ہو تو ہمیں پھر بتائیں۔", "ur status_closed_other: {ref} is missing"),
        ("", "ur: not translated: status_closed_other"),
        ("{ref}: " + "یہ بند ہو چکا ہے۔" * 5, "ur status_closed_other: 98 units of UCS-2 are 2 segments, not 1"),
    ],
)
def test_a_text_that_cannot_go_out_is_found(project: Path, wording: str, fault: str) -> None:
    reworded(project, "ur", 'msgstr "{ref}: یہ بند ہو چکا ہے۔ کام نہ ہوا ہو تو ہمیں پھر بتائیں۔"', f'msgstr "{wording}"')
    assert check(project) == [fault]


def test_a_text_whose_english_changed_keeps_its_translation_to_be_looked_at(project: Path) -> None:
    source = project / "hotline/domain/texts.py"
    source.write_text(source.read_text("utf-8").replace("{ref}: it is closed.", "{ref}: that is closed now."), "utf-8")
    run(project, "update")
    content = po_path(project / "locales", "sd").read_text("utf-8")
    assert 'msgid "{ref}: that is closed now. If it is not solved, tell us again."\nmsgstr "{ref}: هي بند ٿي چڪو آهي.' in content
    assert "# needs a native reader: whole\n" in content
    assert "sd: marked fuzzy: status_closed_other" in check(project)
    with pytest.raises(CatalogueFault, match="marked fuzzy: status_closed_other"):
        compile_all(project / "locales")


@pytest.mark.parametrize(
    ("wording", "fault"),
    [
        ("آپ کا نمبر ہے۔", "ur spoken: reference: {digits} is missing"),
        ("آپ کا نمبر ہے: {digits}، {police}۔", "ur spoken: reference: {police} is not in the English"),
        ("آپ کا نمبر ہے: {ref}۔", "ur spoken: reference: {ref} cannot be spoken"),
        ("", "ur: not translated: spoken: reference"),
    ],
)
def test_a_prompt_that_cannot_be_spoken_is_found(project: Path, wording: str, fault: str) -> None:
    reworded(project, "ur", 'msgstr "آپ کا نمبر ہے: {digits}۔"', f'msgstr "{wording}"')
    assert check(project) == [fault]


def test_a_prompt_and_a_text_of_the_same_key_are_two_sentences(project: Path) -> None:
    content = po_path(project / "locales", "ur").read_text("utf-8")
    assert 'msgctxt "reference_mistyped"\n' in content
    assert 'msgctxt "spoken: reference_mistyped"\n' in content
    assert "spoken:" not in po_path(project / "locales", "ur-Latn").read_text("utf-8")


def test_a_prompt_whose_english_changed_keeps_its_translation_to_be_looked_at(project: Path) -> None:
    source = project / "hotline/domain/prompts.py"
    source.write_text(source.read_text("utf-8").replace('"It is closed. ', '"That is closed now. '), "utf-8")
    run(project, "update")
    content = po_path(project / "locales", "sd").read_text("utf-8")
    assert 'msgid "That is closed now. If it is not solved, tell us again."\nmsgstr "هي بند ٿي چڪو آهي.' in content
    assert "sd: marked fuzzy: spoken: stage_closed" in check(project)


def test_a_sentence_that_goes_and_comes_back_finds_its_translation(project: Path, page: Callable[[str], None]) -> None:
    page("{{ _('Open tickets') }}")
    run(project, "update")
    translated(project, "Open tickets", "کھلے ٹکٹ")
    before = files(project)
    page("")
    run(project, "update")
    assert "ur: 1 translations without a sentence. Run: hotline catalogues update --prune" in check(project)
    page("{{ _('Open tickets') }}")
    run(project, "update")
    assert files(project) == before
    page("")
    run(project, "update", "--prune")
    assert check(project) == []
    assert "کھلے ٹکٹ" not in po_path(project / "locales", "ur").read_text("utf-8")


def test_a_sentence_nobody_says_any_more_is_found(project: Path) -> None:
    with po_path(project / "locales", "ur").open("a", encoding="utf-8") as file:
        file.write('\nmsgid "Nobody says it"\nmsgstr "کوئی نہیں"\n')
    assert check(project) == ["ur: no longer in the sources: 'Nobody says it'. Run: hotline catalogues update"]


def test_a_catalogue_that_cannot_be_read_is_named(project: Path) -> None:
    po_path(project / "locales", "ur").write_text('msgid "half\n', "utf-8")
    (fault,) = check(project)
    assert "ur/LC_MESSAGES/messages.po cannot be read" in fault


def test_compile_makes_catalogues_that_load(project: Path) -> None:
    done = CliRunner().invoke(compile_catalogues, ["--project", str(project)])
    assert done.output == "compiled: en, ur, sd, ur-Latn\n"
    Catalogues.load(project / "locales")


def test_compile_leaves_what_is_compiled_and_takes_what_changed(project: Path) -> None:
    locales = project / "locales"
    compile_all(locales)
    assert compile_all(locales) == []
    changed = po_path(locales, "sd")
    os.utime(changed, ns=(changed.stat().st_atime_ns, changed.stat().st_mtime_ns + 1))
    assert compile_all(locales) == ["sd"]


def test_compile_leaves_the_old_catalogue_when_the_new_one_is_refused(project: Path) -> None:
    locales = project / "locales"
    compile_all(locales)
    before = mo_path(locales, "ur").read_bytes()
    reworded(project, "ur", 'msgctxt "status_closed_other"', '#, fuzzy\nmsgctxt "status_closed_other"')
    refused = CliRunner().invoke(compile_catalogues, ["--project", str(project)])
    assert refused.exit_code == 1
    assert "ur" in refused.output
    assert "take the mark away" in refused.output
    assert mo_path(locales, "ur").read_bytes() == before


def test_compile_in_a_folder_in_which_nothing_can_be_written_says_so_in_a_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _content: bytes) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    said = CliRunner().invoke(compile_catalogues, ["--project", str(project)])
    assert said.exit_code == 1
    assert re.fullmatch(r"Error: .*/locales/.* cannot be written or read: Read-only file system\. Run this as .*\n", said.output)


def test_compile_leaves_nothing_lying_about_and_everybody_may_read_it(project: Path) -> None:
    compile_all(project / "locales")
    for language in LANGUAGES:
        folder = mo_path(project / "locales", language).parent
        assert sorted(path.name for path in folder.iterdir()) == ["messages.mo", "messages.po"]
        assert (
            mo_path(project / "locales", language).stat().st_mode & 0o777 == po_path(project / "locales", language).stat().st_mode & 0o777
        )


def test_page_sentences_reach_the_pages(project: Path, page: Callable[[str], None]) -> None:
    page("{{ _('Open tickets') }}")
    run(project, "update")
    translated(project, "Open tickets", "کھلے ٹکٹ")
    compile_all(project / "locales")
    with mo_path(project / "locales", "ur").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Open tickets") == "کھلے ٹکٹ"
