"""A deployment learns from its own corrections, and takes the new model only if it is better."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hotline import readers
from hotline.domain.correction import NO_COMPLAINT, Correction
from hotline.domain.linear import Linear
from hotline.domain.reading import INTENT, KIND, Intent, Part, Reader, Thresholds
from hotline.gazetteers import load_gazetteer
from hotline.learning import own
from hotline.learning.corpus import Labelled
from hotline.learning.fitting import fit
from hotline.learning.own import AUTHOR, LEAST, TooFew, labelled, learn, taught
from hotline.learning.reporting import report
from hotline.modelfile import MODEL, read_model, write_model
from hotline.tables import load_categories, load_lexicon
from tests.readings import made_model
from tests.support import make_config

COMPLAINT = f"{INTENT} {Intent.COMPLAINT}"
THEFT, LAND = made_model(COMPLAINT, f"{KIND} theft"), made_model(COMPLAINT, f"{KIND} land")
LAND_IN_DANGER = made_model(COMPLAINT, f"{KIND} land", Part.DANGER)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(THEFT, Thresholds(0.3, 0.8, 0.5, 0.5), load_categories(None), load_lexicon(None), load_gazetteer(None))


def correction(number: int, kind: str | None = "land", **said: Any) -> Correction:
    told: dict[str, Any] = {"reasons": {KIND: ["word"]}, "sealed": False, "object": None, "kind": kind} | said
    return Correction(number, f"text {number}", Intent.COMPLAINT, ("theft",), **told)


def a_text(author: int, number: int, kind: str, *, danger: bool = False, text: str = "") -> Labelled:
    words = f"{'zamin plot qabza' if kind == 'land' else 'chori ghar bakri'} {author * number} {'goli khoon' if danger else ''}"
    mine = number % 2 == 0
    return Labelled(f"a{author}", text or words, "ur-Latn", Intent.COMPLAINT, (kind,), "plot" if mine else "", danger, mine, mine, "")


CORPUS = [a_text(author, number, ("land", "theft")[number % 2], danger=number % 3 == 0) for author in range(5) for number in range(6)]
GOOD: Mapping[str, Any] = {"measured": {Part.DANGER: [{"false": 0.1, "found": 0.7}]}}


class Fitted:
    """A `fit` that gives models in turn, and what it was told."""

    def __init__(self, *models: Linear, about: Mapping[str, Any] = GOOD) -> None:
        self.models, self.about = [*models], about
        self.told: list[tuple[Sequence[Labelled], Sequence[float]]] = []

    def __call__(self, texts: Sequence[Labelled], **named: Any) -> tuple[Linear, Mapping[str, Any]]:
        self.told.append((texts, named["weights"]))
        assert len(texts) == len(named["weights"]) == len(named["taught"])
        return self.models.pop(0), self.about


def test_a_better_model_is_learnt_without_what_it_is_judged_on_and_then_from_all(reader: Reader) -> None:
    corrections = [correction(number) for number in range(1, 61)]
    fitted = Fitted(LAND, THEFT)
    found = learn(CORPUS, corrections, reader, GOOD, fitted)
    assert (found.corrections, found.held_back) == (60, 12)
    assert (found.before.kinds, found.before.of_kinds, found.after.total) == (12, 12, 0)
    assert found.model is not None
    assert found.model[0] is THEFT  # the second: the one from all
    assert (found.model[1]["own"], found.model[1]["own_until"]) == (60, 60)
    (first, weights), (second, _) = fitted.told
    assert (len(first) - len(CORPUS), len(second) - len(CORPUS)) == (48, 60)
    assert {*weights[: len(CORPUS)]} == {1.0}
    assert {*weights[len(CORPUS) :]} == {3.0}
    # What the model in force has learnt from says nothing of how good it is.
    with pytest.raises(TooFew) as few:
        learn(CORPUS, corrections, reader, found.model[1], Fitted())
    assert few.value.args == (0,)
    later = [*corrections, *(correction(number) for number in range(61, 61 + LEAST))]
    assert learn(CORPUS, later, reader, found.model[1], Fitted(LAND, LAND)).held_back == LEAST // 5


@pytest.mark.parametrize(
    ("model", "about", "said"),
    [
        (THEFT, GOOD, {}),  # no better
        (LAND, {"measured": {Part.DANGER: [{"false": 0.1, "found": 0.6}]}}, {}),  # it finds less of the danger that is known
        (LAND, GOOD, {"kind": None, "left": True, "danger": False}),  # it undoes what people looked at and left
        (LAND_IN_DANGER, GOOD, {"danger": False, "kind": None}),
    ],
)
def test_a_model_that_is_not_better_is_not_taken(model: Linear, about: Mapping[str, Any], said: Mapping[str, Any], reader: Reader) -> None:
    corrections = [correction(number, **said) for number in range(1, LEAST + 1)]
    assert learn(CORPUS, corrections, reader, GOOD, Fitted(model, model, about=about)).model is None


def test_danger_that_is_missed_outweighs_any_number_of_kinds(reader: Reader) -> None:
    corrections = [correction(number, danger=True) for number in range(1, LEAST + 1)]
    hears = Reader(
        made_model(Part.DANGER, COMPLAINT, f"{KIND} theft"), *(reader.thresholds, reader.categories), reader.lexicon, reader.gazetteer
    )
    found = learn(CORPUS, corrections, hears, GOOD, Fitted(LAND))
    assert (found.before.missed, found.after.missed, found.model) == (0, 10, None)
    assert learn(CORPUS, corrections, hears, GOOD, Fitted(LAND_IN_DANGER, LAND)).model is not None


def test_a_label_that_nobody_gave_teaches_nothing() -> None:
    assert taught(correction(1, None, danger=True)) == {Part.DANGER}
    assert taught(correction(1, "land", against=False)) == {COMPLAINT, KIND, Part.AGAINST}
    not_ours = correction(1, NO_COMPLAINT, danger=False)
    assert taught(not_ours) == {COMPLAINT, Part.DANGER}
    assert (labelled(not_ours).intent, labelled(not_ours).kinds) == (Intent.OTHER, ())
    assert not correction(1, None, place=(None, "x")).teaches

    said = correction(1, None, danger=True)
    models = []
    for kind in ("theft", "lost"):  # as it was read, which nobody confirmed
        text = labelled(Correction(1, "goli khoon bakri", Intent.COMPLAINT, (kind,), None, said.reasons, sealed=False, danger=True))
        assert text.author == AUTHOR
        named = {"weights": [1.0] * len(CORPUS) + [3.0], "taught": [*[None] * len(CORPUS), taught(said)]}
        models.append(fit([*CORPUS, text], rows=2000, **named)[0])
    alone = fit(CORPUS, rows=2000)[0]
    assert models[0] == models[1]
    names = [output.name for output in alone.outputs]
    assert models[0].outputs[names.index(Part.DANGER)] != alone.outputs[names.index(Part.DANGER)]


def test_the_report_counts_what_was_corrected_and_shows_words_that_tell_of_nobody() -> None:
    lines = [
        *report(
            [
                correction(1, "land", reasons={KIND: ["Plot", "03001234567"]}),
                correction(2, "land", reasons={KIND: ["plot"]}, place=(None, "saddar")),
                correction(3, "police", reasons={KIND: ["hidden"]}, sealed=True, against=True),
                correction(4, NO_COMPLAINT, reasons={KIND: ["offer"], Part.DANGER: ["free"]}, danger=False),
                correction(5, "theft", danger=True, place=("a", "b")),
                correction(6, None, danger=True, reasons={Part.DANGER: ["goli"]}),
            ]
        )
    ]
    assert lines == [
        "Kinds: people named 5, and 4 of them were read as another",
        "  read as theft, is land: 2   words: plot 2",
        "  read as theft, is no complaint: 1   words: offer 1",
        "  read as theft, is police: 1",
        "Danger: people said yes of 2 texts, and no of 1",
        "  missed: 1   words: word 1",
        "  false: 1   words: free 1",
        "Against officials: people said yes of 1 texts, and no of 0",
        "  missed: 1",
        "  false: 0",
        "Places: people named 1 where none was known, and changed 1",
    ]


def test_a_learnt_model_is_private_and_the_one_before_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(readers, "read_model", read_model)
    shipped = tmp_path / "shipped.model"
    write_model(shipped, THEFT, {"which": "shipped"})
    monkeypatch.setattr(readers, "MODEL", shipped)
    config = make_config("sqlite:///unused.sqlite3", data_dir=tmp_path)
    tables = (reader.categories, reader.lexicon, reader.gazetteer)

    def in_force() -> object:
        return readers.model_in_force(config)[0].about["which"]

    assert in_force() == "shipped"
    assert not readers.go_back(config)
    readers.take(config, LAND, {"which": 1})
    readers.take(config, LAND, {"which": 2})
    assert in_force() == 2
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("reading*")} == {
        "reading.model": 0o600,
        "reading.model.before": 0o600,
    }
    assert [(readers.go_back(config), in_force()) for _ in range(3)] == [(True, 1), (True, "shipped"), (False, "shipped")]

    readers.take(config, LAND, {"which": 3})
    learnt = readers.learnt_model(config)
    for broken in (learnt.read_bytes()[:-1], b"", learnt.read_bytes().replace(b"intent answer", b"intent nothing"), b"x" * 100):
        learnt.write_bytes(broken)
        assert in_force() == "shipped"
        told: list[str] = []
        found = readers.load_reader(config, *tables, refusing=lambda fault, told=told: told.append(str(fault)))  # type: ignore[misc]
        assert found.model.weights[found.model.starts_at :] == THEFT.weights
        assert str(learnt) in told[0]
    readers.load_reader(config, *tables)
    assert "the learnt model is refused, the shipped one reads" in capsys.readouterr().out
    readers.take(config, LAND, {"which": 4})  # a faulty one is none to go back to
    assert [(readers.go_back(config), in_force()) for _ in range(2)] == [(True, "shipped"), (False, "shipped")]


def test_the_shipped_model_says_how_much_danger_it_finds() -> None:
    assert 0.5 < own._danger_found(read_model(MODEL).about) < 1
