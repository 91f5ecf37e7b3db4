"""The forms by which a number that takes two people is shown: asked for, agreed to, or opened in need."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, request

from hotline.guards import runtime, volunteer
from hotline.services.people import releasing
from hotline.services.people.factor import CodeRefused, FactorMissing
from hotline.services.people.releasing import NobodyToAsk
from hotline.services.people.tries import LoginTooSoon
from hotline.web.changing import Answer, go_on
from hotline.web.forms import choice, number, text
from hotline.web.ticketpage import Words, show

blueprint = Blueprint("releases", __name__)

_CODE_LONGEST = 32
_LARGEST_ID = 9223372036854775807


@blueprint.post("/tickets/<reference:reference>/number/ask")
def ask(reference: str) -> Answer:
    """The reader asks another person, with a reason."""
    return _done(reference, "number_asked", lambda: releasing.ask(runtime(), volunteer(), reference, note=text("note")))


@blueprint.post("/tickets/<reference:reference>/number/decide")
def decide(reference: str) -> Answer:
    """Another person says yes, with a code, or no."""
    release_id, yes, code = number("release", _LARGEST_ID), choice("say", "yes", "no") == "yes", text("code", _CODE_LONGEST)
    return _done(reference, "saved", lambda: releasing.decide(runtime(), volunteer(), reference, release_id, yes=yes, code=code))


@blueprint.post("/tickets/<reference:reference>/number/open")
def break_glass(reference: str) -> Answer:
    """The reader opens the number alone, with a reason and a code."""
    note, code = text("note"), text("code", _CODE_LONGEST)
    return _done(reference, "number_open", lambda: releasing.break_glass(runtime(), volunteer(), reference, note=note, code=code))


def _done(reference: str, done: str, act: Callable[[], None]) -> Answer:
    """Do it, and lead back to the panel; where it is refused the page says why and keeps the reason."""
    try:
        act()
    except NobodyToAsk:
        return _again(reference, HTTPStatus.CONFLICT, release_refused="nobody")
    except FactorMissing:
        return _again(reference, HTTPStatus.FORBIDDEN, release_refused="no_app")
    except CodeRefused:
        return _again(reference, HTTPStatus.UNPROCESSABLE_ENTITY, release_refused="code")
    except LoginTooSoon as fault:
        return _again(reference, HTTPStatus.TOO_MANY_REQUESTS, release_refused="wait", wait_s=fault.args[0])
    return go_on(reference, done=done, at="number")


def _again(reference: str, code: HTTPStatus, **about: object) -> Answer:
    return show(reference, kept=Words(note=text("note"), form=request.endpoint or "", about=about)), code
