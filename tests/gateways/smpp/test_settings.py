"""The table of an SMSC, and what is wrong with one."""

from typing import Any

import pytest

from hotline.gateways.smpp.settings import Smsc, read_smsc

GOOD = {"host": "10.20.30.40", "system_id": "hotline", "sender": "8484", "lines": ["8484", "+923001110001"]}


def read(table: dict[str, Any], given: str = "secret") -> tuple[Smsc, list[str]]:
    faults: list[str] = []
    return read_smsc("code8484", GOOD | table, {"HOTLINE_CODE8484_PASSWORD": given}, faults), faults


def test_a_table_is_read_and_its_password_is_shown_nowhere() -> None:
    smsc, faults = read({})
    assert faults == []
    assert (smsc.terms.host, smsc.terms.port, smsc.terms.tls, smsc.password) == ("10.20.30.40", 2775, True, "secret")
    assert "secret" not in repr(smsc)
    assert smsc.is_real
    assert not read({"pretend": True})[0].is_real


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"host": ""}, "[gateways.code8484] host is missing"),
        ({"system_id": "x" * 16}, "[gateways.code8484] system_id must be 1 to 15 characters"),
        ({"system_id": ""}, "[gateways.code8484] system_id must be 1 to 15 characters"),
        ({"system_type": "x" * 13}, "[gateways.code8484] system_type must be at most 12"),
        ({"sender": ""}, "[gateways.code8484] sender must be"),
        ({"sender": "ہاٹ لائن"}, "[gateways.code8484] sender must be"),
        ({"bind": "three"}, "[gateways.code8484] bind must be one of transceiver, two"),
        ({"split": "half"}, "[gateways.code8484] split must be one of udh, sar, payload"),
        ({"alphabet": "ascii"}, "[gateways.code8484] alphabet must be one of gsm, latin1, ucs2"),
        ({"port": 0}, "[gateways.code8484] port must not be below 1"),
        ({"hosts": "x"}, "[gateways.code8484] hosts is not a key of the configuration"),
    ],
)
def test_what_is_wrong_is_told(table: dict[str, Any], told: str) -> None:
    assert [fault for fault in read(table)[1] if fault.startswith(told)]


def test_a_password_that_smpp_would_cut_is_told() -> None:
    assert read({}, "x" * 9)[1] == ["HOTLINE_CODE8484_PASSWORD must be at most 8 characters: SMPP 3.4 has room for no more"]


@pytest.mark.parametrize(
    ("destination", "line"),
    [("8484", "8484"), ("923001110001", "+923001110001"), ("+923001110001", "+923001110001"), ("999", "999"), ("", None)],
)
def test_a_line_is_named_as_the_table_names_it(destination: str, line: str | None) -> None:
    assert read({})[0].line_of(destination) == line


@pytest.mark.parametrize(("line", "sender"), [(None, "8484"), ("+923001110001", "+923001110001"), ("999", "8484")])
def test_a_text_leaves_by_the_line_that_the_citizen_wrote_to(line: str | None, sender: str) -> None:
    assert read({})[0].sender_of(line) == sender
