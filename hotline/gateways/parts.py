"""Parts of texts, at gateways that carry a long text in parts and tell of each part by itself."""

from dataclasses import dataclass
from datetime import datetime

from hotline.domain.delivery import Delivery
from hotline.gateways.base import Outcome


@dataclass(frozen=True)
class IncomingPart:
    """A part of a text that came in, or a whole short one. All strings but `words` can be stored.

    `words` may begin or end with half a character (a lone surrogate): phones split an emoji over two parts.
    """

    sender: str
    words: str
    line: str | None = None
    number: int = 1  # from 1 to `of`
    of: int = 1
    reference: str = ""  # the same for all parts of a text, and another for the sender's next long text
    told_by: str = ""  # the gateway's own id of the part, where it has one: two parts that differ in it are two
    received_at: datetime | None = None


@dataclass(frozen=True)
class SentPart:
    """A part that the gateway took under its own id, of a text of ours. `other_ids`: how its reports may write that id.

    `late`: nobody waits for the gateway's answer any more.
    """

    gateway_id: str
    other_ids: tuple[str, ...]
    to: str
    message_id: int
    attempt: int
    our_id: str
    number: int
    of: int
    late: bool = False


@dataclass(frozen=True)
class PartReport:
    """What the gateway reports of a part. `gateway_id`: as it names the part now; `other_ids`: what it may have called it as it took it.

    `phone`: the number that the part went to.
    """

    gateway_id: str
    other_ids: tuple[str, ...]
    phone: str
    delivery: Delivery
    code: str | None
    outcome: Outcome | None = None
