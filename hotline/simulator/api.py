"""What all parts of Twilio's REST API (`/2010-04-01/Accounts/{sid}`) share: authentication, errors and lists."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request

from hotline.simulator.exchange import Exchange
from hotline.simulator.messages import API_VERSION

_MAX_PAGE_SIZE = 1000
_DAY = len("2026-11-23")


class _Listed(Protocol):
    seq: int


One = TypeVar("One", bound=_Listed)


def error(status: int, code: int, message: str) -> Response:
    """An error as Twilio answers it."""
    reply = jsonify(code=code, message=message, more_info=f"https://www.twilio.com/docs/errors/{code}", status=status)
    reply.status_code = status
    if status == 401:
        reply.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return reply


def http_error(status: int) -> Response:
    """The error of a fault that was asked for, with this HTTP status."""
    return error(status, 20000 + status, {429: "Too Many Requests", 503: "Service unavailable"}.get(status, "Internal server error"))


def not_found() -> Response:
    return error(404, 20404, f"The requested resource {request.path} was not found")


def the_exchange() -> Exchange:
    exchange: Exchange = current_app.extensions["simulator"]
    return exchange


def api_blueprint(name: str, *, open_to_all: Callable[[], bool] = lambda: False) -> Blueprint:
    """A blueprint for routes of the API. They take the account's password, unless `open_to_all()` is True for the request."""
    blueprint = Blueprint(name, __name__, url_prefix=f"/{API_VERSION}/Accounts")

    @blueprint.url_value_preprocessor
    def _forget_account(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        """Views need not take the account: it is checked below."""
        if values:
            values.pop("account_sid", None)

    @blueprint.before_request
    def _authenticate() -> Response | None:
        account, given = the_exchange().account, request.authorization
        known = given is not None and given.type == "basic" and account.knows(given.username, given.password)
        if not known and not open_to_all():
            return error(401, 20003, "Authenticate")
        return None if request.path.split("/")[3].removesuffix(".json") == account.sid else not_found()

    return blueprint


def show_list(
    kind: str, find: Callable[[], Iterable[One]], render: Callable[[One], dict[str, Any]], *, filters: Sequence[str] = ()
) -> Response:
    """A page of what `find` gives, which is newest first. If it raises ValueError, a filter was bad: HTTP 400.

    `kind` is the key of the list in the answer, `filters` are the query parameters to keep in links to pages. The page token names the
    last item of a page, so that items that arrive meanwhile do not shift the next page.
    """
    query, state = request.args, the_exchange().state
    if state.strikes("list_http_next"):
        return http_error(state.faults.list_http_status)
    try:
        size = min(max(int(query.get("PageSize", 50)), 1), _MAX_PAGE_SIZE)
        page = max(int(query.get("Page", 0)), 0)
        before = int(query["PageToken"].removeprefix("PA")) if query.get("PageToken") else None
        found = list(find())
    except ValueError:
        return error(400, 20001, "a page or date parameter is not valid")
    rest = [one for one in found if before is None or one.seq < before]
    shown = rest[:size]
    return jsonify(
        {
            kind: [render(one) for one in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": request.full_path.rstrip("?"),
            "first_page_uri": _page_uri(filters, size, 0, None),
            "next_page_uri": _page_uri(filters, size, page + 1, shown[-1].seq) if len(rest) > size else None,
            "previous_page_uri": None,
        }
    )


def _page_uri(filters: Sequence[str], size: int, page: int, last_seq: int | None) -> str:
    fields = {name: request.args[name] for name in filters if name in request.args}
    fields |= {"PageSize": str(size), "Page": str(page)}
    if last_seq is not None:
        fields["PageToken"] = f"PA{last_seq}"
    return f"{request.path}?{urlencode(fields)}"


def within(name: str) -> Callable[[datetime], bool]:
    """A filter on a time, from the query parameters `name`, `name>` and `name<` together. Raises ValueError."""
    query = request.args
    # The SDK sends a date as midnight, but Twilio's filter means the whole day.
    on = _span(query[name][:_DAY]) if query.get(name) else None
    since, until = (_span(query[one]) if query.get(one) else None for one in (f"{name}>", f"{name}<"))

    def wanted(at: datetime) -> bool:
        return (on is None or on[0] <= at < on[1]) and (since is None or at >= since[0]) and (until is None or at < until[1])

    return wanted


def _span(text: str) -> tuple[datetime, datetime]:
    """Begin and end of the day or the second that a filter names. Raises ValueError."""
    start = datetime.fromisoformat(text)
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start
    return start, start + (timedelta(days=1) if len(text) == _DAY else timedelta(seconds=1))
