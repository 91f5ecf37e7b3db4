"""A linear model whose weights are small integers, read in pure Python.

A row of weights is one long number with a lane for each output. So adding a row is adding two numbers, however many outputs there are.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
    """A model: `weights` holds, row after row, a byte for each output. A score is the logarithm of the odds."""

    outputs: Sequence[Output]
    rows: int
    weights: bytes | memoryview

    @cached_property
    def _lanes(self) -> int:
        """A number with a lane of two bytes, the lower one full, for every second output."""
        return int.from_bytes(b"\xff\x00" * ((len(self.outputs) + 1) // 2), "little")

    def scores(self, numbers: Sequence[int]) -> Mapping[str, float]:
        """Output → its score for a text with these features (`features.features`)."""
        width, lanes = len(self.outputs), self._lanes
        sums = [0] * width
        for start in range(0, len(numbers), _ROWS_MAX):
            even = odd = 0
            for number in numbers[start : start + _ROWS_MAX]:
                row = int.from_bytes(self.weights[number * width : (number + 1) * width], "little")
                even += row & lanes
                odd += row >> 8 & lanes
            for first, lane in ((0, even), (1, odd)):
                added = struct.unpack(f"<{(width + 1) // 2}H", lane.to_bytes((width + 1) // 2 * 2, "little"))
                for at in range(first, width, 2):
                    sums[at] += added[at // 2]
        zero, length = ZERO * len(numbers), math.sqrt(len(numbers) or 1)
        return {one.name: one.bias + one.scale * (total - zero) / length for one, total in zip(self.outputs, sums, strict=True)}

    def weight(self, number: int, output: int) -> float:
        """What a feature adds to the score of an output, before it is divided by the root of the number of features."""
        return self.outputs[output].scale * (self.weights[number * len(self.outputs) + output] - ZERO)


def probability(score: float) -> float:
    """The probability that a score stands for."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
