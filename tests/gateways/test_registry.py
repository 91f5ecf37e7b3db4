"""Which gateways exist, what each carries, and what their folders hold."""

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from hotline.app import create_app
from hotline.config import ConfigFault
from hotline.gateways import registry
from hotline.gateways.base import Gateway
from hotline.gateways.twilio.calls import TwilioCalls
from hotline.gateways.twilio.client import TwilioGateway
from hotline.runtime import Runtime
from hotline.sections import Terms
from tests.support import ScriptedGateway, make_config

PROJECT = Path(__file__).resolve().parent.parent.parent
PHONE = ScriptedGateway(name="modem")


@dataclasses.dataclass(frozen=True)
class PhoneSettings:
    """The keys of a gateway that is a phone in our own hands."""

    is_set: bool = True
    is_real: bool = False
    kind: str = "modem"
    key: str = "[gateways.sim1]"
    terms: Terms = dataclasses.field(default_factory=Terms)


def with_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a kind of gateways that carry texts and no calls."""
    phone = Gateway(
        "modem",
        read=lambda _name, _table, _env, _faults: PhoneSettings(),
        texts=lambda _config, _name: PHONE,
        calls=None,
        check=lambda _config, _name: None,
    )
    monkeypatch.setattr(registry, "GATEWAYS", MappingProxyType({**registry.GATEWAYS, "modem": phone}))


def folders(parent: str) -> set[str]:
    return {path.parent.name for path in (PROJECT / parent).glob("*/__init__.py")}


def test_every_gateway_has_its_two_folders_and_every_folder_its_gateway() -> None:
    assert set(registry.GATEWAYS) == folders("hotline/gateways")
    assert {kind for kind, entry in registry.GATEWAYS.items() if entry.has_webhooks} == folders("hotline/webhooks")
    assert all(kind == entry.kind for kind, entry in registry.GATEWAYS.items())


def test_every_webhook_of_a_gateway_is_served_below_its_name(rt: Runtime) -> None:
    app = create_app(rt)
    for name in (kind for kind, entry in registry.GATEWAYS.items() if entry.has_webhooks):
        own = {blueprint.name for blueprint in importlib.import_module(f"hotline.webhooks.{name}").BLUEPRINTS}
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in own]
        assert rules
        assert all(rule.rule.startswith(f"/hooks/{name}/") for rule in rules)


def test_a_gateway_without_its_keys_is_not_in_use() -> None:
    config = make_config("sqlite:///unused")
    assert list(registry.gateways_in_use(config)) == ["twilio"]
    assert registry.gateways_in_use(make_config("sqlite:///unused", account={"account_sid": ""})) == {}


def test_each_table_of_the_configuration_is_a_gateway_and_the_first_that_places_calls_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_a_phone(monkeypatch)
    given = {
        "HOTLINE_SECRET_KEY": "k" * 32,
        "HOTLINE_KEYS_FILE": "keys.toml",
        "HOTLINE_TWILIO_ACCOUNT_SID": "AC1",
        "HOTLINE_TWILIO_AUTH_TOKEN": "a",
    }
    given |= {"HOTLINE_TWILIO_NUMBER": "+15005550006"}
    written = tmp_path / "hotline.toml"
    written.write_text('[gateways.sim2]\nkind = "modem"\n[gateways.sim1]\nkind = "modem"\n')
    three, one = registry.load_config(given | {"HOTLINE_CONFIG": str(written)}), registry.load_config(given)
    texts, calls = registry.text_gateways(three), registry.call_gateways(three)
    assert list(texts) == ["sim2", "sim1", "twilio"]
    assert texts["sim1"] is PHONE
    assert isinstance(texts["twilio"], TwilioGateway)
    assert list(calls) == ["twilio"]
    assert isinstance(calls["twilio"], TwilioCalls)
    assert list(registry.text_gateways(one)) == ["twilio"]
    for gateway in (*calls.values(), *texts.values()):
        gateway.close()


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("gateways = 1", "[gateways] must be tables, as [gateways.sim1]"),
        ("[gateways]\nsim1 = 1", "[gateways.sim1] kind must be one of twilio, android, http, smpp, sip"),
        ("[gateways.sim1]", "[gateways.sim1] kind must be one of twilio, android, http, smpp, sip"),
        ('[gateways.sim1]\nkind = "pigeon"', "[gateways.sim1] kind must be one of twilio, android, http, smpp, sip"),
        ('[gateways.SIM]\nkind = "twilio"', "[gateways.SIM]: a name is at most 16 small letters, digits and _, and begins with a letter"),
        ('[gateways.other]\nkind = "twilio"', "[gateways.other]: the account at Twilio is set up in the environment"),
        ('[gateways.twilio]\nkind = "twilio"\nper_minute = -1', "[gateways.twilio] per_minute must not be below 0"),
        ('[gateways.twilio]\nkind = "twilio"\nurl = "x"', "[gateways.twilio] url is not a key of the configuration"),
    ],
)
def test_what_is_wrong_with_a_gateway_is_told(toml: str, told: str, tmp_path: Path) -> None:
    written = tmp_path / "hotline.toml"
    written.write_text(toml)
    with pytest.raises(ConfigFault) as fault:
        registry.load_config({"HOTLINE_SECRET_KEY": "k" * 32, "HOTLINE_KEYS_FILE": "keys.toml", "HOTLINE_CONFIG": str(written)})
    assert [one for one in fault.value.args[0] if one.startswith(told)]


def test_the_web_process_does_not_pay_for_the_rest_client() -> None:
    told = "import sys, hotline.app, workers.clock; print([name for name in sys.modules if name.startswith('twilio.rest')])"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, cwd=PROJECT, text=True).stdout == "[]\n"
