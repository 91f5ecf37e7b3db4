"""Checks Twilio's signature of a request. Source: twilio.com/docs/usage/security."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from flask import g, request
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from hotline import guards
from hotline.gateways.twilio.account import account_of
from hotline.log import logger

SIGNATURE = "X-Twilio-Signature"

Pairs = list[tuple[bytes, bytes]]
"""The (name, value) pairs of a form, in the bytes that were posted."""


def _is_genuine() -> bool:
    config = guards.runtime().config
    account = account_of(config)
    pairs = read_pairs(request.get_data(cache=False, parse_form_data=False))
    url = signed_url(config.public_url, request.environ.get("RAW_URI") or request.full_path.rstrip("?"))
    tokens = (account.auth_token, account.auth_token_previous)
    form = form_of(pairs)
    if not is_signed(url, pairs, form, request.headers.get(SIGNATURE, ""), tokens):
        return False
    g.form = form
    if form.get("AccountSid") not in (None, account.account_sid):
        logger().warning("a signed webhook names another account", path=request.path)
    return True


signed = guards.for_gateway(_is_genuine)
"""Decorator: the view takes only requests that Twilio signed, and finds their form in `g.form`."""


def read_pairs(raw: bytes) -> Pairs:
    """The fields of a posted form. Never raises."""
    # Latin-1 has a character for every byte, so that bytes that are not UTF-8 stay as they were signed.
    fields = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def form_of(pairs: Pairs) -> MultiDict[str, str]:
    """A form as text; bytes that are not UTF-8 are replaced."""
    return MultiDict((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in pairs)


def is_signed(url: str, pairs: Pairs, form: MultiDict[str, str], signature: str, tokens: Iterable[str]) -> bool:
    """Whether `signature` is Twilio's for this form at `url` (our public address with the query), with any of the tokens."""
    return bool(signature) and any(_signed_with(token, url, pairs, form, signature) for token in tokens if token)


def _signed_with(token: str, url: str, pairs: Pairs, form: MultiDict[str, str], signature: str) -> bool:
    # Twilio signs bytes. The SDK signs text, so it refuses a genuine form whose bytes are not UTF-8, and it takes ten times as long.
    if hmac.compare_digest(sign_bytes(token, url, pairs).encode(), signature.encode("utf-8", "replace")):
        return True
    try:  # it knows more ways to write an address, as with and without the port
        return bool(RequestValidator(token).validate(url, form, signature))
    except ValueError:  # the SDK cannot parse the address
        return False


def sign_bytes(token: str, url: str, pairs: Pairs) -> str:
    """The signature over the bytes of a form."""
    signed_bytes = url.encode() + b"".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), signed_bytes, hashlib.sha1).digest()).decode()


def signed_url(public_url: str, raw_uri: str) -> str:
    """The address that Twilio requested: our public address with the raw path and query. Flask's own path is decoded already."""
    if not raw_uri.startswith("/"):
        parts = urlsplit(raw_uri)
        raw_uri = parts.path + (f"?{parts.query}" if parts.query else "")
    return public_url + raw_uri
