"""The file of the reading's model. A faulty file is refused with its reason.

A model's file has a line that names the format, a line of JSON that describes the model, and then the weights. The weights are mapped
into memory: all processes share them.
"""

import hashlib
import json
import math
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline.domain.linear import Linear, Output
from hotline.domain.reading import INTENT, KIND, OBJECT, Intent, Part
from hotline.private import opened_new
from hotline.tables import DATA, TableFault

FORMAT = "hotline reading 1"
MODEL = DATA / "reading.model"
LARGEST = 2 * 1024 * 1024
"""Bytes of the largest file that is taken."""

_ROWS_MAX = 1_000_000


@dataclass(frozen=True)
class Described:
    """A model, and what its file says of it: what it was learnt from, and how good it was on authors that it had not seen."""

    model: Linear
    about: Mapping[str, Any]


def read_model(path: Path) -> Described:
    """The model of a file. Raises `TableFault`."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as fault:  # an empty file cannot be mapped
        raise TableFault([f"{path} cannot be read: {fault}"]) from fault
    first, second = mapped.find(b"\n"), mapped.find(b"\n", mapped.find(b"\n") + 1)
    if first < 0 or mapped[:first] != FORMAT.encode():
        raise TableFault([f"{path}:1: this is no model of the format {FORMAT!r}: train it anew (hotline reading train)"])
    if len(mapped) > LARGEST:
        raise TableFault([f"{path}: it has {len(mapped)} bytes, more than {LARGEST}"])
    try:
        about = json.loads(mapped[first + 1 : second])
        rows = about["rows"]
        outputs = tuple(Output(str(name), float(scale), float(bias)) for name, scale, bias in about["outputs"])
    except (ValueError, KeyError, TypeError) as fault:
        raise TableFault([f"{path}:2: the description of the model cannot be read: {fault!r}"]) from fault
    faults = [f"{path}:2: {fault}" for fault in _faults(rows, outputs, len(mapped) - second - 1)]
    if faults:
        raise TableFault(faults)
    return Described(Linear(outputs, rows, mapped, second + 1), about)


def _faults(rows: object, outputs: tuple[Output, ...], size: int) -> list[str]:
    if type(rows) is not int or not 1 <= rows <= _ROWS_MAX:
        return [f"rows must be a number from 1 to {_ROWS_MAX}"]
    names = [output.name for output in outputs]
    needed = [*Part, *(f"{INTENT} {intent}" for intent in Intent)]
    faults = [f"the output {name!r} is missing" for name in needed if name not in names]
    faults += [f"there is no output for any {family}" for family in (KIND, OBJECT) if not any(n.startswith(f"{family} ") for n in names)]
    unknown = [name for name in names if name.startswith(f"{INTENT} ") and name not in needed]
    faults += [f"the output {name!r} is none that the hotline knows" for name in unknown]
    if not all(math.isfinite(one.scale) and math.isfinite(one.bias) for one in outputs):
        faults.append("a scale or a bias is no number")
    if len(names) != len(set(names)):
        faults.append("two outputs have one name")
    if rows * len(outputs) != size:
        faults.append(f"there are {size} weights, not {rows} rows of {len(outputs)}: the file is cut off, or was changed")
    return faults


def write_model(path: Path, model: Linear, about: Mapping[str, Any], *, private: bool = False) -> None:
    """Write a model; a process that has the old file open keeps it. `private`: nobody else may read it. Raises `OSError`."""
    described = {**about, "rows": model.rows, "outputs": [[one.name, one.scale, one.bias] for one in model.outputs]}
    beside = path.with_name(f"{path.name}.new")
    with os.fdopen(opened_new(beside), "wb") if private else beside.open("wb") as file:
        file.write(f"{FORMAT}\n{json.dumps(described, ensure_ascii=True, sort_keys=True)}\n".encode())
        file.write(model.weights[model.starts_at :])
    beside.replace(path)


def digest(*parts: bytes) -> str:
    """A short digest by which a model says what it was learnt from."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
