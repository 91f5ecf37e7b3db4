"""When somebody will be here, as a caller hears it."""

from datetime import datetime, timedelta

import pytest

from hotline.domain import here, prompts

NOW = datetime(2026, 11, 2, 1, 10)  # noqa: DTZ001 - what the clock on the wall shows


@pytest.mark.parametrize(
    ("begins", "prompt", "hour"),
    [
        ("2026-11-02T03:00", prompts.HERE_NIGHT, "3"),
        ("2026-11-02T03:15", prompts.HERE_MORNING, "4"),
        ("2026-11-02T09:00", prompts.HERE_MORNING, "9"),
        ("2026-11-02T09:30", prompts.HERE_MORNING, "10"),
        ("2026-11-02T11:30", prompts.HERE_AFTERNOON, "12"),
        ("2026-11-02T14:00", prompts.HERE_AFTERNOON, "2"),
        ("2026-11-02T16:00", prompts.HERE_EVENING, "4"),
        ("2026-11-02T20:00", prompts.HERE_NIGHT, "8"),
        ("2026-11-02T23:01", prompts.HERE_NIGHT, "12"),
        ("2026-11-03T01:00", prompts.HERE_NIGHT, "1"),
    ],
)
def test_the_hour_is_full_and_never_before_somebody_comes(begins: str, prompt: prompts.Prompt, hour: str) -> None:
    told = here.by(NOW, datetime.fromisoformat(begins))
    assert told == here.Here(prompt, (("hour", hour),))


@pytest.mark.parametrize("begins", [None, NOW + timedelta(days=1), NOW + timedelta(hours=23, minutes=55), NOW + timedelta(days=3)])
def test_more_than_a_day_away_no_hour_is_named(begins: datetime | None) -> None:
    """The hour would be taken for the next one of that name."""
    assert here.by(NOW, begins) == here.Here(prompts.HERE_LATER)


@pytest.mark.parametrize("hour", ["0", "13", "01", "9.5", "", "۹"])
def test_only_an_hour_of_the_clock_can_be_spoken(hour: str) -> None:
    with pytest.raises(ValueError, match="hour"):
        prompts.clips("by {hour}", "here_night", hour=hour)
    assert prompts.clips("by {hour}", "here_night", hour="12") == ("here_night.1", "digit_12")
