"""Checks Twilio's signature of a request. Source: twilio.com/docs/usage/security."""

import base64
import hmac
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes, urlparse, urlsplit

from flask import g, request
from twilio.request_validator import add_port, remove_port
from werkzeug.datastructures import MultiDict

from hotline import guards
from hotline.gateways.twilio.account import account_of
from hotline.log import logger

SIGNATURE = "X-Twilio-Signature"

_SIGNATURE_LENGTH = 28
"""An SHA-1 in base64."""

_FIELDS_MAX = 1000
"""Fields of a form at most. Twilio's have about 40."""

Pairs = list[tuple[bytes, bytes]]
"""The (name, value) pairs of a form, in the bytes that were posted."""


def _is_genuine() -> bool:
    signature = request.headers.get(SIGNATURE, "")
    if len(signature) != _SIGNATURE_LENGTH:  # the form is not even read
        return False
    config = guards.runtime().config
    account = account_of(config)
    request.max_content_length = guards.GATEWAY_FORM_LIMIT_BYTES
    try:
        pairs = read_pairs(request.get_data(cache=False, parse_form_data=False))
    except ValueError:
        return False
    url = signed_url(config.public_url, request.environ.get("RAW_URI") or request.full_path.rstrip("?"))
    tokens = (account.auth_token, account.auth_token_previous)
    if not is_signed(url, pairs, signature, tokens):
        return False
    g.form = form = form_of(pairs)
    if form.get("AccountSid") not in (None, account.account_sid):
        logger().warning("a signed webhook names another account", path=request.path)
    return True


signed = guards.for_gateway(_is_genuine)
"""Decorator: the view takes only requests that Twilio signed, and finds their form in `g.form`."""


def read_pairs(raw: bytes) -> Pairs:
    """The fields of a posted form, divided as by `urllib.parse.parse_qsl`. Raises ValueError if there are more than a genuine form has."""
    # Bytes that are not UTF-8 stay as they were signed. parse_qsl makes text of all, and takes twice as long.
    if raw.count(b"&") >= _FIELDS_MAX:
        raise ValueError("a form with too many fields")
    fields = [field.partition(b"=") for field in raw.replace(b"+", b" ").split(b"&") if field]
    # Most fields are as they were signed.
    return [(name, value) if b"%" not in name + value else (unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in fields]


def form_of(pairs: Pairs) -> MultiDict[str, str]:
    """A form as text; bytes that are not UTF-8 are replaced."""
    return MultiDict((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in pairs)


def is_signed(url: str, pairs: Pairs, signature: str, tokens: Iterable[str]) -> bool:
    """Whether `signature` is Twilio's for this form at `url` (our public address with the query), with any of the tokens."""
    given = signature.encode("utf-8", "replace")
    keys = [token for token in tokens if token]
    return any(
        hmac.compare_digest(sign_bytes(token, address, fields).encode(), given)
        for fields in _as_signed(pairs)
        for address in _as_written(url)
        for token in keys
    )


def _as_signed(pairs: Pairs) -> Iterator[Pairs]:
    """The form in the bytes that were posted; and as text, if they are not UTF-8."""
    # Twilio signs bytes. The SDK signs text, and takes ten times as long: so it is not asked.
    yield pairs
    replaced = [(name.encode(), value.encode()) for name, value in form_of(pairs).items(multi=True)]
    if sorted(replaced) != sorted(pairs):
        yield replaced


def _as_written(url: str) -> Iterator[str]:
    """The ways in which Twilio may have written the address that it signed: as it is, with the port and without."""
    yield url
    with suppress(ValueError):  # it cannot be parsed
        parsed = urlparse(url)
        yield from {add_port(parsed), remove_port(parsed)} - {url}


def sign_bytes(token: str, url: str, pairs: Pairs) -> str:
    """The signature over the bytes of a form."""
    signed_bytes = url.encode() + b"".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.digest(token.encode(), signed_bytes, "sha1")).decode()


def signed_url(public_url: str, raw_uri: str) -> str:
    """The address that Twilio requested: our public address with the raw path and query. Flask's own path is decoded already."""
    if not raw_uri.startswith("/"):
        parts = urlsplit(raw_uri)
        raw_uri = parts.path + (f"?{parts.query}" if parts.query else "")
    return public_url + raw_uri
