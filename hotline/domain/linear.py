"""A linear model whose weights are small integers, read in pure Python.

A row of weights is one long number with a lane for each output. So adding a row is adding two numbers, however many outputs there are.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap

ZERO = 128
"""The byte that stands for a weight of nothing: bytes have no sign."""

_ROWS_MAX = 256
"""So many bytes can be added in a lane of two bytes."""


@dataclass(frozen=True)
class Output:
    """One thing that the model tells of a text. `scale`: what a weight of 1 stands for; `bias`: the score of a text that says nothing."""

    name: str
    scale: float
    bias: float


@dataclass(frozen=True)
class Linear:
    """A model: `weights` holds from `starts_at` on, row after row, a byte for each output. A score is the logarithm of the odds."""

    outputs: Sequence[Output]
    rows: int
    weights: bytes | mmap
    starts_at: int = 0

    @cached_property
    def _lanes(self) -> int:
        """A number with a lane of two bytes, the lower one full, for every second output."""
        return int.from_bytes(b"\xff\x00" * ((len(self.outputs) + 1) // 2), "little")

    @cached_property
    def families(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Family of outputs ("kind" of "kind snatching") → each of its members, and where it stands among the outputs."""
        found: dict[str, list[tuple[str, int]]] = {}
        for at, output in enumerate(self.outputs):
            family, _, member = output.name.partition(" ")
            found.setdefault(family, []).append((member, at))
        return found

    def scores(self, numbers: Sequence[int]) -> Sequence[float]:
        """The score of each output for a text with these features (`features.features`)."""
        width, lanes = len(self.outputs), self._lanes
        half, weights = (width + 1) // 2, self.weights
        sums = [0] * width
        for start in range(0, len(numbers), _ROWS_MAX):
            chosen = [weights[at : at + width] for at in [self.starts_at + number * width for number in numbers[start : start + _ROWS_MAX]]]
            rows = [int.from_bytes(row, "little") for row in chosen]
            # The lower byte of each lane, and then, of what is left of the sum, the upper one.
            even = sum([row & lanes for row in rows])
            for first, lane in ((0, even), (1, (sum(rows) - even) >> 8)):
                for at, added in zip(range(first, width, 2), struct.unpack(f"<{half}H", lane.to_bytes(2 * half, "little")), strict=False):
                    sums[at] += added
        zero, length = ZERO * len(numbers), math.sqrt(len(numbers) or 1)
        return [one.bias + one.scale * (total - zero) / length for one, total in zip(self.outputs, sums, strict=True)]

    def weight(self, number: int, output: int) -> float:
        """What a feature adds to the score of an output, before it is divided by the root of the number of features."""
        return self.outputs[output].scale * (self.weights[self.starts_at + number * len(self.outputs) + output] - ZERO)


def probability(score: float) -> float:
    """The probability that a score stands for."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
