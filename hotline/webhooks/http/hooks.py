"""A service tells us of texts and reports, at an address with a secret in it: such services sign nothing."""

import hmac
import io
import ipaddress
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request
from werkzeug.formparser import FormDataParser

from hotline import guards
from hotline.gateways.http.incoming import ids_of, told_reports, told_texts
from hotline.gateways.http.service import Service
from hotline.gateways.http.settings import Account
from hotline.services import arriving

blueprint = Blueprint("http_hooks", __name__, url_prefix="/hooks/http")


def _is_genuine() -> bool:
    """Whether the secret in the address is that of the gateway in it, and the request comes from where it may come."""
    given = request.view_args or {}
    account = guards.runtime().config.gateways.get(given.get("name", ""))
    is_ours = isinstance(account, Account) and account.service is not None and bool(account.hook)
    # Compared also where there is no such gateway, so that the time that it takes tells nothing.
    expected = account.hook if isinstance(account, Account) and is_ours else "-"
    is_secret = hmac.compare_digest(expected.encode(), str(given.get("secret", "")).encode("utf-8", "replace"))
    if not (is_secret and is_ours and isinstance(account, Account) and _may_come_from(account, request.remote_addr or "")):
        return False
    request.max_content_length = guards.GATEWAY_FORM_LIMIT_BYTES
    g.account, g.service = account, account.service
    g.body = _plain_form(request.get_data(cache=False, parse_form_data=False))
    return True


def _plain_form(body: bytes) -> bytes:
    """The body; a form in parts, as PHP sends the fields of a table, as one that is not. What has no part may be such a one already."""
    if request.mimetype != "multipart/form-data":
        return body
    limit = guards.GATEWAY_FORM_LIMIT_BYTES
    parser = FormDataParser(_in_memory, max_form_memory_size=limit, max_form_parts=1000)
    _, form, _ = parser.parse(io.BytesIO(body), request.mimetype, len(body), dict(request.mimetype_params))
    return urlencode(list(form.items(multi=True))).encode() if form else body


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    """Where a field with the name of a file goes: what citizens write must not lie on the disk as it is."""
    return io.BytesIO()


def _may_come_from(account: Account, address: str) -> bool:
    if not account.terms.allow:
        return True
    try:
        came_from = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = came_from.ipv4_mapped if isinstance(came_from, ipaddress.IPv6Address) else None
    return any((mapped or came_from) in ipaddress.ip_network(one) for one in account.terms.allow)


from_service = guards.for_gateway(_is_genuine)
"""Decorator: the view takes only requests that know the secret, and finds their body in `g.body`."""


@blueprint.route("/<name>/<secret>/texts", methods=["GET", "POST"])
@from_service
def texts(name: str, secret: str) -> Response:  # noqa: ARG001 - the guard has compared it
    """Texts came in. Our answers to them are sent through the outbox."""
    rt, service = guards.runtime(), _service()
    if service.texts is None:
        return Response(status=404)
    for text in told_texts(service.texts, request.query_string, g.body, rt.keys.mark, rt.config.zone):
        ids = [text.gateway_id] if text.gateway_id else ids_of(text, rt.keys.mark, rt.clock())
        arriving.take_text(rt, name, text.under(*ids))
    return Response(service.texts.answer, mimetype=service.texts.answer_type)


@blueprint.route("/<name>/<secret>/reports", methods=["GET", "POST"])
@from_service
def reports(name: str, secret: str) -> Response:  # noqa: ARG001 - the guard has compared it
    """Delivery reports came in."""
    rt, service = guards.runtime(), _service()
    if service.reports is None:
        return Response(status=404)
    for report in told_reports(service.reports, rt.keys.tag, request.query_string, g.body):
        arriving.take_report(rt, name, report)
    return Response(service.reports.answer, mimetype=service.reports.answer_type)


def _service() -> Service:
    service: Service = g.service
    return service
