"""The keys of a running hotline: a new one at work at once, old ones retired once nothing needs them, wrong ones refused at the start."""

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from hotline import app, keys
from hotline.domain.reading import Intent
from hotline.keys import KeyFile, KeysFault, new_keys, read_keys, write_keys
from hotline.media.sealedaudio import StoredAudio
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import ContactKey, SealBroken, new_contact_key, wrapped_by
from hotline.services.people import keysafe
from hotline.services.people.keysafe import WrongCode
from hotline.services.people.rekeyedaudio import LEFT
from hotline.services.texts.sealing import seal_plain
from hotline.services.tickets import casework, otherphones, replies, taking
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.storage import drafts, events, keyprints, messages, readings, recordings, said, sealed, typedphones, wiping
from hotline.storage.callmodels import Recording
from hotline.storage.models import Contact, Message
from hotline.storage.readingmodels import ReadingRow
from hotline.storage.readings import NewReading
from hotline.storage.recordings import RecordingState
from hotline.storage.rekeying import File, Moved
from tests.recorded import RecordingGateway, a_recording, fetch
from tests.services.colleagues import settle, volunteer
from tests.support import HER, KEYS, OTHER, text_in, tickets

SAID = "do larkon ne pistol dikha kar mera mobile cheen liya"


@pytest.fixture
def safe(rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A Runtime with a keys file of its own, known to its database; every process looks at once whether it has changed."""
    monkeypatch.setattr(keys, "LOOK_AGAIN_S", 0.0)
    path = tmp_path / "keys" / "keys.toml"
    write_keys(path, KEYS, new=True)
    own = dataclasses.replace(rt, config=dataclasses.replace(rt.config, keys_file=path), key_file=KeyFile(path))
    own.sessions.configure(info={sealed.KEYS: own.key_file})
    keysafe.take_in(own)
    return own


def wrapped(rt: Runtime) -> list[str]:
    """The sealing key of each contact."""
    with rt.reading() as session:
        return [wrapped_by(key) for key in session.scalars(select(Contact.wrapped_key).order_by(Contact.id)) if key is not None]


def body(rt: Runtime, nth: int = 0) -> str:
    with rt.reading() as session:
        return sealed.body_of(session, session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).all()[nth])


def test_a_new_key_seals_at_once_the_old_one_opens_until_it_is_rotated_away(safe: Runtime) -> None:
    text_in(safe, SAID)
    another = dataclasses.replace(safe, key_file=KeyFile(safe.config.keys_file))  # another process, which read the file before
    made = keysafe.add(safe)
    text_in(another, "meri gari chori ho gai", sender=OTHER)
    assert wrapped(safe) == [KEYS.current, made]
    assert (body(safe), body(safe, 1)) == (SAID, "meri gari chori ho gai")
    with pytest.raises(KeysFault, match="1 contacts are still sealed"):
        keysafe.retire(safe, KEYS.current)
    assert KEYS.current in read_keys(safe.config.keys_file).sealing
    told: list[int] = []
    assert keysafe.rotate(safe, told.append) == (1, 0)
    assert (keysafe.rotate(safe, told.append), told) == ((0, 0), [2, 2])
    keysafe.retire(safe, KEYS.current)
    assert (wrapped(safe), body(safe), body(another, 1)) == ([made, made], SAID, "meri gari chori ho gai")
    text_in(safe, "phir aaye the")
    assert len(wrapped(safe)) == 2  # the phone is known by its mark, as before
    keysafe.check_keys(safe)


@pytest.mark.parametrize("how", [keysafe.rotate, keysafe.seal_anew])
def test_no_key_stays_in_the_log_of_the_database_as_it_was_wrapped_before(safe: Runtime, how: Callable) -> None:  # type: ignore[type-arg]
    """Who has stolen the old file opens it there."""
    text_in(safe, SAID)
    with safe.reading() as session:
        before = bytes(session.scalars(select(Contact.wrapped_key)).one() or b"")
    keysafe.add(safe)
    how(safe, lambda _: None)
    if safe.engine.dialect.name == "sqlite":
        path = Path(safe.engine.url.database or "")
        assert [file.name for file in path.parent.glob(f"{path.name}*") if before in file.read_bytes()] == []


def test_the_key_in_use_and_an_unknown_one_do_not_retire(safe: Runtime) -> None:
    for key_id in (KEYS.current, "ffffffff"):
        with pytest.raises(KeysFault):
            keysafe.retire(safe, key_id)


def test_sealed_anew_nothing_opens_by_the_old_keys_and_all_of_it_by_the_new(safe: Runtime, tmp_path: Path) -> None:
    settle(safe, tmp_path)
    text_in(safe, SAID)
    route_due(safe)
    ticket, alice = tickets(safe)[0], volunteer(safe, "alice")
    taking.claim(safe, alice, ticket.reference, ticket.version)
    casework.write_note(safe, alice, ticket.reference, version=tickets(safe)[0].version, note="rang the shop")
    otherphones.add(safe, alice, ticket.reference, version=tickets(safe)[0].version, number=OTHER, note="his brother's")
    replies.keep_draft(safe, alice, ticket.reference, "Where was it?")
    with safe.reading() as session:
        before = sealed.key_of(session, ticket.contact_id)
        stolen = session.scalars(select(Message).where(Message.direction == "in")).one()
    assert keysafe.seal_anew(safe, lambda _: None) == (1, 0)
    with safe.reading() as session:
        contact = session.get_one(Contact, ticket.contact_id)
        message = session.scalars(select(Message).where(Message.direction == "in")).one()
        assert (sealed.number_of(safe.keys, contact), sealed.body_of(session, message)) == (HER, SAID)
        [typed] = typedphones.of_ticket(session, ticket.id)
        assert sealed.typed_number_of(session, typed) == OTHER
        assert drafts.of(session, ticket.id, alice.id) == "Where was it?"
        notes = {note for _, note in events.newest_of(session, ticket.id, until=None, limit=20, longest=50)} - {None}
        assert notes == {"rang the shop", "his brother's"}
        assert sealed.body_by(before, stolen) == SAID
        with pytest.raises(SealBroken):
            sealed.body_by(before, message)


def test_a_rotation_that_is_killed_goes_on_where_it_was(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        text_in(safe, SAID, sender=f"+92300123450{n}")
    monkeypatch.setattr(keysafe, "BATCH", 2)
    made = keysafe.add(safe)

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keysafe.rotate(safe, killed)
    assert wrapped(safe).count(made) == 2
    assert [body(safe, n) for n in range(5)] == [SAID] * 5
    assert keysafe.rotate(safe, lambda _: None) == (3, 0)
    assert wrapped(safe) == [made] * 5


@pytest.mark.parametrize("change", [lambda _: new_keys(), lambda k: dataclasses.replace(k, mark=b"n" * 32)])
def test_other_keys_are_told_at_the_start(safe: Runtime, change: Callable) -> None:  # type: ignore[type-arg]
    write_keys(safe.config.keys_file, change(KEYS), new=False)
    for ask in (keysafe.check_keys, keysafe.take_in, keysafe.add):
        with pytest.raises(KeysFault, match=r"not the file of this database: .*mark"):
            ask(safe)


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_web_process_that_started_without_the_database_ends_if_that_is_not_its_own(
    safe: Runtime, monkeypatch: pytest.MonkeyPatch, *, is_ours: bool
) -> None:
    if not is_ours:
        write_keys(safe.config.keys_file, new_keys(), new=False)
    tries: list[str] = []

    def back_at_the_second(rt: Runtime) -> None:
        tries.append("asked")
        if len(tries) == 1:
            raise OperationalError("", None, OSError("nobody listens there"))
        check(rt)

    def ended(code: int) -> None:
        raise SystemExit(code)

    check = app.check_installation
    monkeypatch.setattr(app, "check_installation", back_at_the_second)
    monkeypatch.setattr(app, "_ASK_AGAIN_S", 0)
    monkeypatch.setattr(app.os, "_exit", ended)
    with contextlib.nullcontext() if is_ours else pytest.raises(SystemExit):
        app._check_once_it_is_back(safe)
    assert len(tries) == 2


def test_a_file_that_breaks_under_a_running_process_stops_nothing(safe: Runtime) -> None:
    text_in(safe, SAID)
    safe.config.keys_file.write_text("half a", "utf-8")
    text_in(safe, "phir aaye the")
    assert (body(safe), body(safe, 1)) == (SAID, "phir aaye the")
    safe.config.keys_file.unlink()
    assert body(safe, 1) == "phir aaye the"


def test_the_paper_copy_is_confirmed_by_its_code_and_only_for_the_file_as_it_is(safe: Runtime) -> None:
    with pytest.raises(WrongCode):
        keysafe.confirm_paper(safe, "00000000")
    keysafe.confirm_paper(safe, f" {safe.keys.check().upper()} ")
    assert keysafe.on_paper(safe)
    keysafe.add(safe)
    assert not keysafe.on_paper(safe)


def test_what_was_read_in_texts_from_before_is_sealed_anew_with_them(safe: Runtime) -> None:
    text_in(safe, SAID)
    with safe.transaction() as tx:
        message = tx.session.scalars(select(Message).where(Message.direction == "in")).one()
        read = NewReading(read_at=tx.now, intent=Intent.COMPLAINT, kinds=["theft"], object=None, danger=0.5, against=0.0, quiet=0.0)
        readings.keep(tx.session, message, look=None, reasons={"kind": ["cheen"]}, **read)
        tx.session.execute(update(Message).where(Message.id == message.id).values(plain=SAID, sealed=None))
    assert keysafe.seal_anew(safe, lambda _: None) == (1, 0)
    with safe.reading() as session:
        assert readings.reasons_of(session, session.scalars(select(ReadingRow)).one()) == {"kind": ["cheen"]}
        assert session.scalars(select(Message.plain).where(Message.id == message.id)).one() is None
    assert body(safe) == SAID


def test_a_contact_whose_key_was_changed_hides_no_other(safe: Runtime) -> None:
    text_in(safe, SAID)
    text_in(safe, "meri gari chori ho gai", sender=OTHER)
    with safe.transaction() as tx:
        tx.session.execute(update(Contact).where(Contact.id == 1).values(wrapped_key=b"\1" + b"x" * 64))
    with safe.reading() as session:
        first, second = (messages.first_in(session, ticket.id, longest=50) for ticket in tickets(safe))
    assert first is not None
    assert second is not None
    assert (first[1], second[1]) == (sealed.UNREADABLE, "meri gari chori ho gai")
    with safe.reading() as session:  # a list of both
        listed = said.of_tickets(session, [ticket.id for ticket in tickets(safe)], longest=50)
    assert sorted(str(one.words) for one in listed.values()) == sorted((sealed.UNREADABLE, "meri gari chori ho gai"))
    assert index_words(safe) is False
    # Nor does it keep the others from new keys, and its number is not lost.
    with safe.reading() as session:
        number = session.get_one(Contact, 1).number
    made = keysafe.add(safe)
    assert keysafe.rotate(safe, lambda _: None) == (1, 1)
    assert wrapped(safe)[1] == made
    assert keysafe.seal_anew(safe, lambda _: None) == (1, 1)
    with safe.reading() as session:
        assert session.get_one(Contact, 1).number == number
        assert sealed.number_of(safe.keys, session.get_one(Contact, 2)) == OTHER


def test_a_number_that_was_changed_is_not_sealed_anew_as_none(safe: Runtime) -> None:
    text_in(safe, SAID)
    with safe.transaction() as tx:
        tx.session.execute(update(Contact).where(Contact.id == 1).values(number=b"\1" + b"x" * 40))
    assert keysafe.seal_anew(safe, lambda _: None) == (0, 1)
    with safe.reading() as session:
        assert session.get_one(Contact, 1).number == b"\1" + b"x" * 40


def test_texts_from_before_of_a_contact_that_does_not_open_keep_no_other_plain(safe: Runtime) -> None:
    text_in(safe, SAID)
    text_in(safe, "meri gari chori ho gai", sender=OTHER)
    with safe.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "in").values(plain="before", sealed=None))
        tx.session.execute(update(Contact).where(Contact.id == 1).values(wrapped_key=b"\1" + b"x" * 64))
    assert seal_plain(safe) == 1
    with safe.reading() as session:
        left = session.scalars(select(Message.contact_id).where(Message.plain.is_not(None))).all()
    assert left == [1]


def test_retiring_that_is_killed_loses_no_key_that_is_needed(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(safe, SAID)
    keysafe.add(safe)

    def killed(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keysafe.time, "sleep", killed)
    with pytest.raises(KeysFault, match="still sealed"):
        keysafe.retire(safe, KEYS.current)
    assert KEYS.current in read_keys(safe.config.keys_file).sealing


def test_retiring_that_is_broken_off_puts_the_key_back(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(safe, SAID)
    keysafe.add(safe)
    keysafe.rotate(safe, lambda _: None)
    with monkeypatch.context() as patched:
        patched.setattr(keysafe.time, "sleep", die)
        with pytest.raises(KeyboardInterrupt):
            keysafe.retire(safe, KEYS.current)
    assert KEYS.current in read_keys(safe.config.keys_file).sealing
    keysafe.retire(safe, KEYS.current)
    keysafe.check_keys(safe)


def test_the_hotline_starts_after_retiring_was_killed_unless_the_key_is_needed(safe: Runtime) -> None:
    """Killed behind the change of the file, it leaves a fingerprint of a key that is gone."""
    text_in(safe, SAID)
    keysafe.add(safe)
    whole = safe.keys
    write_keys(safe.config.keys_file, whole.without(KEYS.current), new=False)
    with pytest.raises(KeysFault, match=f"sealing {KEYS.current} is another key or missing"):
        keysafe.check_keys(safe)
    write_keys(safe.config.keys_file, whole, new=False)
    keysafe.rotate(safe, lambda _: None)
    write_keys(safe.config.keys_file, whole.without(KEYS.current), new=False)
    keysafe.check_keys(safe)
    keysafe.take_in(safe)
    with safe.reading() as session:
        assert f"sealing {KEYS.current}" not in keyprints.all_of(session)
    assert body(safe) == SAID


def test_two_who_change_the_file_at_once_lose_no_key(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    another = dataclasses.replace(safe, key_file=KeyFile(safe.config.keys_file))  # another process, which read the file before
    monkeypatch.setattr(keys, "LOOK_AGAIN_S", 60.0)
    refused: list[str] = []

    def second(*of: Any, **how: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(keysafe, "write_keys", write_keys)
            with pytest.raises(KeysFault, match="another command is changing"):
                keysafe.add(another)
        refused.append(safe.config.keys_file.name)
        write_keys(*of, **how)

    with monkeypatch.context() as patched:
        patched.setattr(keysafe, "write_keys", second)
        first = keysafe.add(safe)
    made = keysafe.add(another)
    assert refused
    assert list(read_keys(safe.config.keys_file).sealing) == [KEYS.current, first, made]


def heard(rt: Runtime) -> bytes:
    """The whole audio of the one recording."""
    with rt.reading() as session:
        recording = session.scalars(select(Recording)).one()
        key = recordings.key_of(session, recording)
    assert key is not None
    stored = StoredAudio(rt.store, recording.stored_as or "", recording.size_bytes or 0, key)
    return b"".join(stored.read(0, stored.size_bytes))


def files(rt: Runtime) -> set[str]:
    """The names of the files in the store."""
    return {path.name for path in (rt.config.data_dir / "recordings").iterdir()}


def recorded(rt: Runtime) -> tuple[bytes, str]:
    """A caller leaves a recording: its audio, and the name of its file."""
    gateway = RecordingGateway()
    a_recording(rt, gateway, caller=HER)
    fetch(rt, gateway)
    with rt.reading() as session:
        return heard(rt), session.scalars(select(Recording.stored_as)).one() or ""


def test_a_recording_is_written_anew_and_its_old_file_is_gone(safe: Runtime) -> None:
    audio, before = recorded(safe)
    text_in(safe, SAID, sender=OTHER)
    with safe.reading() as session:
        old = [sealed.key_of(session, contact_id) for contact_id in (1, 2)]
    assert keysafe.seal_anew(safe, lambda _: None) == (2, 0)
    with safe.reading() as session:
        assert [sealed.key_of(session, contact_id) == key for contact_id, key in zip((1, 2), old, strict=True)] == [False, False]
        name = session.scalars(select(Recording.stored_as)).one()
    assert heard(safe) == audio
    assert name in files(safe)
    assert before not in files(safe)


@pytest.mark.parametrize("before_the_rows", [True, False])
def test_a_killed_run_leaves_every_recording_whole_and_the_next_removes_the_old_file(
    safe: Runtime, monkeypatch: pytest.MonkeyPatch, *, before_the_rows: bool
) -> None:
    audio, before = recorded(safe)
    with monkeypatch.context() as patched:
        patched.setattr(*((keysafe.rekeying, "seal_anew") if before_the_rows else (keysafe.rekeyedaudio, "settle")), die)
        with pytest.raises(KeyboardInterrupt):
            keysafe.seal_anew(safe, lambda _: None)
    assert heard(safe) == audio
    assert before in files(safe)
    keysafe.seal_anew(safe, lambda _: None)
    assert heard(safe) == audio
    assert before not in files(safe)
    assert LEFT not in files(safe)


def test_a_recording_that_changes_meanwhile_keeps_its_key_and_its_file(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    audio, before = recorded(safe)
    there = files(safe)
    write = keysafe.rekeyedaudio.write_anew

    def late(rt: Runtime, contact_id: int, new: ContactKey) -> dict[int, Moved]:
        moved = write(rt, contact_id, new)
        return {row_id: one._replace(before="another.wav.sealed") for row_id, one in moved.items()}

    monkeypatch.setattr(keysafe.rekeyedaudio, "write_anew", late)
    assert keysafe.seal_anew(safe, lambda _: None) == (0, 1)
    assert heard(safe) == audio
    assert before in files(safe)
    assert files(safe) <= there | {LEFT, before}


def test_who_is_erased_meanwhile_leaves_no_new_file(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(safe)
    there = files(safe)
    write = keysafe.rekeyedaudio.write_anew

    def erasing(rt: Runtime, contact_id: int, new: ContactKey) -> dict[File, Moved]:
        moved = write(rt, contact_id, new)
        with rt.transaction() as tx:
            wiping.wipe_contact(tx.session, contact_id, now=tx.now, why=wiping.Why.WISH)
        return moved

    monkeypatch.setattr(keysafe.rekeyedaudio, "write_anew", erasing)
    keysafe.seal_anew(safe, lambda _: None)
    assert files(safe) <= there | {LEFT}


def test_an_old_file_that_could_not_be_removed_is_removed_before_the_next_contact(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    _, before = recorded(safe)
    with monkeypatch.context() as patched:
        patched.setattr(keysafe.rekeyedaudio, "settle", lambda *_, **__: None)  # the store fails just then
        assert keysafe.seal_anew(safe, lambda _: None) == (1, 0)
    assert before in files(safe)
    with safe.reading() as session:
        contact_id = session.scalars(select(Contact.id)).one()
        new = new_contact_key()._replace(uid=keysafe.rekeying.uid(session, contact_id))
    keysafe.rekeyedaudio.write_anew(safe, contact_id, new)
    assert before not in files(safe)


def test_a_recording_that_was_lost_keeps_no_contact_from_a_new_key(safe: Runtime) -> None:
    text_in(safe, SAID, sender=HER)
    a_recording(safe, RecordingGateway(), caller=HER)
    with safe.transaction() as tx:  # rows from before have the name of a file that never came
        lost = {"state": RecordingState.LOST, "reason": "404", "stored_as": "0f.wav.sealed", "next_attempt_at": None}
        tx.session.execute(update(Recording).values(**lost))
    assert keysafe.seal_anew(safe, lambda _: None) == (1, 0)


def test_a_second_run_is_refused_while_one_is_at_work_and_no_old_file_stays(safe: Runtime) -> None:
    """Each would take the other's list of old files for its own."""
    _, before = recorded(safe)
    refused: list[str] = []

    def second(_: int) -> None:
        with pytest.raises(KeysFault) as fault:
            keysafe.seal_anew(safe, lambda _: None)
        refused.append(str(fault.value))

    assert keysafe.seal_anew(safe, second) == (1, 0)
    assert refused == ["another hotline keys rotate --deep is at work: wait until it has ended"]
    assert before not in files(safe)
    assert keysafe.seal_anew(safe, lambda _: None) == (1, 0)


def test_a_store_that_is_away_is_told_before_anything_is_sealed_anew(safe: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(safe, SAID)

    def away(_: Runtime) -> None:
        raise StoreFault("the bucket does not answer")

    monkeypatch.setattr(keysafe.rekeyedaudio, "tidy", away)
    with pytest.raises(KeysFault, match="the bucket does not answer; nothing is changed"):
        keysafe.seal_anew(safe, lambda _: None)


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_file_that_others_could_read_is_read_once_they_cannot(safe: Runtime) -> None:
    path, file = safe.config.keys_file, safe.key_file
    made = keysafe.add(safe)
    beside = path.with_suffix(".copied")  # as it comes from another host
    beside.write_bytes(path.read_bytes())
    beside.chmod(0o644)
    write_keys(path, KEYS, new=False)
    assert file.now().current == KEYS.current
    beside.rename(path)
    assert file.now().current == KEYS.current
    path.chmod(0o600)
    assert file.now().current == made
