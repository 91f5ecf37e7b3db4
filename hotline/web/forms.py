"""Reads the fields of posted forms one by one, checked by WTForms. A value that no page of ours sends is answered with 400.

Flask-WTF has checked the CSRF token before a view runs.
"""

import re
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import request
from werkzeug.exceptions import BadRequest
from wtforms import DateField, DateTimeLocalField, IntegerField, StringField, TimeField
from wtforms.form import BaseForm
from wtforms.validators import AnyOf, InputRequired, NumberRange, Optional, Regexp, ValidationError

Code = TypeVar("Code", bound=StrEnum)

LONGEST = 10_000
"""The most characters of what a volunteer writes: the maxlength in the pages."""


def number(name: str, most: int = 10**18 - 1) -> int:
    """A whole number from 0 to `most`. Raises `BadRequest`."""
    return cast("int", _value(name, IntegerField(validators=[_in_digits, NumberRange(max=most)])))


def numbers(name: str, largest: int, *, most: int) -> list[int]:
    """The whole numbers from 0 to `largest` of a field that a form may have several times: `most` at most. Raises `BadRequest`."""
    given = request.form.getlist(name)
    if len(given) > most or not all(re.fullmatch("[0-9]{1,19}", one) and int(one) <= largest for one in given):
        raise BadRequest
    return [int(one) for one in given]


def choice(name: str, *codes: str) -> str:
    """One of the codes. Raises `BadRequest`."""
    return cast("str", _value(name, StringField(validators=[AnyOf(codes)])))


def one_or_none(name: str, kind: type[Code]) -> Code | None:
    """One of the codes of `kind`; None if the field is empty or missing. Raises `BadRequest`."""
    return kind(choice(name, *kind)) if request.form.get(name) else None


def matching(name: str, pattern: str) -> str:
    """A text that matches the whole pattern. Raises `BadRequest`."""
    return cast("str", _value(name, StringField(validators=[Regexp(rf"(?:{pattern})\Z")])))


def text(name: str, longest: int = LONGEST) -> str:
    """What the volunteer wrote, cleaned and cut to `longest` characters; empty if the field is missing."""
    return cast("str", _value(name, StringField(default="", filters=[clean, lambda written: written[:longest]])))


def clean(written: str) -> str:
    """The text with line ends of one character, as texts have them (browsers send two), and without NUL, which PostgreSQL refuses."""
    return written.replace("\r\n", "\n").replace("\0", "\ufffd")


def day(name: str) -> date:
    """A date. Raises `BadRequest`."""
    return cast("date", _value(name, DateField(validators=[InputRequired(), _in_our_time])))


def moment(name: str) -> datetime:
    """A local date and time, without a zone. Raises `BadRequest`."""
    return cast("datetime", _value(name, DateTimeLocalField(validators=[InputRequired(), _in_our_time])))


def clock(name: str) -> time:
    """A time of the day. Raises `BadRequest`."""
    return cast("time", _value(name, TimeField(validators=[InputRequired()])))


def clock_or_none(name: str) -> time | None:
    """A time of the day; None if the field is empty. Raises `BadRequest`."""
    return cast("time | None", _value(name, TimeField(validators=[Optional()])))


def _value(name: str, field: Any) -> Any:
    form = BaseForm({name: field})
    form.process(request.form)
    if not form.validate():
        raise BadRequest
    return form[name].data


def _in_digits(_form: BaseForm, field: Any) -> None:
    """Refuse what int() also reads: " 1", "+1", "1_0" and Arabic digits."""
    if not field.raw_data or not re.fullmatch("[0-9]+", field.raw_data[0]):
        raise ValidationError


def _in_our_time(_form: BaseForm, field: Any) -> None:
    """Refuse years outside 2000 to 2999: at the ends of the calendar, counting days or changing the zone would fail."""
    if field.data is not None and not 2000 <= field.data.year <= 2999:
        raise ValidationError
