"""A volunteer's own account: log-ins, password, phone."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from hotline.guards import BUSY, N_, runtime, volunteer
from hotline.services.people import account as accounts
from hotline.services.people import passwords
from hotline.services.people.login import oldest
from hotline.services.people.tries import LoginTooSoon
from hotline.storage import logins, sealed
from hotline.storage.models import Contact
from hotline.web import words

blueprint = Blueprint("account", __name__, url_prefix="/account")

_FAULTS: dict[type[Exception], str] = {
    accounts.PasswordWrong: N_("That is not your password. Nothing was changed."),
    accounts.NotAPhone: N_("That is no phone number that could be texted. Nothing was changed."),
    LoginTooSoon: N_("Too many wrong passwords. Wait a minute, then try again."),
    **words.PASSWORDS,
}


@blueprint.get("")
def account() -> str:
    """The page of the account."""
    return _page()


@blueprint.post("/logins/<int(min=1,max=9223372036854775807):login_id>/end")
def end(login_id: int) -> Response:
    """End one of the volunteer's log-ins; it may be this one."""
    accounts.end(runtime(), volunteer().id, login_id)
    return redirect(url_for("account.account"))


@blueprint.post("/logins/end-others")
def end_others() -> Response:
    """End every log-in of the volunteer except this one."""
    accounts.end_others(runtime(), volunteer().id, current_user.login.id)
    return redirect(url_for("account.account"))


@blueprint.post("/password")
def change_password() -> Any:
    """Set a new password, for a volunteer who knows the old one."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        accounts.change_password(runtime(), volunteer().id, current_user.login.id, old=old, new=new)
    except passwords.PasswordsBusy as fault:
        return _page(_FAULTS[type(fault)]), *BUSY
    except (accounts.PasswordWrong, passwords.PasswordTooShort, passwords.PasswordCommon, LoginTooSoon) as fault:
        return _page(_FAULTS[type(fault)]), HTTPStatus.BAD_REQUEST
    return redirect(url_for("account.account", done="password"))


@blueprint.post("/choices")
def choose() -> Response | tuple[str, int]:
    """Set the phone for alarms, whether to take citizens who ask for a woman, and whether to work through pauses."""
    takes_women, keeps_pauses = request.form.get("takes_women") == "yes", request.form.get("works_through") != "yes"
    phone = request.form.get("phone", "")[:64]
    try:
        accounts.choose(runtime(), volunteer().id, phone=phone, takes_women=takes_women, keeps_pauses=keeps_pauses)
    except accounts.NotAPhone as fault:
        return _page(_FAULTS[type(fault)]), HTTPStatus.BAD_REQUEST
    return redirect(url_for("account.account", done="choices"))


def _page(fault: str = "") -> str:
    rt = runtime()
    with rt.reading() as session:
        phone = session.get(Contact, volunteer().phone_id) if volunteer().phone_id else None
        return render_template(
            "account.html",
            logins=logins.open_of(session, volunteer().id, since=oldest(rt)),
            this=current_user.login.id,
            phone=sealed.number_of(rt.keys, phone) if phone else "",
            fault=fault,
            done=request.args.get("done"),
            shortest=passwords.SHORTEST,
        )
