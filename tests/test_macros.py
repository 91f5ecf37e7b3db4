"""The table of macros: what may stand in it, and that each of its sentences can be filled in."""

from pathlib import Path

import pytest

from hotline.domain.languages import PAGE_LANGUAGES
from hotline.macros import load_macros
from hotline.tables import TableFault

ROW = """
[[macro]]
code = "ask"
text = "reply_where"
status = "in_progress"
names = { en = "Ask", ur = "پوچھیں", sd = "پڇو" }
note = { en = "Asked.", ur = "پوچھا۔", sd = "پڇيو." }
"""


def test_the_shipped_macros_have_every_language_and_something_to_do() -> None:
    shipped = load_macros(None)
    assert len(shipped) >= 6
    for one in shipped:
        assert {*one.names} == {*one.note} == {*PAGE_LANGUAGES}
        assert one.text or one.status


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("[[macro]]", "[[macros]]", "'macros' is no key of a table of macros: use [[macro]]"),
        ('code = "ask"', 'code = "Ask!"', "macro 'Ask!': code must be a short name of small letters, digits and _"),
        ("reply_where", "receipt", "macro 'ask': text must be one of reply_"),
        ("in_progress", "waiting", "macro 'ask': status must be one of closed, in_progress, referred, resolved"),
        ('ur = "پوچھیں", ', "", "macro 'ask': names must have en, ur, sd, and no other language"),
        (ROW, ROW + ROW, "two macros have the code 'ask'"),
        ('text = "reply_where"', "colour = 1", "macro 'ask': 'colour' is no key of a macro"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, before: str, after: str, fault: str) -> None:
    path = tmp_path / "macros.toml"
    path.write_text(ROW, "utf-8")
    assert [one.code for one in load_macros(path)] == ["ask"]
    path.write_text(ROW.replace(before, after), "utf-8")
    with pytest.raises(TableFault, match=fault.partition("reply_")[0].replace("[", r"\[").replace("]", r"\]")):
        load_macros(path)
