"""A gateway of ours before its pretend service: what the contract suite asks of every kind. Each kind has its `world.py`."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

from hotline.app import create_app
from hotline.domain.delivery import Delivery
from hotline.gateways.base import Abilities, LookUp, TextGateway
from hotline.runtime import Runtime
from tests.servers import serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MakeRt = Callable[..., Runtime]

NOWHERE = "http://127.0.0.1:9"
"""Where nobody listens."""


class Mishap(StrEnum):
    """What happens to the next text that we send."""

    ANSWER_LOST = "answer lost"  # the service takes it and the answer never comes
    NO_CONNECTION = "no connection"  # the service is not there
    BROKEN = "broken"  # the service answers that something failed, or rubbish, and took nothing
    REFUSED = "refused"  # for good: this number cannot be texted
    ILL = "ill"  # password, balance or SIM
    THROTTLED = "throttled"  # too many just now


class Lack(StrEnum):
    """What a gateway cannot do, of what the suite would ask it to."""

    REPORTS = "reports"  # it reports nothing
    ONCE = "once"  # a text that is sent twice under one id may leave twice
    LOOK_UP = "look up"  # it can never tell whether it has a text
    LOG = "log"  # it does not list what came in
    PHOTOS = "photos"  # it brings words alone


Lacks = frozenset[Mishap | Lack]
"""What does not happen at a service, and what its gateway cannot do. `LACKS` of a world's module has it for each service that lacks any."""


def lacks(can: Abilities) -> Lacks:
    """What a gateway cannot do."""
    found = {Lack.REPORTS: can.reports, Lack.ONCE: can.idempotent, Lack.LOOK_UP: can.look_up is not LookUp.NEVER, Lack.LOG: can.keeps_log}
    found[Lack.PHOTOS] = can.photos
    return frozenset(lack for lack, is_able in found.items() if not is_able)


class World(ABC):
    """One pretend service with its phones, and our gateway to it. `rt` is the hotline that the service tells of texts that come in."""

    rt: Runtime
    gateway: TextGateway
    lacks: Lacks
    tells = True  # the service tells us of texts, and is answered; else it keeps them until we ask, or take them
    apart_s = 61  # so much later the same words of one phone are another text

    @abstractmethod
    def meets(self, mishap: Mishap | None) -> None:
        """The next text that we send meets this; None: nothing does any more, the service is as always."""

    @abstractmethod
    def on_phones(self) -> list[tuple[str, str]]:
        """(number, words) of each text that arrived on a phone, in the order of arrival. A text that arrived twice stands here twice."""

    @abstractmethod
    def come_in(self, number: str, words: str, *, times: int = 1) -> None:
        """A phone texts us; the service tells us of that one text so often. Returns when it has told."""

    def come_in_untold(self, number: str, words: str) -> None:
        """A phone texts us, and the service never tells us. For a gateway that keeps a log."""
        raise NotImplementedError

    def come_in_photo(self, number: str, words: str, picture: bytes) -> None:
        """A phone sends us a photo with words. For a gateway that brings photos."""
        raise NotImplementedError

    @abstractmethod
    def forge(self, number: str, words: str) -> None:
        """Somebody who does not know our secrets tells us of a text, in the service's form."""

    def report(self, delivery: Delivery, *, times: int = 1) -> None:
        """The service reports so often of the last text that it took. For a gateway that reports."""
        raise NotImplementedError

    def forge_report(self, delivery: Delivery) -> None:
        """Somebody who does not know our secrets reports of the last text that the service took. For a gateway that reports."""
        raise NotImplementedError


class Hotline:
    """The hotline's web process on a port of loopback, which is known before its configuration is."""

    def __init__(self) -> None:
        self.app: WSGIApplication | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        assert self.app is not None
        return self.app(environ, start_response)

    def opens(self, rt: Runtime) -> None:
        self.app = create_app(rt)


@contextmanager
def hotline_on_loopback() -> Iterator[tuple[Hotline, str]]:
    """The hotline, and its address; it opens with `Hotline.opens`."""
    hotline = Hotline()
    with serving(make_server("127.0.0.1", 0, hotline, threaded=True)) as url:
        yield hotline, url


def eventually(found: Callable[[], Any], *, within_s: float = 10) -> Any:
    """What `found` gives, once it gives something true."""
    end = time.monotonic() + within_s
    while not (result := found()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
    return result
