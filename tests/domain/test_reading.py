"""A text is read: the model's sums, and what is made of them."""

import random
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.domain.features import READ, features, words
from hotline.domain.folding import match_key
from hotline.domain.gazetteer import Gazetteer
from hotline.domain.linear import ZERO, Linear, Output
from hotline.domain.reading import INTENT, Intent, Part, Reader, Thresholds, read, reasons
from hotline.gazetteers import load_gazetteer
from hotline.learning.corpus import CORPUS, read_corpus
from hotline.modelfile import MODEL, read_model
from hotline.tables import load_categories, load_lexicon
from tests.readings import made_model

LIMITS = Thresholds(danger=0.42, rings=0.8, against=0.4, quiet=0.3)


@pytest.fixture(scope="module")
def shipped() -> Reader:
    """The reader with the model that is shipped."""
    return Reader(read_model(MODEL).model, LIMITS, load_categories(None), load_lexicon(None), load_gazetteer(None))


def with_model(*said: str) -> Reader:
    model = made_model(*said)
    return Reader(model, LIMITS, load_categories(None), load_lexicon(None), Gazetteer.of(()))


@pytest.mark.parametrize("width", [1, 2, 45, 46])
def test_the_sums_are_those_of_the_rows_added_one_by_one(width: int) -> None:
    drawn = random.Random(width)
    rows = 700
    weights = bytes(drawn.randrange(256) for _ in range(rows * width))
    outputs = tuple(Output(str(at), drawn.random(), drawn.random()) for at in range(width))
    chosen = sorted(drawn.sample(range(rows), 600))  # more than one lane holds
    for starts_at in (0, 7):
        model = Linear(outputs, rows, b"\0" * starts_at + weights, starts_at)
        sums = [sum(weights[row * width + at] - ZERO for row in chosen) for at in range(width)]
        expected = [one.bias + one.scale * total / 600**0.5 for one, total in zip(outputs, sums, strict=True)]
        assert model.scores(chosen) == pytest.approx(expected)


def test_an_empty_text_has_the_scores_of_nothing() -> None:
    model = made_model(f"{INTENT} {Intent.OTHER}")
    assert read("", with_model(f"{INTENT} {Intent.OTHER}")).intent is Intent.OTHER
    assert features(words(""), model.rows) == [0]


def test_features_are_the_same_everywhere_and_a_long_text_is_read_in_its_beginning() -> None:
    assert features(words("mera phone"), 45_000) == sorted(set(features(words("mera phone"), 45_000)))
    assert struct.pack(f"<{len(found := features(words('mera phone'), 45_000))}H", *found).hex()[:16] == "9f16d621062b3f43"
    beginning = "mera phone cheen liya " * 100
    assert features(words(beginning[:READ]), 45_000) == features(words(beginning + "aghwa"), 45_000)


def test_the_tables_speak_where_the_model_is_silent() -> None:
    silent = with_model(f"{INTENT} {Intent.OTHER}")
    assert read("thane wale rishwat mang rahe hain", silent).against
    assert read("mere bhai ko aghwa kar liya hai", silent).danger
    assert read("bachao", silent).intent is Intent.CRY
    assert read("bachao", silent).danger
    assert not read("police bhejo ghar mein chor hain", silent).against
    assert read("shukriya", with_model(f"{INTENT} {Intent.COMPLAINT}")).intent is Intent.THANKS


def test_danger_is_a_matter_whatever_else_the_text_may_be() -> None:
    found = read("wo aya tha", with_model(f"{INTENT} {Intent.ANSWER}", Part.DANGER, "kind threat"))
    assert (found.intent, found.kind, found.danger, found.against, found.quiet) == (Intent.COMPLAINT, "threat", True, False, False)


@pytest.mark.parametrize(
    ("text", "kind", "danger"),
    [
        ("mra mob cheen k le gay 2 lrke", "snatching", False),
        ("کل شام سے بیٹا گھر نہیں آیا، فون بند ہے", "missing", True),
        ("my husband is beating me again he locked the door please come", "violence_home", True),
        ("bank wala ban k call ki OTP liya or 40 hazar nikal gaye", "fraud", False),
        ("gutter ka pani gali mein 5 din se khara hai", "civic", False),
        ("5 lakh do warna bete ko utha lenge, parchi aai hai dukan pe", "extortion", True),
    ],
)
def test_plain_texts_are_read_as_a_listener_would(shipped: Reader, text: str, kind: str, danger: bool) -> None:
    found = read(text, shipped)
    assert (found.kind, found.danger) == (kind, danger)
    why = reasons(text, found, shipped)
    assert all(word in text.split() for said in why.values() for word in said)
    assert why["kind"]


def test_the_shipped_model_is_learnt_from_the_shipped_corpus() -> None:
    fitting = pytest.importorskip("hotline.learning.fitting")
    about = read_model(MODEL).about
    assert about["learnt_from"] == fitting.learnt_from(read_corpus(CORPUS)), "train it anew: hotline reading train"


@given(st.text(max_size=400))
@settings(deadline=None)
def test_no_text_breaks_the_reading(shipped: Reader, text: str) -> None:
    found = read(text, shipped)
    assert 0 <= found.likely[Part.DANGER] <= 1
    reasons(text, found, shipped)


@pytest.mark.parametrize("part", ["a", "ا", "a ", "police ne ", "korangi 5 ", "۱۲۳ ", "ً", "ﷺ", "\u200f", "1", "💣 "])
def test_work_grows_with_the_text_and_no_faster(shipped: Reader, part: str) -> None:
    def cpu_s(length: int) -> float:
        times = []
        for _ in range(3):
            match_key.cache_clear()
            began = time.process_time()
            read((part * length)[:length], shipped)
            times.append(time.process_time() - began)
        return min(times)

    assert cpu_s(4 * READ) < 40 * max(cpu_s(READ // 4), 0.0005)
