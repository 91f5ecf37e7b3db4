"""Models of the reading for tests."""

from hotline.domain.category import MODEL_KINDS
from hotline.domain.linear import ZERO, Linear, Output
from hotline.domain.reading import INTENT, KIND, NOTHING, OBJECT, Intent, Part

_SURE, _NEVER = 20.0, -20.0

NAMES = (*Part, *(f"{INTENT} {one}" for one in Intent), *(f"{KIND} {one}" for one in MODEL_KINDS), f"{OBJECT} {NOTHING}", f"{OBJECT} phone")
"""The outputs of a model."""


def made_model(*said: str) -> Linear:
    """A model of one row that says the same of every text: the outputs `said` hold, and no other."""
    outputs = tuple(Output(name, 1.0, _SURE if name in said else _NEVER) for name in NAMES)
    return Linear(outputs, 1, bytes([ZERO]) * len(outputs))


MUTE = made_model(f"{INTENT} {Intent.OTHER}")
"""A model that reads nothing in any text."""
