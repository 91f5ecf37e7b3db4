"""The page with the phones and the form for faults. It works with plain forms; `static/phone.js` only spares the reloading."""

import re
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from hotline.simulator.callview import view
from hotline.simulator.dialling import SCRIPTS
from hotline.simulator.exchange import Exchange
from hotline.simulator.faults import BadFault, Faults
from hotline.simulator.messages import MAX_BODY, PHOTO_BYTES, Message
from hotline.simulator.segments import encoding

page = Blueprint("page", __name__)

_FONTS = Path(__file__).parents[1] / "web" / "static" / "vendor"  # those of the volunteers' pages

_PHONES_ZONE = ZoneInfo("Asia/Karachi")
_LOG_LINES_SHOWN = 30
LONGEST_NUMBER = 64
_LOCAL_MOBILE = re.compile(r"0?(3\d{9})")
_REFERENCE = re.compile(r"(?<!\d)[1-9]\d{2}-?\d{3}-?\d{3}(?!\d)")
# Letters of Sindhi that Urdu does not have. Sindhi is set in Naskh, Urdu in Nastaliq.
_SINDHI = re.compile("[ٻڀٺٽڦڄڃڇڌڊڏڍڙڪڳڱڻ۽۾]")

# (label of the button, text that it writes)
EXAMPLES = (
    ("اردو", "میری موٹر سائیکل کل رات گھر کے باہر سے چوری ہو گئی۔ گلشنِ اقبال، کراچی"),
    ("سنڌي", "منهنجي موٽر سائيڪل ڪالهه رات گهر جي ٻاهران چوري ٿي وئي. لياري، ڪراچي"),
    ("Roman Urdu", "Meri motorcycle kal raat ghar ke bahar se chori ho gayi. Gulshan-e-Iqbal, Karachi"),
    ("English", "My motorcycle was stolen from outside my house last night. Gulshan-e-Iqbal, Karachi"),
    ("سلام", "السلام علیکم"),
    ("Hello", "Hello"),
)
# For a phone that was sent no reference yet. Its check digit is wrong, so it is nobody's.
EXAMPLE_REFERENCE = "482-719-365"

_GROUPS = (
    ("Texts to the hotline", ("incoming_",)),
    ("Status callbacks", ("callback_",)),
    ("Messages.create", ("create_",)),
    ("How texts end", ("final_",)),
    ("Opt-out", ("opt_out",)),
    ("Calls", ("voice_", "call_", "dial_")),
    ("Recordings", ("recording_", "media_")),
)


def _exchange() -> Exchange:
    exchange: Exchange = current_app.extensions["simulator"]
    return exchange


@page.app_template_filter("clock")
def _clock(at: datetime) -> str:
    return at.astimezone(_PHONES_ZONE).strftime("%H:%M")


@page.app_template_filter("log_clock")
def _log_clock(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(_PHONES_ZONE).strftime("%H:%M:%S")


@page.app_template_filter("script")
def _script(body: str) -> str:
    """The language tag that picks the font: `sd` if there are letters of Sindhi only, else empty."""
    return "sd" if _SINDHI.search(body) else ""


@page.app_template_filter("parts")
def _parts(message: Message) -> str:
    return f"{message.segments} × {encoding(message.phone_body)}"


def _reference(messages: list[Message]) -> str:
    """The last reference that this phone was sent."""
    found = [match.group() for message in messages if not message.inbound for match in _REFERENCE.finditer(message.phone_body)]
    return found[-1] if found else EXAMPLE_REFERENCE


def _screens() -> list[dict[str, Any]]:
    state = _exchange().state
    screens = []
    for number in state.phones:
        messages = state.on_phone(number)
        screens.append({"number": number, "messages": messages, "reference": _reference(messages), "call": _call(number)})
    return screens


def _call(number: str) -> dict[str, Any] | None:
    """The call that this phone is in, or its last one."""
    calls = _exchange().switchboard.book.newest_first(lambda call: call.phone == number and (not call.is_leg or call.parent is not None))
    return view(next((call for call in calls if not call.over), calls[0])) if calls else None


def _recent_log() -> list[dict[str, Any]]:
    return _exchange().state.log[: -_LOG_LINES_SHOWN - 1 : -1]


def _groups() -> list[tuple[str, list[dict[str, Any]]]]:
    """The faults in groups, each with what its field in the form needs and its present value."""
    values = _exchange().state.faults.as_json()
    known = [
        {
            "name": one.name,
            "kind": type(one.default).__name__,
            "value": values[one.name],
            "on": values[one.name] != one.default,
            **one.metadata,
        }
        for one in fields(Faults)
    ]
    return [(title, [one for one in known if one["name"].startswith(prefixes)]) for title, prefixes in _GROUPS]


def render_page(*, refusal: str = "", notice: str = "") -> str:
    """The page as HTML. `refusal` is shown above the faults, `notice` at the top."""
    state = _exchange().state
    version = state.version  # read before the rest: one poll too many is better than a text that is not shown
    return render_template(
        "phones.html",
        version=version,
        screens=_screens(),
        log=_recent_log(),
        groups=_groups(),
        examples=EXAMPLES,
        number=_exchange().number,
        longest=MAX_BODY,
        refusal=refusal,
        notice=notice,
        called=_exchange().account.called_numbers,
        scripts=SCRIPTS,
        duty=_exchange().switchboard.dialling.duty,
    )


@page.get("/")
def show_phones() -> str:
    return render_page()


@page.get("/fonts/<name>")
def font(name: str) -> Response:
    return send_from_directory(_FONTS, name)


@page.get("/screens")
def poll() -> Response:
    """What the page shows: {"version", "screens": {number: {"html", "call", "reference"}}, "log", "faults"}. 204 if still at `after`."""
    state = _exchange().state
    version = state.version
    if request.args.get("after") == str(version):
        return Response(status=204)
    screens = {
        screen["number"]: {
            "html": render_template("_texts.html", messages=screen["messages"]),
            "call": render_template("_call.html", screen=screen, called=_exchange().account.called_numbers),
            "reference": screen["reference"],
        }
        for screen in _screens()
    }
    return jsonify(version=version, screens=screens, log=render_template("_log.html", log=_recent_log()), faults=state.faults.as_json())


@page.post("/send")
def send() -> AnyResponse:
    """Send a text from a phone: that of an example button, or else that of the box, with the photo that was chosen."""
    request.max_content_length = 2 * PHOTO_BYTES
    number = request.form.get("number", "").strip()[:LONGEST_NUMBER]
    photo = request.files["photo"].read(PHOTO_BYTES) if "photo" in request.files else b""
    # Forms write line ends as \r\n, phones as \n.
    body = (request.form.get("example") or request.form.get("body", "")).replace("\r\n", "\n")[:MAX_BODY]
    if number and (body.strip() or photo):
        _exchange().text_from(number, body, photo=photo)
    return redirect("/", 303)


@page.post("/phones")
def change_phones() -> AnyResponse:
    state = _exchange().state
    if removed := request.form.get("remove"):
        state.remove_phone(removed)
    elif number := request.form.get("number", "").strip()[:LONGEST_NUMBER]:
        local = _LOCAL_MOBILE.fullmatch(re.sub(r"[\s-]", "", number))
        state.add_phone(f"+92{local[1]}" if local else number)
    return redirect("/", 303)


@page.post("/panel")
def change_faults() -> AnyResponse | tuple[str, int]:
    try:
        _exchange().state.faults = Faults() if "clear" in request.form else Faults.from_form(request.form)
    except BadFault as bad:
        return render_page(refusal=str(bad)), 400
    return redirect("/#faults", 303)


@page.post("/reset")
def reset() -> AnyResponse:
    _exchange().reset()
    return redirect("/", 303)
