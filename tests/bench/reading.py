"""What it costs to read one text, compared between lengths and with the worst texts that a stranger can send."""

import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from hotline.domain import folding, language
from hotline.domain.features import READ
from hotline.domain.reading import Reader, read
from hotline.gateways.registry import load_config
from hotline.gazetteers import load_gazetteer
from hotline.learning.corpus import read_corpus
from hotline.readers import load_reader
from hotline.tables import load_categories, load_lexicon

_TIMES, _TEXTS = 5, 400
_PARTS = ("a", "ا", "a ", "police ne ", "korangi ", "۱۲۳ ", "ً")
HOSTILE = tuple((part * READ)[:READ] for part in _PARTS)
"""Texts of the greatest length that are made of one thing."""


@dataclass(frozen=True)
class Read:
    """`ordinary_ms`: the middle of texts of about 100 characters, as people write them; `longest_ms`: of as many characters as are read,
    made of such texts; `hostile_ms`: of the worst of `HOSTILE`. `mib`: what the reader adds to a process that no other shares."""

    ordinary_ms: float
    longest_ms: float
    hostile_ms: float
    mib: float


def measure() -> Read:
    """Read texts of the corpus, and hostile ones."""
    texts = [text.text for text in read_corpus()]
    ordinary = [text for text in texts if 90 <= len(text) <= 110][:_TEXTS]
    joined = " ".join(ordinary)
    longest = [joined[at : at + READ] for at in range(0, len(joined) - READ, READ)]
    config = load_config({"HOTLINE_SECRET_KEY": "-" * 32, "HOTLINE_KEYS_FILE": "keys.toml"})
    tables = load_categories(None), load_lexicon(None), load_gazetteer(None)
    read(ordinary[0], load_reader(config, *tables))  # what the tables compile at their first text is theirs, with or without a model
    tracemalloc.start()
    reader = load_reader(config, *tables)
    read(ordinary[0], reader)
    mib = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    hostile_ms = max(_ms([text], reader) for text in HOSTILE)
    return Read(_ms(ordinary, reader), _ms(longest, reader), hostile_ms, mib)


def _ms(texts: Sequence[str], reader: Reader) -> float:
    """The middle of the texts' times, each the best of some."""
    return 1000 * median(min(_once(text, reader) for _ in range(_TIMES)) for text in texts)


def _once(text: str, reader: Reader) -> float:
    folding.match_key.cache_clear()  # nobody sends the same text twice in a row
    language._read.cache_clear()
    began = time.process_time()
    read(text, reader)
    return time.process_time() - began
