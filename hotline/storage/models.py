"""The tables of contacts, tickets and texts. Those of calls are in `callmodels`, those of volunteers in `peoplemodels`.

Phone numbers and what people wrote are sealed (`hotline/storage/sealed.py` seals and opens them, and lists the columns): SQL cannot compare
them. A number is found by its keyed mark. Texts from before stand in `messages.plain` until a worker has sealed them.
"""

from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, Text, Time, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from hotline.storage.base import NO_TICKET, Base, Id

ON_QUEUE = text("(status NOT IN ('resolved', 'closed') OR unread)")
"""Tickets that somebody still has to look at. The condition of partial indexes: they serve only a query that has it word for word."""

HOLDS_BACK = text("(hold OR sealed) AND status <> 'closed'")
"""Tickets because of which nothing is started to their phone. The condition of a partial index, as above."""

WAITS = text("(unattended OR team_id IS NULL)")
"""Tickets that no volunteer could be found for, or that have no team. The condition of a partial index, as above."""

TO_READ = text("to_read")
"""The texts that a worker is still to read. The condition of a partial index."""

PLAIN = text("plain IS NOT NULL")
UNREPORTED = text("delivery = 'sent' AND next_attempt_at IS NOT NULL")
"""The texts that a worker is still to seal. The condition of a partial index."""

LOOK = text("look IS NOT NULL")
"""Texts that nobody has looked at yet. The condition of a partial index, as above."""

VIEWED = text("kind = 'viewed'")
"""Events that say who opened a ticket's page. The condition of a partial index, as above."""

LOOKS = text("kind IN ('viewed', 'listened', 'photo_seen', 'number_shown', 'number_sought')")
"""Events that say who looked at a ticket. The condition of a partial index, as above."""

RINGING = text("next_ring_at IS NOT NULL")
"""Tickets for which phones ring. The condition of a partial index, as above."""

UNACTED = text("danger IS NOT NULL AND acted_at IS NULL AND status NOT IN ('resolved', 'closed')")
"""Tickets in danger on which nobody has acted. The condition of a partial index, as above."""

KEPT = text("kept_from IS NOT NULL")
"""Tickets that have ended and still have words. The condition of a partial index, as above."""

GOES = text("goes_at IS NOT NULL")
"""Tickets whose words go soon. The condition of a partial index, as above."""

ALONE = text("ticket_id IS NULL AND sealed IS NOT NULL")
"""Texts without a ticket that still have words. The condition of a partial index, as above."""

CARD_PUT = text("kind = 'card_put'")
"""Events that put a protocol card to a ticket. The condition of a partial index, as above."""

NOBODYS = text("(status NOT IN ('resolved', 'closed') OR unread) AND assignee_id IS NULL")
PROMISED = text("promised_at IS NOT NULL AND on_time")
_ORDER = ("priority", "on_time", "opened_at", "id")
"""The order of the queue: urgency, then what is late, then age."""


class Installation(Base):
    """What this database is for. A demo database never becomes a real one, nor the other way round. At most one row."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))  # demo or real


class KeyPrint(Base):
    """What tells a key of the keys file from another, so that a wrong file is known before anything is sealed by it."""

    __tablename__ = "key_prints"
    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    print: Mapped[str] = mapped_column(String(16))


class Contact(Base):
    """A phone that texts or calls, and how the citizen may be reached. `mark` is null for a withheld number: it is never recognised.

    An erased contact has neither mark nor number nor key.
    """

    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    uid: Mapped[bytes] = mapped_column(LargeBinary(16))  # drawn at random: what is sealed for the contact is bound to it
    mark: Mapped[bytes | None] = mapped_column(LargeBinary(16), unique=True)  # by which a number is found (`sealing.mark`)
    number: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)  # the contact's key, sealed by a key of the keys file; null: erased
    kind: Mapped[str] = mapped_column(String(16))
    country: Mapped[str | None] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(8))
    language_named: Mapped[bool]  # the citizen named it: it stays until the citizen names another
    may_text: Mapped[bool]  # a mark of a volunteer, as are the next two and the hours: only a person undoes it
    may_call: Mapped[bool]
    on_hold: Mapped[bool]  # nothing that we start goes to this phone
    safe_from: Mapped[time | None] = mapped_column(Time)  # the citizen's own hours, local time, inside those of the configuration
    safe_until: Mapped[time | None] = mapped_column(Time)
    stopped_at: Mapped[datetime | None]  # since when the phone itself asks for no texts, by OFF; its own ON takes that back
    refused_texts_at: Mapped[datetime | None]  # since when the citizen says, by a key or in words, that texts are not safe ...
    refused_calls_at: Mapped[datetime | None]  # ... and calls: like a mark, only a person takes these two back
    deaf: Mapped[bool] = mapped_column(server_default=false())  # what the citizen needs, as volunteers noted it: so are the next two
    only: Mapped[str | None] = mapped_column(String(8))  # `domain.needs.Only`
    interpreter: Mapped[str | None] = mapped_column(String(8))  # `domain.needs.Interpreter`
    created_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]  # when the phone last texted or rang us
    owner_since: Mapped[
        datetime | None
    ]  # it had been silent for long, and was heard again then: tickets from before are a stranger's to it
    times_seen: Mapped[
        int
    ]  # 1 while the contact is new, or its number is heard again after long; 0: never heard from (a walk-in, or a volunteer's own phone)

    @property
    def wants_no_texts(self) -> bool:
        """Whether the phone itself asks for no texts that we start, however it said so."""
        return self.stopped_at is not None or self.refused_texts_at is not None

    @property
    def names_hours(self) -> bool:
        """Whether it is known in which hours this phone is safe."""
        return self.safe_from is not None or self.safe_until is not None


class Ticket(Base):
    """One complaint from first contact to close. Every change raises `version` by one."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_queue", *_ORDER, postgresql_where=ON_QUEUE, sqlite_where=ON_QUEUE),
        Index("ix_tickets_team", "team_id", *_ORDER, postgresql_where=ON_QUEUE, sqlite_where=ON_QUEUE),
        Index("ix_tickets_unrouted", "priority", "id", postgresql_where=text("routed_at IS NULL"), sqlite_where=text("routed_at IS NULL")),
        Index("ix_tickets_assignee", "assignee_id", *_ORDER, postgresql_where=ON_QUEUE, sqlite_where=ON_QUEUE),
        Index("ix_tickets_nobodys", *_ORDER, postgresql_where=NOBODYS, sqlite_where=NOBODYS),
        Index("ix_tickets_promised", "promised_at", postgresql_where=PROMISED, sqlite_where=PROMISED),
        Index("ix_tickets_waits", "priority", "id", postgresql_where=WAITS, sqlite_where=WAITS),
        Index("ix_tickets_ringing", "next_ring_at", postgresql_where=RINGING, sqlite_where=RINGING),
        Index("ix_tickets_unacted", "danger_at", postgresql_where=UNACTED, sqlite_where=UNACTED),
        Index("ix_tickets_kept", "kept_from", postgresql_where=KEPT, sqlite_where=KEPT),
        Index("ix_tickets_goes", "goes_at", postgresql_where=GOES, sqlite_where=GOES),
        Index("ix_tickets_contact_id", "contact_id"),
        Index("ix_tickets_holds_back", "contact_id", postgresql_where=HOLDS_BACK, sqlite_where=HOLDS_BACK),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(String(9), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    status: Mapped[str] = mapped_column(String(16))
    category: Mapped[str] = mapped_column(String(40))
    priority: Mapped[int] = mapped_column(SmallInteger)
    sealed: Mapped[bool]
    hold: Mapped[bool]
    unread: Mapped[bool]
    unattended: Mapped[bool]  # nobody was on duty and the team has no lead: the queue marks it
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    routed_at: Mapped[datetime | None]
    version: Mapped[int]
    area: Mapped[str | None] = mapped_column(String(40))  # the code of the area where it happened
    promised_at: Mapped[datetime | None]  # until when somebody promised to act
    on_time: Mapped[bool] = mapped_column(server_default=true())  # false: the promised time has passed; a worker sets it
    walk_in: Mapped[bool] = mapped_column(server_default=false())  # typed in by a volunteer
    wants_woman: Mapped[bool] = mapped_column(server_default=false())  # the citizen asks for a woman
    danger: Mapped[str | None] = mapped_column(String(8))  # how we know that somebody is in danger (`domain.danger.Danger`)
    danger_at: Mapped[datetime | None]  # when that was told last
    acted_at: Mapped[datetime | None]  # when somebody acted on it; null: phones may still ring
    next_ring_at: Mapped[datetime | None]  # when the next phone is rung for it; null: none is
    head_told_at: Mapped[datetime | None]  # when the head was told that its sealed team does not act on it
    to_read: Mapped[bool] = mapped_column(server_default=false())  # a worker is still to read it: nobody sees it, later the leads alone
    kept_from: Mapped[datetime | None]  # when it ended, or was last written on after its words had gone; null: open, or without words
    keep_until: Mapped[datetime | None]  # a lead said that its words stay until then
    goes_at: Mapped[datetime | None]  # when its words go, as leads were told a week before


class Message(Base):
    """One whole text, in or out. A text out also has its delivery, a text in how it was read."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_id"),
        Index("ix_messages_contact", "contact_id", "id"),
        Index("ix_messages_ticket", "ticket_id", "id"),
        Index(
            "ix_messages_due",
            "rank",
            "next_attempt_at",
            "id",
            postgresql_where=text("delivery = 'queued'"),
            sqlite_where=text("delivery = 'queued'"),
        ),
        Index("ix_messages_look", "look", "id", postgresql_where=LOOK, sqlite_where=LOOK),
        Index("ix_messages_unseen", "ticket_id", postgresql_where=LOOK, sqlite_where=LOOK),
        Index("ix_messages_alone", "created_at", postgresql_where=ALONE, sqlite_where=ALONE),
        Index("ix_messages_plain", "id", postgresql_where=PLAIN, sqlite_where=PLAIN),
        Index("ix_messages_to_read", "late", "id", postgresql_where=TO_READ, sqlite_where=TO_READ),
        Index(
            "ix_messages_open",
            "delivery",
            "next_attempt_at",
            postgresql_where=text("delivery IN ('sending', 'unknown')"),
            sqlite_where=text("delivery IN ('sending', 'unknown')"),
        ),
        Index("ix_messages_unreported", "next_attempt_at", postgresql_where=UNREPORTED, sqlite_where=UNREPORTED),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    direction: Mapped[str] = mapped_column(String(3))  # `domain.message.Direction`
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    gateway: Mapped[str] = mapped_column(String(16))
    gateway_id: Mapped[str | None] = mapped_column(String(64))
    line: Mapped[str | None] = mapped_column(String(16))  # the number or SIM of ours that it came to or leaves by, as the gateway names it
    head: Mapped[str | None] = mapped_column(String(64))  # of an MMS: the gateway's id of what told that it came; "": not told yet
    plain: Mapped[str | None] = mapped_column(Text)  # from before texts were sealed; a worker empties it
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # its words; null, and nothing plain: erased
    masked: Mapped[bool | None]  # true: parts of it are not shown (`redactions`)
    created_at: Mapped[datetime]
    # in
    look: Mapped[int | None] = mapped_column(SmallInteger)  # `domain.look.Look`: how soon a person looks at it; null: somebody has
    read_as: Mapped[str | None] = mapped_column(String(16))
    to_read: Mapped[bool | None]  # true: a worker is still to read what it means
    late: Mapped[bool] = mapped_column(server_default=false())  # taken in late (`domain.lateness`): those that come now are read first
    # out
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # who wrote it (down); null: the machine or the citizen
    text_key: Mapped[str | None] = mapped_column(String(40))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))  # the citizen's text that it answers
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # the lead who agreed to it, as its ticket is on hold
    language: Mapped[str | None] = mapped_column(String(8))
    segments: Mapped[int | None] = mapped_column(SmallInteger)
    rank: Mapped[int | None] = mapped_column(SmallInteger)  # the lowest leaves first: 0 answers, 1 what we start, higher: tried again
    delivery: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(16))  # the gateway's error code, or our own word
    attempts: Mapped[int | None] = mapped_column(SmallInteger)
    unsent: Mapped[int | None] = mapped_column(SmallInteger)  # how often in a row it was surely not sent; null: it never was so
    repeats: Mapped[bool | None]  # true: it is sent once more as the same attempt, to the same gateway, which knows whether it has it
    look_ups: Mapped[int | None] = mapped_column(SmallInteger)
    next_attempt_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    unhanded: Mapped[bool | None]  # true: claimed, and surely not given to the gateway yet; null: the gateway may have it
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class Question(Base):
    """A question about a ticket that we asked a contact. A text of one digit answers the open question of its kind."""

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_open", "contact_id", postgresql_where=text("answered_at IS NULL"), sqlite_where=text("answered_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class TypedPhone(Base):
    """A phone whose number a volunteer typed in on a ticket. Until that phone gives us the ticket's reference, it is joined to nobody."""

    __tablename__ = "typed_phones"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # drawn at random: it stands on pages
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)  # as in `contacts`; null: erased
    number: Mapped[bytes | None] = mapped_column(LargeBinary)  # E.164, sealed under the key of the ticket's contact
    kind: Mapped[str] = mapped_column(String(16))  # `domain.phone.TypedAs`
    made_by: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    made_at: Mapped[datetime]
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))  # why it is the citizen's; null for a walk-in
    confirmed_at: Mapped[datetime | None]  # by a lead; a walk-in needs none
    met_at: Mapped[datetime | None]  # when it texted or keyed the reference


class Note(Base):
    """What a volunteer wrote for colleagues."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # under the key of the ticket's contact; null: erased
    masked: Mapped[bool | None]  # as of a text
    written_at: Mapped[datetime]


class Event(Base):
    """What happened to a ticket; append-only. `data` holds codes and ids, never a phone number, a body or a name."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_ticket", "ticket_id", "id"),
        Index("ix_events_cards", "ticket_id", postgresql_where=CARD_PUT, sqlite_where=CARD_PUT),
        Index("ix_events_looks", "volunteer_id", "id", postgresql_where=LOOKS, sqlite_where=LOOKS),
        Index("ix_events_viewed", "ticket_id", "volunteer_id", "happened_at", postgresql_where=VIEWED, sqlite_where=VIEWED),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    kind: Mapped[str] = mapped_column(String(24))
    happened_at: Mapped[datetime]
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: the machine, or the citizen
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    data: Mapped[dict[str, Any]]


class Alarm(Base):
    """A page to a volunteer about a ticket or something else (`about`), shown on the queue until the volunteer acknowledges it.

    There is one at most for each subject, kind and volunteer.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "volunteer_id"),
        Index("uq_alarms_about", "about", "kind", "volunteer_id", unique=True, postgresql_where=NO_TICKET, sqlite_where=NO_TICKET),
        Index(
            "ix_alarms_open", "volunteer_id", postgresql_where=text("acknowledged_at IS NULL"), sqlite_where=text("acknowledged_at IS NULL")
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    about: Mapped[str | None] = mapped_column(String(60))  # a shift or a request for a right, as its kind and key
    kind: Mapped[str] = mapped_column(String(24))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when the volunteer's own phone was texted or rung about it
    seen_at: Mapped[datetime | None]  # when the volunteer opened its ticket on a page
    code: Mapped[str | None] = mapped_column(String(2))  # two digits that the text about it showed: sent back, they answer it
    answered_at: Mapped[datetime | None]  # when they were sent back; the alarm stays open, for nobody knows who sent them


class ShutOut(Base):
    """A volunteer who must not see a ticket, because it names the volunteer or somebody the volunteer knows."""

    __tablename__ = "shut_outs"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True, index=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # null: a machine, because a text names the volunteer
    made_at: Mapped[datetime]


class Draft(Base):
    """What a volunteer has begun to write to a citizen."""

    __tablename__ = "drafts"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # under the key of the ticket's contact
    saved_at: Mapped[datetime]


class TicketWord(Base):
    """A word of a ticket, for the search. It is stored as a keyed hash, so that this table holds nothing that people wrote."""

    __tablename__ = "ticket_words"
    word: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True, index=True)


class Mark(Base):
    """How far a worker has come in a table that only grows."""

    __tablename__ = "marks"
    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
