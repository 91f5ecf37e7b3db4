"""Concepts: what words and short phrases of four languages mean alike. "not come back" and واپس نہیں آئے are one concept.

They carry what was learnt from a text in one language over to texts in another. The head of `hotline/data/concepts.tsv` explains how they
are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LONGEST = 4
"""Words of the longest phrase that is looked for."""


@dataclass(frozen=True)
class Concepts:
    """The phrases of a table. `written`: match key → concept; `heard`: sound key → concept, for phrases that people spell as they hear."""

    written: Mapping[str, str]
    heard: Mapping[str, str]

    def found_in(self, written: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[str, range]]:
        """Each concept in a text with the places of its words, in their order, the longest phrase first.

        `written` and `heard`: the words of the text as match keys and as sound keys, one for one.
        """
        at = 0
        while at < len(written):
            longest = min(LONGEST, len(written) - at)
            for length in range(longest, 0, -1):
                concept = self.written.get(" ".join(written[at : at + length])) or self.heard.get(" ".join(heard[at : at + length]))
                if concept is not None:
                    yield concept, range(at, at + length)
                    break
            at += length
