"""Reads the file of a service (example.toml explains its keys). All faults are listed at once, a sentence each."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from hotline.gateways.base import Unit
from hotline.gateways.http.filetable import Table
from hotline.gateways.http.filling import OF_A_POLL, OF_A_QUERY, OF_A_SESSION, OF_A_TEXT, holes
from hotline.gateways.http.service import (
    Content,
    Login,
    Means,
    Place,
    Poll,
    ReportsIn,
    Request,
    Rule,
    Service,
    TextFields,
    TextsIn,
)
from hotline.tomlfile import Unreadable, read_toml

PRESETS = Path(__file__).parent / "presets"
"""The files that are shipped."""

REPORTED = ("sent", "delivered", "failed", "unreachable")
"""What a reported status can mean."""

_OUR_NAMES = OF_A_TEXT | OF_A_QUERY | OF_A_POLL | OF_A_SESSION
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:([0-9]{1,5}))?")
_JSON_PATH = re.compile(r"[^.\s]{1,64}(\.[^.\s]{1,64}){0,15}|")
_XML_PATH = re.compile(r"(//)?[A-Za-z_][\w.-]{0,63}(/[A-Za-z_][\w.-]{0,63}){0,15}")
_HEADER = re.compile("[A-Za-z0-9-]{1,64}")
_MEDIA_TYPE = re.compile("[a-z]{1,20}/[a-z0-9.+-]{1,60}(; ?charset=[A-Za-z0-9-]{1,40})?")
_TO_SEND = (Means.TAKEN, Means.TAKEN_ALREADY, Means.REFUSED, Means.STOPPED, Means.ILL, Means.AGAIN, Means.LOG_IN)
_TO_LOG_IN = (Means.IN, Means.ILL, Means.AGAIN)
_TO_QUERY = (Means.TAKEN, Means.NOT_THERE, Means.ILL, Means.AGAIN, Means.LOG_IN)
_TO_POLL = (Means.ROWS, Means.ILL, Means.AGAIN, Means.LOG_IN)


def preset_names() -> list[str]:
    """The names of the shipped files."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def read_service(path: Path, faults: list[str]) -> Service | None:
    """The service in a file; None if the file cannot be read. What is wrong is added to `faults`."""
    try:
        document = read_toml(path)
    except Unreadable as fault:
        faults.append(str(fault))
        return None
    table = Table(path.name, document, faults)
    secrets, values = table.texts("secrets"), _values(table)
    for name in secrets:
        if not re.fullmatch("(?!HOOK$)[A-Z][A-Z0-9_]{0,31}", name):
            table.wrong(f"secrets: {name!r} must be capital letters, digits and _, and not HOOK")
    account = frozenset({*secrets, *values})
    login = _login(table, account)
    with_session = account | (OF_A_SESSION if login is not None else frozenset())
    send = table.table("send")
    if send is None:
        table.wrong("[send] is missing: it says how a text is sent")
        send = Table(table.where, {}, [])
    service = Service(
        name=table.text("name", path.stem),
        origin="shipped" if path.parent == PRESETS else str(path),
        untried=table.yes_no("untried"),
        url=_url(table),
        secrets=secrets,
        values=values,
        idempotent=table.yes_no("idempotent"),
        unit=table.choice("unit", list(Unit), Unit.TEXTS),
        send=_request(send, _TO_SEND, with_session | OF_A_TEXT, of_texts=True),
        login=login,
        query=_query(table, with_session),
        poll=_poll(table, with_session),
        texts=_texts(table),
        reports=_reports(table),
    )
    _check(table, service)
    send.done()
    table.done()
    return service


def _check(table: Table, service: Service) -> None:
    """What must hold between the parts."""
    sent = holes([service.send.path, service.send.fields, service.send.plain, service.send.unicode, service.send.document])
    if service.idempotent and ("our_id" not in sent or not any(rule.means is Means.TAKEN_ALREADY for rule in service.send.answers)):
        table.wrong("idempotent is true only of a service that is given {our_id} and has a rule for what it has taken already")
    if service.can.look_up != "never" and service.query is not None:
        known = {rule.means for rule in service.query.answers}
        if not known >= {Means.TAKEN, Means.NOT_THERE}:
            table.wrong("[query] needs a rule for a text that is there (taken) and one for a text that is not (not_there)")


def _values(table: Table) -> dict[str, str | None]:
    found: dict[str, str | None] = dict.fromkeys(table.texts("values"))
    found |= table.of_texts("defaults")
    for name in found:
        if not re.fullmatch("[a-z][a-z0-9_]{0,31}", name) or name in _OUR_NAMES:
            table.wrong(f"values: {name!r} must be small letters, digits and _, and none of {', '.join(sorted(_OUR_NAMES))}")
    return found


def is_address(url: str) -> bool:
    """Whether it is scheme, host and perhaps port of a service, and nothing else."""
    found = _ADDRESS.fullmatch(url)
    return found is not None and 0 < int(found[2] or 1) < 2**16


def _url(table: Table) -> str:
    url = table.text("url")
    if url and not is_address(url):
        table.wrong("url must be like https://sms.example.com or http://127.0.0.1:13013: no path and no user")
    return url


def _request(table: Table, means: tuple[Means, ...], allowed: frozenset[str], *, of_texts: bool = False) -> Request:
    method = table.choice("method", ("GET", "POST"), "GET")
    content = table.choice("content", list(Content), Content.QUERY if method == "GET" else Content.URLENCODED)
    if method == "GET" and content is not Content.QUERY:
        table.wrong("a GET has its fields in the address: content must be query")
    nested = content is Content.JSON
    fields = table.of_anything("fields", nested=nested)
    plain, unicode_ = (table.of_anything(key, nested=nested) if of_texts else {} for key in ("plain", "unicode"))
    request = Request(
        method=method,
        path=table.text("path", needed=True),
        content=content,
        fields=fields,
        plain=plain,
        unicode=unicode_,
        document=table.text("document", needed=content is Content.XML),
        headers=table.of_texts("headers"),
        basic=table.text("basic"),
        answers=tuple(_rule(row, means, number) for number, row in enumerate(table.tables("answers"), 1)),
    )
    if not re.fullmatch("/[!-~]{0,500}", request.path):
        table.wrong("path must begin with / and have no space")
    if content is Content.XML and not request.document.lstrip().startswith("<"):
        table.wrong("document must begin with <")
    for name, value in request.headers.items():
        if not (_HEADER.fullmatch(name) and value.isprintable()):
            table.wrong(f"headers: {name!r} must be letters, digits and -, and its value without the end of a line")
    table.check_holes(allowed, request.path, fields, plain, unicode_, request.document)
    table.check_holes(allowed - OF_A_TEXT - OF_A_QUERY - OF_A_POLL, request.headers, request.basic)
    return request


def _rule(table: Table, means: tuple[Means, ...], number: int) -> Rule:
    rule = Rule(
        means=table.choice("means", means),
        number=number,
        statuses=table.numbers("status", least=100, most=599),
        contains=table.text("contains"),
        place=_place(table),
        values=frozenset(table.texts("is")),
        id=_place(inner) if (inner := table.table("id")) is not None else Place(),
        code=table.text("code"),
    )
    if rule.values and rule.place == Place():
        table.wrong("is belongs to json, xml or pattern: it says what stands there")
    if not (rule.statuses or rule.contains or rule.place != Place()):
        table.wrong("it holds for every answer: it needs status, contains, json, xml or pattern")
    if rule.means is Means.IN and rule.id == Place():
        table.wrong("id is missing: where the session stands")
    if not re.fullmatch("[0-9A-Za-z_.-]{0,16}", rule.code):
        table.wrong("code must be at most 16 letters, digits and signs")
    if inner is not None:
        inner.done()
    table.done()
    return rule


def _place(table: Table) -> Place:
    place = Place(table.texts("json"), table.texts("xml"), table.pattern("pattern"))
    for path in place.json:
        if not _JSON_PATH.fullmatch(path):
            table.wrong(f"json: {path!r} must be names and numbers with dots between them, like data.0.id")
    for path in place.xml:
        if not _XML_PATH.fullmatch(path):
            table.wrong(f"xml: {path!r} must be names below the root with / between them, like data/id, or //id for anywhere")
    return place


def _login(table: Table, account: frozenset[str]) -> Login | None:
    inner = table.table("login")
    if inner is None:
        return None
    login = Login(_request(inner, _TO_LOG_IN, account), inner.number("idle_s", 600, least=10, most=86400))
    if not any(rule.means is Means.IN for rule in login.request.answers):
        inner.wrong("a rule is missing that means in")
    inner.done()
    return login


def _query(table: Table, allowed: frozenset[str]) -> Request | None:
    inner = table.table("query")
    if inner is None:
        return None
    query = _request(inner, _TO_QUERY, allowed | OF_A_QUERY)
    inner.done()
    return query


def _poll(table: Table, allowed: frozenset[str]) -> Poll | None:
    inner = table.table("poll")
    if inner is None:
        return None
    poll = Poll(
        _request(inner, _TO_POLL, allowed | OF_A_POLL),
        _rows(inner),
        _text_fields(inner),
        inner.text("date_format", "%Y-%m-%d %H:%M:%S"),
        inner.number("minutes", 60, least=1, most=2880),
    )
    if poll.rows == Place():
        inner.wrong("rows is missing: where the texts stand in the answer")
    if not poll.fields.id and not poll.fields.at:
        inner.wrong("it needs id or at: without them a text that is listed again would be another text")
    if not any(rule.means is Means.ROWS for rule in poll.request.answers):
        inner.wrong("a rule is missing that means rows")
    inner.done()
    return poll


def _rows(table: Table) -> Place:
    inner = table.table("rows")
    if inner is None:
        return Place()
    place = _place(inner)
    inner.done()
    return place


def _text_fields(table: Table) -> TextFields:
    fields = TextFields(
        sender=table.text("sender", needed=True),
        words=table.text("words", needed=True),
        id=table.text("id"),
        at=table.text("at"),
        at_format=table.text("at_format", "iso"),
        line=table.text("line"),
        hex=table.yes_no("hex"),
        coding=table.text("coding"),
        charset=table.text("charset"),
    )
    if fields.at_format not in ("iso", "unix") and not ("%" in fields.at_format and _is_read_back(fields.at_format)):
        table.wrong("at_format must be iso, unix, or like %Y-%m-%d %H:%M:%S")
    return fields


def _is_read_back(at_format: str) -> bool:
    try:
        datetime.strptime(datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC).strftime(at_format), at_format)  # noqa: DTZ007 - it is thrown away
    except ValueError:
        return False
    return True


def _answer(table: Table) -> tuple[str, str]:
    """What the service wants to hear, and its type."""
    answer, kind = table.text("answer"), table.text("answer_type", "text/plain")
    if not _MEDIA_TYPE.fullmatch(kind):
        table.wrong("answer_type must be like text/plain")
    return answer, kind


def _texts(table: Table) -> TextsIn | None:
    inner = table.table("texts")
    if inner is None:
        return None
    texts = TextsIn(
        inner.choice("content", (Content.QUERY, Content.JSON, Content.XML), Content.QUERY),
        _rows(inner),
        _text_fields(inner),
        *_answer(inner),
    )
    inner.done()
    return texts


def _reports(table: Table) -> ReportsIn | None:
    inner = table.table("reports")
    if inner is None:
        return None
    means: Mapping[str, str] = inner.of_texts("means")
    reports = ReportsIn(
        inner.choice("content", (Content.QUERY, Content.JSON, Content.XML), Content.QUERY),
        inner.text("our_id"),
        inner.text("id"),
        inner.text("status", needed=True),
        inner.text("code"),
        means,
        *_answer(inner),
        rows=_rows(inner),
    )
    if not means:
        inner.wrong("means is missing: what each status means")
    if not reports.our_id and not reports.id:
        inner.wrong("it needs our_id or id: which text a report is about")
    for status, meaning in means.items():
        if meaning not in REPORTED:
            inner.wrong(f"means {status!r} must be one of {', '.join(REPORTED)}")
    inner.done()
    return reports
