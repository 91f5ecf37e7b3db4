"""No page can forget a mask: what is sealed is opened by the few who need all the words, and everybody else asks for what may be shown."""

import ast
from pathlib import Path

import pytest

HOTLINE = Path(__file__).resolve().parent.parent / "hotline"

OPENERS = frozenset({"body_of", "body_by", "note_of", "words_of", "open_for_staff"})
"""Functions that give all the words."""

MASKED = frozenset({"shown_body_of", "shown_note_of"})
"""Those that give what may be shown."""

WHOLE = {
    ("services/texts/heads.py", "body_of"): "what came is taken in",
    ("services/texts/claiming.py", "body_by"): "what leaves is what was written",
    ("services/texts/reports.py", "body_by"): "what left is looked up by its words",
    ("services/tickets/looking.py", "body_of"): "the machine reads what a look is about",
    ("services/tickets/reading.py", "body_of"): "the machine reads",
    ("services/tickets/redaction.py", "words_of"): "words are chosen to be masked; it leaves out those that are",
    ("services/tickets/splitting.py", "body_of"): "the machine reads what is moved",
    ("services/tickets/unsending.py", "body_of"): "a text that has not left goes back to its writer: none such is masked",
    ("storage/gatewaystates.py", "open_for_staff"): "no text and no note",
    ("storage/logins.py", "open_for_staff"): "no text and no note",
    ("storage/looks.py", "body_of"): "how long a text is, and what the machine reads in it",
    ("storage/messages.py", "body_of"): "compared with what came or was sent before",
    ("storage/opening.py", "body_of"): "whether the keys fit a restored backup",
    ("storage/accounting.py", "body_of"): "the texts of a rehearsal, told by pretend phones",
    ("storage/outgoing.py", "body_of"): "compared with what is leaving",
    ("storage/redactions.py", "body_by"): "rewritten",
    ("storage/redactions.py", "body_of"): "words to choose from",
    ("storage/redactions.py", "note_of"): "rewritten, and words to choose from",
    ("storage/rekeying.py", "body_by"): "sealed anew",
    ("storage/rekeying.py", "note_of"): "sealed anew",
    ("storage/shiftdays.py", "open_for_staff"): "no text and no note",
    ("storage/textparts.py", "open_for_staff"): "parts of a text that came in are joined",
    ("storage/views.py", "open_for_staff"): "no text and no note",
    ("storage/walkins.py", "body_of"): "compared with the form that was sent before",
}
"""File and function → why it may have all the words. A page, a list, a preview, the index and an export are not among them."""


def calls(source: str, names: frozenset[str]) -> set[str]:
    """Which of the functions a module calls or passes on."""
    tree = ast.parse(source)
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return (read | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}) & names


def opened() -> set[tuple[str, str]]:
    found = set()
    for path in HOTLINE.rglob("*.py"):
        at = path.relative_to(HOTLINE).as_posix()
        if at != "storage/sealed.py":
            source = path.read_text()
            names = OPENERS if "sealed" in source or "redactions" in source else frozenset()
            found |= {(at, name) for name in calls(source, names)}
    return found


def test_all_the_words_are_read_only_where_the_list_says() -> None:
    # `shiftdays.note_of` is the hand-over note, which is no note of a ticket's.
    own = {("services/duty/roster.py", "note_of"), ("web/roster.py", "note_of")}
    assert opened() - own == WHOLE.keys()


def test_no_page_and_no_command_opens_words_by_itself() -> None:
    assert {at for at, _ in WHOLE if at.split("/")[0] in ("web", "cli", "webhooks")} == set()


SHOWS = (
    *("storage/messages.py", "storage/said.py", "storage/bridges.py", "storage/ticketwords.py"),
    *("storage/events.py", "storage/corrections.py", "services/tickets/looking.py"),
)


@pytest.mark.parametrize("at", SHOWS)
def test_what_people_read_comes_by_the_one_way(at: str) -> None:
    assert calls((HOTLINE / at).read_text(), MASKED)


def test_a_module_that_opens_words_is_seen() -> None:
    assert calls("from hotline.storage.sealed import body_of as b\nsealed.body_by(k, m)", OPENERS) == {"body_by"}


def test_no_module_takes_the_key_of_a_text_or_a_note_itself() -> None:
    places = ("messages.sealed", "notes.sealed")
    found = {
        path.relative_to(HOTLINE).as_posix()
        for path in HOTLINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("open", "unseal")
        for given in node.args
        if isinstance(given, ast.Constant) and given.value in places
    }
    assert found == {"storage/sealed.py"}


def test_recordings_and_photos_are_handed_out_by_one_function_each() -> None:
    readers = {
        path.relative_to(HOTLINE).as_posix()
        for path in HOTLINE.rglob("*.py")
        if "StoredAudio" in path.read_text() and path.name not in ("sealedaudio.py", "silence.py")
    }
    of_masks = {"services/tickets/redaction.py", "services/tickets/rewriting.py"}
    assert readers == {"web/recordings.py", "web/photos.py", "services/people/rekeyedaudio.py"} | of_masks
