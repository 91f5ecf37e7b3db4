"""Prompts: how a wording becomes clips, what every language needs, and what a wording may not do."""

import pytest

from hotline.domain.prompts import PROMPTS, Prompt, category_clip, clips, faults, is_critical, needed


@pytest.mark.parametrize(
    ("wording", "spoken"),
    [
        ("Thank you.", ("keep",)),
        ("Your number is {digits}.", ("keep.1", "digit_4", "digit_8")),
        ("{digits}.", ("digit_4", "digit_8")),
        ("If you can, call {police} now.", ("keep.1", "digit_1", "digit_5", "keep.2")),
        ("{category}: {digit} دبائیں۔", ("category_theft", "digit_2", "keep.1")),
        ("آپ کا نمبر ہے: {digits}۔", ("keep.1", "digit_4", "digit_8")),
    ],
)
def test_a_wording_is_spoken_by_clips_in_its_own_order(wording: str, spoken: tuple[str, ...]) -> None:
    assert clips(wording, "keep", digits="48", police="15", category="theft", digit="2") == spoken


@pytest.mark.parametrize("digits", ["", "12-3", "٤٥", "1" * 16, "1 2"])
def test_a_number_that_is_none_is_not_spoken_and_not_shown(digits: str) -> None:
    with pytest.raises(ValueError, match="reference") as refused:
        clips("Your number is {digits}.", "reference", digits=digits)
    assert not digits or digits not in str(refused.value)


@pytest.mark.parametrize("code", ["", "../danger", "a b", "چوری"])
def test_a_category_that_is_no_code_never_becomes_part_of_an_address(code: str) -> None:
    with pytest.raises(ValueError, match="category"):
        clips("For {category}.", "category_choice", category=code)


@pytest.mark.parametrize("wording", ["{ref}", "{digits!r}", "{digits:>9}", "{digits.real}", "{", "", "…"])
def test_a_wording_that_cannot_be_cut_is_refused(wording: str) -> None:
    with pytest.raises(ValueError, match=r"spoken|nothing to say|\{"):
        clips(wording, "keep", digits="1")
    assert faults(Prompt("keep", "We have it."), "ur", wording)


def test_a_wording_that_loses_or_adds_a_number_is_a_fault() -> None:
    one = Prompt("reference", "Your number is {digits}.")
    assert faults(one, "ur", "{digits}") == []
    assert faults(one, "ur", "آپ کا نمبر") == ["ur spoken: reference: {digits} is missing"]
    assert faults(one, "ur", "{digits} {digits} {police}") == [
        "ur spoken: reference: {digits} is not in the English",
        "ur spoken: reference: {police} is not in the English",
    ]


def test_every_clip_of_a_language_is_needed_once_with_what_it_says() -> None:
    texts = needed(lambda one: one.english, {"theft": "Theft"})
    assert texts["danger.1"] == "If you can, hang up and call"
    assert "danger" not in texts
    assert texts[category_clip("theft")] == "Theft"
    for key, one in PROMPTS.items():
        spoken = clips(one.english, key, police="15", digits="0123456789", digit="1", hour="12", category="theft")
        assert set(spoken) <= set(texts), key


def test_a_category_that_would_take_the_name_of_a_prompt_is_refused() -> None:
    for code in ("intro", "choice.1"):
        with pytest.raises(ValueError, match="rename the category"):
            needed(lambda one: one.english, {code: "Introduction"})


def test_the_pieces_of_a_critical_prompt_are_critical_and_a_category_is_not() -> None:
    assert is_critical("danger.1")
    assert is_critical("consent")
    assert is_critical("digit_7")
    assert not is_critical("goodbye")
    assert not is_critical("category_theft")
    assert not is_critical("nothing")
