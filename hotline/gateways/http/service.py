"""A service that sends texts over HTTP, as its file describes it: what it is asked, and what its answers mean.

`servicefile.py` reads the file. Every key is explained in example.toml.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hotline.gateways.base import Abilities, LookUp, Outcome, Unit


class Means(StrEnum):
    """What an answer means. An answer that no rule knows means nothing, and a text with such an answer may have been sent."""

    TAKEN = "taken"
    TAKEN_ALREADY = "taken_already"  # a text of this id, or of these words just now, was taken before
    REFUSED = "refused"
    STOPPED = "stopped"
    ILL = "ill"
    AGAIN = "again"  # not taken: it can be sent again later
    LOG_IN = "log_in"  # not taken: the session is over
    IN = "in"  # we are logged in
    NOT_THERE = "not_there"  # the service has no text of this id
    ROWS = "rows"  # the texts that came in


OUTCOMES: Mapping[Means, Outcome] = {
    Means.REFUSED: Outcome.REFUSED,
    Means.STOPPED: Outcome.STOPPED,
    Means.ILL: Outcome.ILL,
    Means.AGAIN: Outcome.NOT_SENT,
}
"""What a failure means for the text."""


class Content(StrEnum):
    """How the fields of a request travel."""

    QUERY = "query"  # in the address
    URLENCODED = "urlencoded"
    JSON = "json"
    XML = "xml"


@dataclass(frozen=True)
class Place:
    """Where something stands in an answer: paths in JSON, paths in XML, or a pattern whose first group it is. The first that is there."""

    json: tuple[str, ...] = ()
    xml: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Rule:
    """One line of the answers: all that it names must hold. `values`: what stands at the place; empty: anything."""

    means: Means
    number: int  # of the rule in its list, from 1
    statuses: frozenset[int] = frozenset()
    contains: str = ""
    place: Place = Place()
    values: frozenset[str] = frozenset()
    id: Place = Place()
    code: str = ""


@dataclass(frozen=True)
class Request:
    """What is asked. `fields` and what is in them are templates; `plain` and `unicode` are fields of one kind of texts only."""

    method: str
    path: str
    content: Content
    fields: Mapping[str, object]
    plain: Mapping[str, object]
    unicode: Mapping[str, object]
    document: str
    headers: Mapping[str, str]
    basic: str
    answers: tuple[Rule, ...]


@dataclass(frozen=True)
class TextFields:
    """Where the parts of a text that came in stand, "" for those that the service does not give."""

    sender: str
    words: str
    id: str = ""
    at: str = ""
    at_format: str = "iso"  # or "unix", or as of `datetime.strptime`
    line: str = ""
    hex: bool = False  # the words are bytes in hexadecimal digits
    coding: str = ""  # says by SMPP's data_coding in which alphabet the bytes are
    charset: str = ""  # says it by name


@dataclass(frozen=True)
class Login:
    """How a session begins. `idle_s`: after so long without a request it is over."""

    request: Request
    idle_s: int


@dataclass(frozen=True)
class Poll:
    """How texts that came in are asked for. `date_format`: of {since} and {until}."""

    request: Request
    rows: Place
    fields: TextFields
    date_format: str
    minutes: int  # how far back it is asked

    @property
    def goes_back(self) -> bool:
        """Whether it can be asked for what came in since a given time."""
        return "{since}" in repr((self.request.fields, self.request.document))


@dataclass(frozen=True)
class TextsIn:
    """How the service tells of a text that came in, and what it wants to hear. `content`: QUERY for any form, in the address or not."""

    content: Content
    rows: Place
    fields: TextFields
    answer: str
    answer_type: str


@dataclass(frozen=True)
class ReportsIn:
    """How the service reports. `our_id`: the field with our own id; `id`: that with the service's; `means`: status → what it means."""

    content: Content
    our_id: str
    id: str
    status: str
    code: str
    means: Mapping[str, str]
    answer: str
    answer_type: str
    rows: Place = Place()


@dataclass(frozen=True)
class Service:
    """The whole file. `url` is "" where each deployment has its own; `values`: name → default, None: it has to be given."""

    name: str
    origin: str  # "shipped" or the path of the file
    untried: bool
    url: str
    secrets: tuple[str, ...]
    values: Mapping[str, str | None]
    idempotent: bool
    unit: Unit
    send: Request
    login: Login | None
    query: Request | None
    poll: Poll | None
    texts: TextsIn | None
    reports: ReportsIn | None

    @property
    def can(self) -> Abilities:
        """What such a gateway can do, as the file says."""
        exact = self.query is not None and "{our_id}" in repr((self.query.path, self.query.fields, self.query.document))
        return Abilities(
            LookUp.EXACT if exact else LookUp.NEVER,
            idempotent=self.idempotent,
            reports=self.reports is not None,
            polls=self.poll is not None,
            keeps_log=self.poll is not None and self.poll.goes_back,
            unit=self.unit,
        )

    @property
    def has_hooks(self) -> bool:
        """Whether the service talks to us."""
        return self.texts is not None or self.reports is not None

    @property
    def knows_taken(self) -> bool:
        """Whether a rule says that a text was taken."""
        return any(rule.means is Means.TAKEN for rule in self.send.answers)

    @property
    def keeps_their_id(self) -> bool:
        """Whether a text stands here under the service's id: only where reports name no other. Ours is surely not given twice."""
        return self.reports is not None and not self.reports.our_id
