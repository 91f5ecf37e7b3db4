"""What a table of a line may say, and what is told of one that is wrong."""

from pathlib import Path

import pytest

from hotline.cli.checks.gateways import one_gateway as doctor
from hotline.config import ConfigFault
from hotline.gateways.base import GatewayFault, Trial
from hotline.gateways.registry import GATEWAYS, call_gateways, load_config
from hotline.gateways.sip.settings import line_of

GOOD = 'kind = "sip"\nhost = "sip.example.pk"\nuser = "02131234567"\n'


def load(tmp_path: Path, toml: str, **more: str):  # type: ignore[no-untyped-def]
    written = tmp_path / "hotline.toml"
    written.write_text(f"[gateways.ptcl]\n{toml}\n")
    given = {
        "HOTLINE_SECRET_KEY": "k" * 32,
        "HOTLINE_KEYS_FILE": "keys.toml",
        "HOTLINE_CONFIG": str(written),
        "HOTLINE_DATA_DIR": str(tmp_path),
    }
    return load_config(given | {"HOTLINE_PTCL_PASSWORD": "tulip"} | more)


def test_a_line_carries_calls_and_no_texts_and_shows_its_password_nowhere(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    line = line_of(config, "ptcl")
    assert (line.is_set, line.is_real, line.password, line.address, line.terms.at_once) == (True, True, "tulip", None, 10)
    assert "tulip" not in repr(config)
    assert list(call_gateways(config)) == ["ptcl"]
    assert (GATEWAYS["sip"].texts, GATEWAYS["sip"].process, GATEWAYS["sip"].trial(line)) == (None, "workers.sip", Trial.EXPERIMENTAL)


def test_a_line_without_its_process_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(GatewayFault, match=r"no process holds the line to sip\.example\.pk"):
        GATEWAYS["sip"].check(load(tmp_path, GOOD), "ptcl")
    with pytest.raises(Exception, match="no process holds the line"):
        doctor(load(tmp_path, GOOD), "ptcl")


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (GOOD.replace("sip.example.pk", "sip:example"), "host must be the registrar of the line"),
        (GOOD.replace("02131234567", "a@b"), "user must be the name or number"),
        (GOOD + 'transport = "carrier pigeon"', "transport must be one of udp, tcp, tls"),
        (GOOD + 'dial = "rotary"', "dial must be one of national, digits, plus"),
        (GOOD + 'listen = "5060"', "listen must be an address"),
        (GOOD + 'listen = "0.0.0.0:70000"', "listen must be an address"),
        (GOOD + 'rtp_ports = "10000-10010"', "rtp_ports must be two ports"),
        (GOOD + 'rtp_ports = "10000"', "rtp_ports must be two ports"),
        (GOOD + "at_once = 0", "at_once must not be below 1"),
        (GOOD + "codec = 1", "codec is not a key"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(toml: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigFault) as fault:
        load(tmp_path, toml)
    assert [one for one in fault.value.args[0] if one.startswith(f"[gateways.ptcl] {told}")]


def test_a_password_is_missing_or_cannot_be_written(tmp_path: Path) -> None:
    for password, told in (("", "HOTLINE_PTCL_PASSWORD is missing"), ('tu"lip', "HOTLINE_PTCL_PASSWORD must not have")):
        with pytest.raises(ConfigFault) as fault:
            load(tmp_path, GOOD, HOTLINE_PTCL_PASSWORD=password)
        assert [one for one in fault.value.args[0] if one.startswith(told)]
    assert line_of(load(tmp_path, GOOD + "register = false", HOTLINE_PTCL_PASSWORD=""), "ptcl").password == ""
