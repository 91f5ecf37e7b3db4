"""The rows that the functions of `storage` write: their columns, and the type of each.

A function that takes `**values: Unpack[...]` of one of these cannot be called with a column that does not exist or a value of another
type. The tests compare each of them with its model. The rows of events and recordings are in `events` and `recordings`.
"""

from datetime import datetime, time
from typing import Any, NotRequired, TypedDict

from hotline.domain.call import CallDirection, CallReason
from hotline.domain.conversation import ReadAs
from hotline.domain.danger import Danger
from hotline.domain.delivery import Delivery, Reason
from hotline.domain.look import Look
from hotline.domain.message import Direction
from hotline.domain.needs import Interpreter, Only
from hotline.domain.ticket import Priority, Status
from hotline.domain.walk import Consent


class ContactChanges(TypedDict, total=False):
    """Changes of a contact."""

    language: str
    language_named: bool
    may_text: bool
    may_call: bool
    on_hold: bool
    safe_from: time | None
    safe_until: time | None
    stopped_at: datetime | None
    refused_texts_at: datetime | None
    refused_calls_at: datetime | None
    owner_since: datetime | None
    deaf: bool
    only: Only | None
    interpreter: Interpreter | None


class TicketFacts(TypedDict):
    """What is known of a ticket when it is opened."""

    contact_id: int
    category: str
    priority: Priority
    sealed: bool
    hold: bool
    team_id: NotRequired[int | None]
    assignee_id: NotRequired[int | None]
    routed_at: NotRequired[datetime | None]
    area: NotRequired[str | None]
    promised_at: NotRequired[datetime | None]
    on_time: NotRequired[bool]
    walk_in: NotRequired[bool]
    wants_woman: NotRequired[bool]
    danger: NotRequired[Danger | None]
    danger_at: NotRequired[datetime | None]
    next_ring_at: NotRequired[datetime | None]
    to_read: NotRequired[bool]


class NewTicket(TicketFacts):
    """What is known of a ticket, with its reference and times."""

    reference: str
    opened_at: datetime
    changed_at: datetime


class TicketRow(NewTicket):
    """The whole row of a new ticket."""

    status: Status
    unread: bool
    unattended: bool
    version: int


class TicketChanges(TypedDict, total=False):
    """Changes of a ticket. Its version and the time of the change are set with every change."""

    contact_id: int
    status: Status
    category: str
    priority: Priority
    sealed: bool
    hold: bool
    unread: bool
    unattended: bool
    team_id: int | None
    assignee_id: int | None
    routed_at: datetime | None
    area: str | None
    promised_at: datetime | None
    on_time: bool
    wants_woman: bool
    danger: Danger | None
    danger_at: datetime | None
    acted_at: datetime | None
    next_ring_at: datetime | None
    head_told_at: datetime | None
    to_read: bool
    keep_until: datetime | None
    goes_at: datetime | None


class TextIn(TypedDict):
    """A text that came in."""

    direction: Direction
    contact_id: int
    gateway: str
    gateway_id: str | None
    body: str
    created_at: datetime
    read_as: ReadAs
    look: NotRequired[Look | None]
    to_read: NotRequired[bool]
    late: NotRequired[bool]
    line: NotRequired[str]
    head: NotRequired[str]  # of an MMS
    sent_at: NotRequired[datetime]  # when the network took it from the citizen, where the gateway says


class TextInRow(TextIn):
    """The whole row of a text that came in, with its ticket and, where a volunteer wrote it down, that volunteer."""

    ticket_id: int | None
    volunteer_id: NotRequired[int | None]


class NewText(TypedDict):
    """What is known of a text that is to leave. `text_key` is the key of our sentence (`domain.texts`); None for a volunteer's words."""

    contact_id: int
    body: str
    language: str
    segments: int
    rank: int
    text_key: NotRequired[str | None]


class TextOut(NewText):
    """What is stored of a text that is to leave when it is queued."""

    direction: Direction
    gateway: str
    created_at: datetime
    delivery: Delivery
    attempts: int
    look_ups: int
    next_attempt_at: datetime | None


class TextOutRow(TextOut):
    """The whole row of a text that is to leave: also its ticket, the text that it answers, its volunteer and the lead who agreed to it."""

    ticket_id: int | None
    answers_id: NotRequired[int | None]
    agreed_by: NotRequired[int | None]
    volunteer_id: NotRequired[int | None]


class TextChanges(TypedDict, total=False):
    """Changes of a text that leaves."""

    gateway: str
    gateway_id: str | None
    rank: int
    delivery: Delivery
    reason: Reason | str | None
    line: str | None
    attempts: int
    unsent: int | None
    repeats: bool | None
    look_ups: int
    next_attempt_at: datetime | None
    claimed_at: datetime | None
    unhanded: bool | None
    sent_at: datetime | None
    delivered_at: datetime | None


class NewCall(TypedDict):
    """What is known of a call when it begins. `walk` is what `Walk.as_row` gives."""

    direction: CallDirection
    gateway: str
    gateway_id: str | None
    contact_id: int
    walk: dict[str, Any]
    next_attempt_at: datetime | None
    reason: NotRequired[CallReason | str | None]
    ended_at: NotRequired[datetime | None]


class CallRow(NewCall):
    """The whole row of a new call."""

    ticket_id: int | None
    turn: int
    consent: Consent | None
    call_consent: Consent | None
    lookups: int
    danger_at: datetime | None
    duty_taken: bool
    duration_s: int | None
    started_at: datetime
    stepped_at: datetime


class CallChanges(TypedDict, total=False):
    """Changes of a call."""

    gateway: str
    gateway_id: str | None
    ticket_id: int | None
    turn: int
    walk: dict[str, Any]
    consent: Consent | None
    call_consent: Consent | None
    lookups: int
    danger_at: datetime | None
    duty_taken: bool
    reason: CallReason | str | None
    stepped_at: datetime
    ended_at: datetime | None
    duration_s: int | None
    next_attempt_at: datetime | None


class NewShift(TypedDict):
    """A weekly shift as it is planned."""

    volunteer_id: int
    team_id: int
    weekday: int
    starts: time
    ends: time
    on_holidays: bool


class ShiftDayChanges(TypedDict, total=False):
    """Changes of one day's shift."""

    asked_at: datetime | None
    comes: bool | None
    answered_at: datetime | None
    stand_in_id: int | None
    agreed_at: datetime | None
    came_at: datetime | None
    lead_told_at: datetime | None
    yes_code: str | None
    no_code: str | None
