"""The table of a phone in the configuration."""

from pathlib import Path
from typing import Any

import pytest

from hotline.config import ConfigFault
from hotline.gateways.android.settings import Phone, phone_of, read_phone
from hotline.gateways.registry import load_config

ENV = {"HOTLINE_SIM1_PASSWORD": "secret", "HOTLINE_SIM1_SIGNING_KEY": "k" * 24}
URL = "http://192.168.10.20:8080"


def read(env: dict[str, str] = ENV, **table: Any) -> tuple[Phone, list[str]]:
    faults: list[str] = []
    return read_phone("sim1", {"url": URL, **table}, env, faults), faults


def test_a_phone_in_its_own_network_is_a_gateway_to_real_phones() -> None:
    phone, faults = read(sims=["1", "2"], lines=["+923001110001"])
    assert faults == []
    assert (phone.is_set, phone.is_real, phone.is_local, phone.terms.sims) == (True, True, True, ("1", "2"))
    assert "secret" not in repr(phone)
    assert "kkkk" not in repr(phone)


def test_a_phone_at_a_cable_is_real_and_only_the_simulators_is_not() -> None:
    assert read(url="http://127.0.0.1:8080")[0].is_real
    assert not read(url="http://127.0.0.1:8080", pretend=True)[0].is_real


@pytest.mark.parametrize(
    "url",
    [URL, "http://10.0.0.7:8080", "http://172.16.1.1", "http://[fd00::7]:8080", "http://127.0.0.1:8080", "https://sms.example.org/api"],
)
def test_these_addresses_are_taken(url: str) -> None:
    assert read(url=url)[1] == []


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"url": ""}, "[gateways.sim1] url must be like"),
        ({"url": "192.168.10.20:8080"}, "[gateways.sim1] url must be like"),
        ({"url": "http://[::1"}, "[gateways.sim1] url must be like"),
        ({"url": "http://10.0.0.7:99999999"}, "[gateways.sim1] url must be like"),
        ({"url": "http://sms:secret@10.0.0.7"}, "[gateways.sim1] url must be like"),
        ({"url": "ftp://10.0.0.7"}, "[gateways.sim1] url must be like"),
        ({"url": "http://203.0.113.7:8080"}, "[gateways.sim1] url: plain http"),
        ({"url": "http://phone.example.org"}, "[gateways.sim1] url: plain http"),
        ({"url": "http://10.0.0.7:8080", "mode": "server"}, "[gateways.sim1] url: plain http"),
        ({"pretend": True}, "[gateways.sim1] url: a pretend phone is on this machine"),
        ({"mode": "cloud"}, '[gateways.sim1] mode must be "local" or "server"'),
        ({"sims": ["0"]}, "[gateways.sim1] sims must be"),
        ({"sims": ["1", "1"]}, "[gateways.sim1] sims must be"),
        ({"sims": [1]}, "[gateways.sim1] sims must be"),
        ({"canary": "sim1"}, "[gateways.sim1] canary must be another gateway"),
        ({"speed": 1}, "[gateways.sim1] speed is not a key"),
    ],
)
def test_what_is_wrong_with_a_phone_is_told(table: dict[str, Any], told: str) -> None:
    _, faults = read(**table)
    assert [fault for fault in faults if fault.startswith(told)], faults


@pytest.mark.parametrize(
    ("missing", "told"),
    [("HOTLINE_SIM1_PASSWORD", "HOTLINE_SIM1_PASSWORD is missing"), ("HOTLINE_SIM1_SIGNING_KEY", "HOTLINE_SIM1_SIGNING_KEY must have 24")],
)
def test_a_phone_without_its_secrets_is_told(missing: str, told: str) -> None:
    assert [fault for fault in read({**ENV, missing: ""})[1] if fault.startswith(told)]
    assert [fault for fault in read({**ENV, "HOTLINE_SIM1_SIGNING_KEY": "k" * 23})[1] if "24 characters" in fault]


def test_the_configuration_reads_a_phone_beside_the_account(tmp_path: Path) -> None:
    written = tmp_path / "hotline.toml"
    written.write_text(f'[gateways.sim1]\nkind = "android"\nurl = "{URL}"\nper_minute = 12\n')
    given = {"HOTLINE_SECRET_KEY": "k" * 32, "HOTLINE_KEYS_FILE": "keys.toml", "HOTLINE_CONFIG": str(written)}
    phone = phone_of(load_config({**given, **ENV}), "sim1")
    assert (phone.terms.per_minute, phone.terms.in_flight, phone.password) == (12, 2, "secret")
    with pytest.raises(ConfigFault) as fault:
        load_config(given)
    assert sum("HOTLINE_SIM1_" in one for one in fault.value.args[0]) == 2
