"""Pages for whoever works tickets."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from flask import abort

from hotline.guards import runtime, volunteer
from hotline.storage import people

_P = ParamSpec("_P")
_R = TypeVar("_R")


def for_who_works(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let in who works tickets: not an administrator, nor an auditor."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with runtime().reading() as session:
            works = people.rights(session, volunteer()).works
        if not works:
            abort(HTTPStatus.FORBIDDEN)
        return view(*args, **kwargs)

    return guarded
