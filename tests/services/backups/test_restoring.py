"""A backup that is made while people text is put back whole into either database, or not at all."""

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from hotline import agefile
from hotline.agefile import Identity
from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.domain.redaction import BLOCK, Span
from hotline.domain.textids import read_our_id
from hotline.keys import new_keys, write_keys
from hotline.media.store import FolderStore
from hotline.runtime import Runtime
from hotline.services.backups import restoring
from hotline.services.backups.archive import BackupFault
from hotline.services.backups.restoring import Restored, restore, verify
from hotline.services.people import keysafe
from hotline.services.texts.outbound import claim_due, send_due, send_one
from hotline.services.texts.reports import settle_unknown
from hotline.services.tickets import search
from hotline.services.tickets.indexing import index_words
from hotline.storage import db, dumping, opening, redactions, schema, wiping
from hotline.storage.models import Contact, Message, Note
from hotline.storage.peoplemodels import ShiftDay
from hotline.storage.redactions import Item
from tests.recorded import opened, recordings
from tests.services.backups.backing import THIRD, WORD, Safe, inside, say_everything, speak, started, target
from tests.services.colleagues import volunteer
from tests.support import HER, NOON, OTHER, Clock, ScriptedGateway, make_runtime, text_in, tickets


def everything(rt: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those that no backup has."""
    left_out = dumping.LEFT_OUT | {"backups", "marks"}
    with rt.reading() as session:
        found = dumping.tables(session)
        return {
            name: sorted((tuple(_plain(value) for value in row) for row in session.execute(_select(table))), key=repr)
            for name, table in found.items()
            if name not in left_out
        }


def _select(table: Any) -> Any:
    """Its columns by name: migrations have put them in another order on each database."""
    return select(*sorted(table.columns, key=lambda column: column.name))


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") and hasattr(value, "date") else value


def is_untouched(config: Config) -> bool:
    """Whether nothing lies where a backup was to be restored."""
    files = [path for path in config.data_dir.rglob("*") if path.is_file()] if config.data_dir.exists() else []
    path = db.sqlite_path(config.database_url)
    if path is not None:
        return not files and not path.exists() and not list(path.parent.glob("*.restoring*"))
    engine = db.make_engine(config.database_url)
    with engine.connect() as connection:
        count = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    engine.dispose()
    return not files and count == 0


def restored_from(kept: Safe, rt: Runtime, into: Config) -> Restored:
    made = kept.make(rt)
    return restore(into, kept.identity, made.data, made.keys, now=NOON)


def test_all_rows_and_recordings_are_as_they_were_on_the_same_kind_of_database_and_on_the_other(
    rt: Runtime, kept: Safe, empty_database_url: str, tmp_path: Path
) -> None:
    into = target(empty_database_url, tmp_path)
    say_everything(rt)
    speak(rt)
    send_due(rt, ScriptedGateway().alone, for_s=10)
    before = everything(rt)
    told = restored_from(kept, rt, into)
    assert (told.unopened, told.absent, told.recordings, told.doubtful) == (0, 0, 1, 0)
    assert told.opened >= 3
    with started(into) as new:
        assert everything(new) == before
        assert not schema.steps(new.engine)[1]
        [recording] = recordings(new)
        assert opened(new, into.data_dir / "recordings" / str(recording.stored_as)).startswith(b"RIFF")
        with new.reading() as session:
            assert WORD in session.scalars(select(Message).order_by(Message.id)).first().body  # type: ignore[union-attr,attr-defined]


def test_the_hotline_goes_on_where_it_was(rt: Runtime, kept: Safe, into: Config) -> None:
    reference = say_everything(rt)
    while index_words(rt):
        pass
    restored_from(kept, rt, into)
    with started(into) as new:
        text_in(new, f"koi nahi aaya {reference}", sender=HER)
        text_in(new, "orangi town mein meri gari chori ho gai", sender="+923219999999")
        with new.reading() as session:
            assert len(session.scalars(select(Contact).where(Contact.mark.is_not(None))).all()) == len(set(rows_of(rt, Contact.mark))) + 1
            newest = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
        assert newest is not None
        assert newest > max(rows_of(rt, Message.id))
        while index_words(new):
            pass
        with new.reading() as session:
            found = search.by_words(new, session, volunteer(new, "alice"), search.parse(new, WORD).marks[-1])
        assert [one.reference for one in found.tickets] == [reference]


def rows_of(rt: Runtime, column: Any) -> list[Any]:
    with rt.reading() as session:
        return [value for value in session.scalars(select(column)) if value is not None]


def test_a_text_that_was_on_its_way_is_looked_up_and_leaves_once(rt: Runtime, kept: Safe, into: Config) -> None:
    text_in(rt, "do larkon ne pistol dikha kar mera mobile cheen liya")
    text_in(rt, "orangi town mein meri gari chori ho gai", sender=OTHER)
    made = kept.make(rt)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=10)  # both leave after the backup; the gateway knows of the first only
    first, second = sorted(text.message_id for text in gateway.taken)
    assert restore(into, kept.identity, made.data, made.keys, now=NOON).doubtful == 2
    clock = Clock()
    runtime = make_runtime(into.database_url, data_dir=into.data_dir, clock=clock)
    again = ScriptedGateway(found={first: next(sent for sent in [_sent(rt, first)])})
    send_due(runtime, again.alone, for_s=10)
    assert again.taken == []
    for _ in range(3):
        clock.forward(minutes=1)
        settle_unknown(runtime, again.alone)
        send_due(runtime, again.alone, for_s=10)
    runtime.close()
    assert [text.message_id for text in again.taken] == [second]


def test_a_text_that_was_claimed_when_the_backup_was_made_may_have_left_since(rt: Runtime, kept: Safe, into: Config) -> None:
    text_in(rt, "orangi town mein meri gari chori ho gai")
    _, [claimed] = claim_due(rt, {"twilio": 9})
    made = kept.make(rt)  # by the backup it was surely not handed over
    send_one(rt, gateway := ScriptedGateway(), claimed)
    assert restore(into, kept.identity, made.data, made.keys, now=NOON).doubtful == 1
    clock = Clock()
    with started(into, clock=clock) as new:
        again = ScriptedGateway(found={claimed.text.message_id: _sent(rt, claimed.text.message_id)})
        for _ in range(4):
            clock.forward(minutes=1)
            settle_unknown(new, again.alone)
            send_due(new, again.alone, for_s=5)
    assert (len(gateway.taken), again.taken) == (1, [])


def test_no_text_of_a_restored_hotline_leaves_under_the_id_of_one_that_left_before(rt: Runtime, kept: Safe, into: Config) -> None:
    text_in(rt, "orangi town mein meri gari chori ho gai")
    made = kept.make(rt)
    taken: list[tuple[int, str]] = []

    def lives_on(runtime: Runtime) -> None:
        text_in(runtime, "lyari mein mera mobile cheen liya", sender=OTHER)
        gateway = ScriptedGateway()
        settle_unknown(runtime, gateway.alone)
        send_due(runtime, gateway.alone, for_s=10)
        taken.extend((text.message_id, text.our_id) for text in gateway.taken)

    lives_on(rt)
    for hours in (1, 2):  # the same backup, restored twice
        place = dataclasses.replace(into, data_dir=into.data_dir / str(hours), database_url=f"sqlite:///{into.data_dir}-{hours}.sqlite3")
        restore(place, kept.identity, made.data, made.keys, now=NOON + timedelta(hours=hours))
        with started(place) as new:
            lives_on(new)
    ids = [our_id for message_id, our_id in taken if message_id == max(taken)[0]]
    assert len(ids) == len(set(ids)) == 3
    assert [read_our_id(rt.keys.tag, one) for one in ids] == [(max(taken)[0], 1)] * 3
    assert all(len(one) <= 30 for one in ids)


def _sent(rt: Runtime, message_id: int) -> Any:
    from hotline.gateways.base import Sent  # noqa: PLC0415 - for this alone

    with rt.reading() as session:
        message = session.get_one(Message, message_id)
        return Sent(str(message.gateway_id), Delivery.SENT)


def test_a_call_that_waited_is_not_placed_after_a_restore(rt: Runtime, kept: Safe, into: Config) -> None:
    speak(rt)
    with rt.transaction() as tx:
        statement = text("UPDATE calls SET gateway_id = NULL, ended_at = NULL, next_attempt_at = started_at, direction = 'back'")
        tx.session.execute(statement)
    assert restored_from(kept, rt, into).given_up == 1
    with started(into) as new, new.reading() as session:
        assert session.execute(text("SELECT reason, next_attempt_at FROM calls")).all() == [("too_late", None)]


def test_who_was_erased_since_is_erased_again(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    say_everything(rt)
    speak(rt)
    text_in(rt, "orangi town mein meri gari chori ho gai", sender="+923219999999")
    old = kept.make(rt)
    clock.forward(days=1)
    with rt.transaction() as tx:
        ticket = tickets(rt)[0]
        wiping.wipe_contact(tx.session, ticket.contact_id, now=tx.now, why=wiping.Why.WISH)
    clock.forward(hours=1)
    new_keys_file = kept.make(rt).keys
    told = restore(into, kept.identity, old.data, new_keys_file, now=clock.now)
    assert told.wiped > 0
    with started(into) as new, new.reading() as session:
        erased = session.get_one(Contact, ticket.contact_id)
        assert (erased.mark, erased.number, erased.wrapped_key) == (None, None, None)
        assert set(session.scalars(select(Message.sealed).where(Message.contact_id == erased.id))) == {None}
        assert set(session.scalars(select(Note.sealed))) == {None}
        words = [message.body for message in session.scalars(select(Message))]  # type: ignore[attr-defined]
        assert any("gari" in word for word in words)
        assert not any(WORD in word for word in words)


def test_what_was_rewritten_since_is_rewritten_again(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    say_everything(rt)
    old = kept.make(rt)
    clock.forward(days=1)
    with rt.transaction() as tx:
        [message] = tx.session.scalars(select(Message).where(Message.direction == "in")).all()
        starts = message.body.index(WORD)  # type: ignore[attr-defined]
        item = Item(message_id=message.id)
        redactions.mask(tx.session, item, [Span(starts, starts + len(WORD))], made_by=1, now=tx.now, next_at=None)
        [mask] = redactions.of_item(tx.session, item, rewritten=False)
        redactions.rewrite_words(tx.session, mask, by=2, now=tx.now)
    clock.forward(hours=1)
    newest = kept.make(rt).keys
    assert restore(into, kept.identity, old.data, old.keys, now=clock.now).wiped == 0
    with started(into) as new, new.reading() as session:
        assert WORD in session.get_one(Message, message.id).body  # type: ignore[attr-defined]
    other = dataclasses.replace(into, data_dir=into.data_dir / "again", database_url=f"sqlite:///{into.data_dir / 'again.sqlite3'}")
    assert restore(other, kept.identity, old.data, newest, now=clock.now).wiped == 1
    with started(other) as new, new.reading() as session:
        words = session.get_one(Message, message.id).body  # type: ignore[attr-defined]
    assert (WORD in words, BLOCK in words) == (False, True)


def test_the_data_file_shows_no_word_and_no_number_and_opens_with_the_keys_file_alone(rt: Runtime, kept: Safe, into: Config) -> None:
    say_everything(rt)
    speak(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(ShiftDay).values(note=b"x"))
    made = kept.make(rt)
    for path in (made.data, made.keys):
        found = b"".join(inside(path, kept.identity).values())
        for secret in (WORD, HER, OTHER, THIRD, HER[1:], HER[3:], "cheen liya"):
            for form in (secret.encode(), secret.encode().hex().encode()):
                assert form not in found + path.read_bytes(), secret
    data, keys = inside(made.data, kept.identity), inside(made.keys, kept.identity)
    with rt.reading() as session:
        for contact in session.scalars(select(Contact)):
            for opening_ in (contact.mark, contact.wrapped_key):
                if opening_ is not None:
                    encoded = dumping.base64.b64encode(opening_)
                    assert not any(encoded in content for content in data.values())
                    assert any(encoded in content for content in keys.values())
    assert not any(name.startswith(("tables/ticket_words", "tables/logins", "tables/wipings")) for name in data)


def test_with_the_hotlines_keys_but_without_the_keys_file_nothing_opens(
    rt: Runtime, kept: Safe, into: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_everything(rt)
    made = kept.make(rt)
    monkeypatch.setattr(restoring, "_put_keys", lambda *_: [])
    monkeypatch.setattr(wiping, "replay", lambda *_, **__: 0)
    told = restore(into, kept.identity, made.data, made.keys, now=NOON)
    runtime = make_runtime(into.database_url, data_dir=into.data_dir)
    with runtime.reading() as session:
        assert all(contact.wrapped_key is None and contact.mark is None for contact in session.scalars(select(Contact)))
        assert {message.body for message in session.scalars(select(Message))} == {""}  # type: ignore[attr-defined]
    runtime.close()
    assert told.unopened == 0  # there is no key to try


def test_what_is_written_while_a_backup_is_made_is_in_it_whole_or_not_at_all(rt: Runtime, kept: Safe, into: Config) -> None:
    stop, sent = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            number = f"+92321{len(sent):07d}"
            text_in(rt, f"orangi town mein meri gari chori ho gai {len(sent)}", sender=number)
            sent.append(number)

    for _ in range(20):
        text_in(rt, "do larkon ne pistol dikha kar mera mobile cheen liya")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(sent) < 5:
            pass
        before = len(sent)
        made = kept.make(rt)
        after = len(sent)
    finally:
        stop.set()
        writer.join()
    restore(into, kept.identity, made.data, made.keys, now=NOON)
    with started(into) as new:
        with new.reading() as session:
            contacts_, texts = (
                session.scalars(select(Contact)).all(),
                session.scalars(select(Message).where(Message.direction == "in")).all(),
            )
            numbers = {contact.address for contact in contacts_}  # type: ignore[attr-defined]
        assert set(sent[:before]) <= numbers
        assert numbers - {HER} <= set(sent[: after + 1])
        there = [one for one in texts if one.contact_id != contacts_[0].id]
        assert len(there) == len(numbers - {HER})  # each with its text,
        assert len(tickets(new)) >= len(there)  # and its ticket
        assert all(contact.wrapped_key for contact in contacts_)


KILLED = """
import dataclasses, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from hotline.agefile import Identity
from hotline.services.backups import restoring
from hotline.storage import dumping, wiping
from tests.support import make_config
url, folder, identity, data, keys, where = sys.argv[1:]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if where == "rows":
    put, done = dumping.put, []
    def put_some(session, table, names, rows):
        done.append(table.name)
        return die() if table.name == "notes" else put(session, table, names, rows)
    dumping.put = put_some
elif where == "keys":
    dumping.put_apart = die
elif where == "files":
    restoring._Files.put = die
else:
    wiping.replay = die
config = dataclasses.replace(make_config(url), data_dir=Path(folder))
restoring.restore(config, Identity(Path(identity)), Path(data), Path(keys), now=datetime.now(UTC))
"""


@pytest.mark.parametrize("where", ["rows", "files", "keys", "replay"])
def test_a_restore_that_is_killed_leaves_nothing_that_hinders_the_next(
    rt: Runtime, kept: Safe, into: Config, tmp_path: Path, where: str
) -> None:
    say_everything(rt)
    speak(rt)
    made = kept.make(rt)
    arguments = [into.database_url, str(into.data_dir), str(tmp_path / "identity"), str(made.data), str(made.keys), where]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, cwd=Path(__file__).parents[3], capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    path = db.sqlite_path(into.database_url)
    assert path is None or not path.exists()
    told = restore(into, kept.identity, made.data, made.keys, now=NOON)
    assert told.recordings == 1
    with started(into) as new:
        assert len(recordings(new)) == 1
        assert len(tickets(new)) == len(tickets(rt))
    assert not list(tmp_path.glob("**/*.restoring*"))


def _cut(data: bytes) -> bytes:
    return data[: len(data) - 100]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("spoil", [_cut, _flipped, lambda data: data[:1000], lambda _: b"", lambda data: data + b"x"])
@pytest.mark.parametrize("which", ["data", "keys"])
def test_a_file_that_was_cut_or_changed_restores_nothing(
    rt: Runtime, kept: Safe, sqlite_into: Config, spoil: Callable[[bytes], bytes], which: str
) -> None:
    say_everything(rt)
    made = kept.make(rt)
    path = getattr(made, which)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(BackupFault):
        restore(sqlite_into, kept.identity, made.data, made.keys, now=NOON)
    assert is_untouched(sqlite_into)


@pytest.fixture
def sqlite_into(tmp_path: Path) -> Config:
    return target(f"sqlite:///{tmp_path / 'new' / 'hotline.sqlite3'}", tmp_path)


def test_another_identity_another_keys_file_and_files_in_each_others_place_restore_nothing(
    rt: Runtime, kept: Safe, into: Config, tmp_path: Path
) -> None:
    say_everything(rt)
    made = kept.make(rt)
    agefile.new_identity(tmp_path / "other")
    with pytest.raises(BackupFault, match="another identity"):
        restore(into, Identity(tmp_path / "other"), made.data, made.keys, now=NOON)
    write_keys(tmp_path / "other.toml", new_keys(), new=True)
    with pytest.raises(BackupFault, match="other keys"):
        restore(dataclasses.replace(into, keys_file=tmp_path / "other.toml"), kept.identity, made.data, made.keys, now=NOON)
    with pytest.raises(BackupFault, match="not the data file"):
        restore(into, kept.identity, made.keys, made.data, now=NOON)
    assert is_untouched(into)


def test_a_file_that_somebody_else_wrote_for_the_identity_restores_nothing(rt: Runtime, kept: Safe, sqlite_into: Config) -> None:
    say_everything(rt)
    made = kept.make(rt)
    with agefile.opened(made.data, kept.identity) as source:
        plain = source.read()
    forged = plain.replace(b'"counts"', b'"Counts"')
    assert forged != plain
    agefile.write(made.data, [forged], [kept.recipient])
    with pytest.raises(BackupFault):
        restore(sqlite_into, kept.identity, made.data, made.keys, now=NOON)
    assert is_untouched(sqlite_into)


def test_a_keys_file_older_than_the_data_is_refused_and_a_newer_one_taken(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    say_everything(rt)
    old = kept.make(rt)
    clock.forward(hours=1)
    text_in(rt, "orangi town mein meri gari chori ho gai", sender="+923219999999")
    new = kept.make(rt)
    with pytest.raises(BackupFault, match="older than the data file"):
        restore(into, kept.identity, new.data, old.keys, now=NOON)
    assert is_untouched(into)
    assert restore(into, kept.identity, old.data, new.keys, now=NOON).unopened == 0


def test_nothing_is_written_over(rt: Runtime, kept: Safe, into: Config) -> None:
    say_everything(rt)
    made = kept.make(rt)
    restore(into, kept.identity, made.data, made.keys, now=NOON)
    with started(into) as new:
        before = everything(new)
    with pytest.raises(BackupFault, match="empty database only"):
        restore(into, kept.identity, made.data, made.keys, now=NOON)
    with started(into) as new:
        assert everything(new) == before


def test_another_recording_of_the_same_name_is_not_written_over(rt: Runtime, kept: Safe, into: Config) -> None:
    speak(rt)
    made = kept.make(rt)
    name = str(recordings(rt)[0].stored_as)
    (into.data_dir / "recordings").mkdir(parents=True)
    there = into.data_dir / "recordings" / name
    there.write_bytes(b"another")
    with pytest.raises(BackupFault, match="another recording"):
        restore(into, kept.identity, made.data, made.keys, now=NOON)
    assert there.read_bytes() == b"another"


def test_a_database_that_was_migrated_and_never_used_counts_as_empty(rt: Runtime, kept: Safe, into: Config) -> None:
    schema.migrate(into.database_url)
    say_everything(rt)
    assert restored_from(kept, rt, into).unopened == 0


def test_a_disk_that_is_full_leaves_the_place_empty(rt: Runtime, kept: Safe, into: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    say_everything(rt)
    speak(rt)
    speak(rt, caller=OTHER)
    made = kept.make(rt)
    save, saved = FolderStore.save, []

    def full(store: FolderStore, name: str, audio: Any) -> None:
        if saved:
            raise OSError(28, "No space left on device")
        saved.append(name)
        save(store, name, audio)

    monkeypatch.setattr(FolderStore, "save", full)
    with pytest.raises(BackupFault, match="No space left"):
        restore(into, kept.identity, made.data, made.keys, now=NOON)
    assert len(saved) == 1
    assert is_untouched(into)


def test_keys_that_open_nothing_of_the_data_are_told(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    say_everything(rt)
    old = kept.make(rt)
    clock.forward(hours=1)
    keysafe.seal_anew(rt, lambda _: None)
    with pytest.raises(BackupFault, match="do not open"):
        restore(into, kept.identity, old.data, kept.make(rt).keys, now=NOON)
    assert is_untouched(into)


def test_a_backup_of_a_newer_release_is_refused_and_it_is_told_which_file(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    before = kept.make(rt)
    clock.forward(hours=1)
    with rt.transaction() as tx:
        tx.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    made = kept.make(rt)
    for data, told in ((made.data, "data file is of a newer release"), (before.data, "take the newest keys file of this one, and erase")):
        with pytest.raises(BackupFault, match=told):
            restore(into, kept.identity, data, made.keys, now=NOON)
    assert is_untouched(into)
    restore(into, kept.identity, before.data, before.keys, now=NOON)


def test_verifying_touches_nothing_and_tells_the_same(
    rt: Runtime, kept: Safe, into: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say_everything(rt)
    speak(rt)
    made = kept.make(rt)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(restoring.tempfile, "tempdir", str(scratch))
    told = verify(into, kept.identity, made.data, made.keys, now=NOON)
    assert list(scratch.iterdir()) == []
    assert is_untouched(into)
    assert told == restore(into, kept.identity, made.data, made.keys, now=NOON)
    assert told.opened >= 3


def test_the_sample_that_is_opened_finds_what_does_not_open(rt: Runtime) -> None:
    say_everything(rt)
    with rt.reading() as session:
        opened_, unopened = opening.tried(session, texts=100)
    assert (opened_ >= 3, unopened) == (True, 0)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).values(sealed=b"\x01" + os.urandom(40)))
    with rt.reading() as session:
        assert opening.tried(session, texts=100)[1] >= 2
