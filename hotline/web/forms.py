"""What browsers post, a field at a time, parsed, cleaned and checked by WTForms. A value that no page of ours sends is answered 400.

The CSRF token is not looked at here: Flask-WTF checks it before any page is asked.
"""

import re
from datetime import date, datetime, time
from typing import Any, cast

from flask import request
from werkzeug.exceptions import BadRequest
from wtforms import DateField, DateTimeLocalField, IntegerField, StringField, TimeField
from wtforms.form import BaseForm
from wtforms.validators import AnyOf, InputRequired, NumberRange, Optional, Regexp, ValidationError

LONGEST = 10_000
"""Characters of what a volunteer writes down: the maxlength of the pages."""


def number(name: str, most: int = 10**18 - 1) -> int:
    """A whole number from 0. Raises `BadRequest`."""
    return cast("int", _value(name, IntegerField(validators=[_in_digits, NumberRange(max=most)])))


def choice(name: str, *codes: str) -> str:
    """One of the codes. Raises `BadRequest`."""
    return cast("str", _value(name, StringField(validators=[AnyOf(codes)])))


def matching(name: str, pattern: str) -> str:
    """What matches the pattern as a whole. Raises `BadRequest`."""
    return cast("str", _value(name, StringField(validators=[Regexp(rf"(?:{pattern})\Z")])))


def text(name: str, longest: int = LONGEST) -> str:
    """What somebody wrote, cut to its length in characters; empty if there is none."""
    return cast("str", _value(name, StringField(default="", filters=[clean, lambda written: written[:longest]])))


def clean(written: str) -> str:
    """Line ends as phones send them (a browser sends two characters for each), and no NUL, which PostgreSQL does not store."""
    return written.replace("\r\n", "\n").replace("\0", "\ufffd")


def day(name: str) -> date:
    """A date. Raises `BadRequest`."""
    return cast("date", _value(name, DateField(validators=[InputRequired(), _in_our_time])))


def moment(name: str) -> datetime:
    """A date and a time, local. Raises `BadRequest`."""
    return cast("datetime", _value(name, DateTimeLocalField(validators=[InputRequired(), _in_our_time])))


def clock(name: str) -> time:
    """A time of the day. Raises `BadRequest`."""
    return cast("time", _value(name, TimeField(validators=[InputRequired()])))


def clock_or_none(name: str) -> time | None:
    """A time of the day, None if there is none. Raises `BadRequest`."""
    return cast("time | None", _value(name, TimeField(validators=[Optional()])))


def _value(name: str, field: Any) -> Any:
    form = BaseForm({name: field})
    form.process(request.form)
    if not form.validate():
        raise BadRequest
    return form[name].data


def _in_digits(_form: BaseForm, field: Any) -> None:
    """For int() reads " 1", "+1", "1_0" and Arabic digits too."""
    if not field.raw_data or not re.fullmatch("[0-9]+", field.raw_data[0]):
        raise ValidationError


def _in_our_time(_form: BaseForm, field: Any) -> None:
    """At the ends of the calendar there is no day before, and no other time zone."""
    if field.data is not None and not 2000 <= field.data.year <= 2999:
        raise ValidationError
