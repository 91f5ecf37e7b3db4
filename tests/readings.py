"""Models of the reading for tests."""

from dataclasses import replace

from hotline.domain.category import MODEL_KINDS
from hotline.domain.linear import ZERO, Linear, Output
from hotline.domain.reading import INTENT, KIND, NOTHING, OBJECT, Intent, Part
from hotline.runtime import Runtime
from hotline.storage import tickets

_SURE, _NEVER = 20.0, -20.0

NAMES = (*Part, *(f"{INTENT} {one}" for one in Intent), *(f"{KIND} {one}" for one in MODEL_KINDS), f"{OBJECT} {NOTHING}", f"{OBJECT} phone")
"""The outputs of a model."""

IS_READ = tickets._is_read
"""Whether a machine has read a ticket, as it is outside of tests."""


def made_model(*said: str) -> Linear:
    """A model of one row that says the same of every text: the outputs `said` hold, and no other."""
    outputs = tuple(Output(name, 1.0, _SURE if name in said else _NEVER) for name in NAMES)
    return Linear(outputs, 1, bytes([ZERO]) * len(outputs))


MUTE = made_model(f"{INTENT} {Intent.OTHER}")
"""A model that reads nothing in any text."""


def that_reads(rt: Runtime, *said: str) -> Runtime:
    """A Runtime whose model says the same of every text: that it is a complaint, and what is `said`."""
    return replace(rt, reader=replace(rt.reader, model=made_model(f"{INTENT} {Intent.COMPLAINT}", *said)))
