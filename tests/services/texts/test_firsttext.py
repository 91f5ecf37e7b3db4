"""A first text leaves the same rows, whether it is stored as a first text or as any other."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hotline.domain import phone, reference
from hotline.domain.keyword import Keyword
from hotline.domain.message import KEPT, READ
from hotline.gateways.base import IncomingText
from hotline.runtime import Runtime
from hotline.sections import Conversation
from hotline.services.texts.intake import receive_text
from hotline.storage import contacts, gatewaycopies, suppressed
from hotline.storage.base import Base
from hotline.storage.firsttexts import FirstText, Stored
from hotline.storage.models import Message, Ticket
from hotline.storage.suppressed import Asked, Suppressed
from tests.services.colleagues import ORGANISATION, settle
from tests.support import NOON, text_in

PEOPLE = ORGANISATION.replace('name = "Bob"', 'name = "Babar Soomro"')
BODY = "mera mobile korangi 2 number par cheen liya hai"
LATE = [timedelta(minutes=minutes) for minutes in (3, 15, 45, 26 * 60)]

Key = tuple[str, tuple[Any, ...]]
Row = tuple[str, Mapping[str, Any]]
Before = Callable[[Runtime, str, str], None]


def erased_phone(rt: Runtime, sender: str, _gateway_id: str) -> None:
    with rt.transaction() as tx:
        tx.session.add(Suppressed(mark=suppressed.hashed(rt.keys, sender), asked=int(Asked.NO_CALLS | Asked.HELD)))


def erased_text(rt: Runtime, _sender: str, gateway_id: str) -> None:
    """A text of before whose id is hashed, as an erased one's is."""
    hashed = gatewaycopies.hashed(rt.keys, gateway_id)
    text_in(rt, BODY, sender=f"+92301{int(gateway_id[-7:]):07}", gateway_id=hashed)


def typed_in(rt: Runtime, sender: str, _gateway_id: str) -> None:
    with rt.transaction() as tx:
        contacts.typed_in(tx.session, phone.read_sender(sender, "PK"), language="en", now=tx.now)


def heard_before(rt: Runtime, sender: str, _gateway_id: str) -> None:
    text_in(rt, "meri gali mein pani nahi aata", sender=sender)


def of_long_ago(rt: Runtime, sender: str, _gateway_id: str) -> None:
    """The number may be another person's by now."""
    before = dataclasses.replace(rt, clock=lambda: NOON - timedelta(days=3 * 365))
    text_in(before, "meri gali mein pani nahi aata", sender=sender)


@dataclass(frozen=True)
class Kind:
    """A kind of first text. `is_ordinary`: it is stored as a first text. `sender`: None for a phone of Pakistan."""

    body: str = BODY
    is_ordinary: bool = False
    sender: str | None = None
    before: Before | None = None
    ago: timedelta | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


def ordinary(body: str = BODY, **told: Any) -> Kind:
    return Kind(body, is_ordinary=True, told=told)


KINDS = {
    "roman": ordinary(),
    "english": ordinary("Three men broke the lock of my shop in Saddar last night and took everything"),
    "urdu": ordinary("کل رات صدر میں میری دکان کا تالا توڑ کر سب سامان لے گئے"),
    "sindhi": ordinary("صدر ۾ منهنجي دڪان جو تالو ڀڃي سڄو سامان کڻي ويا آهن"),
    "no language": ordinary("zzkk 8171 xqwv"),
    "of no kind": ordinary("gali mein bahut shor hota hai"),
    "a question": ordinary("kya aap log madad karte hain gali ke shor par?"),
    "police, sealed": ordinary("police wala rishwat maang raha hai thane mein"),
    "longer than is read": ordinary(f"{BODY} " + "aur phir " * (READ // 8)),
    "longer than is kept": ordinary(f"{BODY} " + "aur phir " * (KEPT // 8)),
    "a line": ordinary(line="the SIM in the second slot"),
    "its time": ordinary(received_at=NOON - timedelta(hours=3)),
    "a time to come": ordinary(received_at=NOON + timedelta(hours=3)),
    "no receipt abroad": Kind(is_ordinary=True, sender="+4477009000{:02}"),
    "nothing at all": ordinary(""),
    "a sign": ordinary("?"),
    "a greeting": Kind("salam"),
    "a greeting that asks": Kind("hello?"),
    "off": Kind("OFF"),
    "help": Kind("help"),
    "english please": Kind("english"),
    "taken for a stop": Kind("stop", told={"keyword": Keyword.GATEWAY_STOP}),
    "thanks": Kind("bahut shukriya"),
    "a plea": Kind("koi hai?"),
    "only asks": Kind("any update?"),
    "a code": Kind("42"),
    "a digit": ordinary("2"),
    "a woman's digit": Kind("3"),
    "a cry": Kind("madad"),
    "a sign that cries": Kind(f"🆘 {BODY}"),
    "danger": Kind("meri behan ko aghwa kar liya hai, goli maar dein ge"),
    "an unknown reference": Kind(f"{reference.written(reference.draw(lambda below: below // 3))} {BODY}"),
    "a mistyped reference": Kind("482-719-366"),
    "nine digits in words": ordinary(f"482-719-365 {BODY}"),
    "wants a woman": Kind("aurat se baat karni hai, mera mobile cheen liya"),
    "not safe": Kind("ye number mere shohar ka hai, jawab mat dena. mera mobile cheen liya"),
    "to be forgotten": Kind("mera number delete kar do"),
    "by itself": Kind("I am driving right now, I will call you later"),
    "a photo": Kind(told={"photos": ("SM/ME",)}),
    "a photo not brought": Kind(told={"not_brought": True}),
    "names one of us": Kind(f"{BODY}, Babar Soomro ne"),
    "a short code": Kind(sender="84{:02}"),
    "a name": Kind(sender="Bank{:02}"),
    "junk": Kind(sender="Promo{:02}"),
    "nobody's number": Kind(sender=""),
    "an erased phone": Kind(before=erased_phone),
    "an erased text": Kind(before=erased_text),
    "a volunteer's own phone": Kind(before=typed_in),
    "a phone that is known": Kind(before=heard_before),
    "another person's by now": Kind(before=of_long_ago),
    **{f"{ago} late": Kind(is_ordinary=True, ago=ago) for ago in LATE},
    "danger, late": Kind("madad", ago=LATE[1]),
}


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """A Runtime that has read the names of its people."""
    made = make_rt(conversation=Conversation(junk_senders=("Promo00", "Promo01")))
    settle(made, tmp_path, PEOPLE)
    text_in(made, BODY, sender="+923451234599")
    return made


@pytest.fixture
def firsts(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[Stored]:
    """The texts that are stored as first texts."""
    found: list[Stored] = []
    assert rt.first_texts is not None
    store = rt.first_texts.store

    def noted(text: FirstText) -> Stored | None:
        if (stored := store(text)) is not None:
            found.append(stored)
        return stored

    monkeypatch.setattr(rt.first_texts, "store", noted)
    return found


def rows(rt: Runtime) -> dict[Key, Mapping[str, Any]]:
    """All rows of the database, by table and key."""
    found: dict[Key, Mapping[str, Any]] = {}
    with rt.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                found[table.name, tuple(row[column.name] for column in table.primary_key)] = dict(row)
    return found


def left(rt: Runtime, kind: Kind, number: int) -> tuple[list[Row], list[str], set[str]]:
    """What a text leaves: its rows, all words of the contact's texts, and the jobs that it rings for. Ids are told by their order."""
    sender = f"+9230012345{number:02}" if kind.sender is None else kind.sender.format(number)
    gateway_id = f"SMfirst{number:027}"
    if kind.before is not None:
        kind.before(dataclasses.replace(rt, first_texts=None), sender, gateway_id)
    before = rows(rt)
    rt.bell.rung.clear()  # type: ignore[attr-defined]
    text = IncomingText(gateway_id, sender, kind.body, **kind.told)
    text = dataclasses.replace(text, photos=tuple(f"{gateway_id}/{one}" for one in text.photos))
    receive_text(rt, "twilio", text, came_at=rt.clock() - kind.ago if kind.ago else None)
    after = rows(rt)
    new = {key: row for key, row in after.items() if before.get(key) != row}
    with rt.reading() as session:
        refs = {one.reference for one in session.scalars(select(Ticket))}
        words = [one.body for one in session.scalars(select(Message).order_by(Message.id)) if ("messages", (one.id,)) in new]
    for ref in refs:
        words = [one.replace(reference.written(ref), "its reference") for one in words]
    order = {key: place for place, key in enumerate(sorted(new))}
    rung = set(rt.bell.rung)  # type: ignore[attr-defined]
    return [(key[0], alike(key[0], new[key], order, gateway_id)) for key in order], words, rung


def alike(name: str, row: Mapping[str, Any], order: Mapping[Key, int], gateway_id: str) -> Mapping[str, Any]:
    """A row without what differs from text to text: an id becomes the place of the row that it names among the new ones."""
    table, found = Base.metadata.tables[name], dict[str, Any]()
    for column, value in row.items():
        names = next((key.column for key in table.c[column].foreign_keys), None)
        if names is not None and value is not None:
            found[column] = order.get((names.table.name, (value,)), value)
        elif column in {"id", "reference"}:
            found[column] = "its own"
        elif isinstance(value, bytes):
            found[column] = bytes
        else:
            found[column] = value.replace(gateway_id, "its id") if isinstance(value, str) else value
    return found


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_both_ways_leave_the_same_rows_the_same_words_and_ring_alike(rt: Runtime, firsts: list[Stored], kind: Kind) -> None:
    of_its_own = left(dataclasses.replace(rt, first_texts=None), kind, 0)
    assert firsts == []
    as_first = left(rt, kind, 1)
    assert as_first == of_its_own
    assert (len(firsts) == 1) is kind.is_ordinary
