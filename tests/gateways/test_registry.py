"""Which gateways exist, what each carries, and what their folders hold."""

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from hotline.app import create_app
from hotline.gateways import registry
from hotline.gateways.base import Gateway
from hotline.gateways.twilio.calls import TwilioCalls
from hotline.gateways.twilio.client import TwilioGateway
from hotline.runtime import Runtime
from tests.support import ScriptedGateway, make_config

PROJECT = Path(__file__).resolve().parent.parent.parent
PHONE = ScriptedGateway(name="android")


@dataclasses.dataclass(frozen=True)
class PhoneSettings:
    """The keys of a gateway that is a phone in our own hands."""

    is_set: bool
    is_real: bool = False


def with_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a gateway that carries texts and no calls before the others."""
    phone = Gateway(
        "android",
        "HOTLINE_ANDROID_URL",
        read=lambda env, _faults: PhoneSettings("HOTLINE_ANDROID_URL" in env),
        texts=lambda _config: PHONE,
        calls=None,
        check=lambda _config: None,
        check_recordings=lambda _config: False,
    )
    monkeypatch.setattr(registry, "GATEWAYS", MappingProxyType({"android": phone, **registry.GATEWAYS}))


def folders(parent: str) -> set[str]:
    return {path.parent.name for path in (PROJECT / parent).glob("*/__init__.py")}


def test_every_gateway_has_its_two_folders_and_every_folder_its_gateway() -> None:
    assert set(registry.GATEWAYS) == folders("hotline/gateways") == folders("hotline/webhooks")
    assert all(name == gateway.name for name, gateway in registry.GATEWAYS.items())


def test_every_webhook_of_a_gateway_is_served_below_its_name(rt: Runtime) -> None:
    app = create_app(rt)
    for name in registry.GATEWAYS:
        own = {blueprint.name for blueprint in importlib.import_module(f"hotline.webhooks.{name}").BLUEPRINTS}
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in own]
        assert rules
        assert all(rule.rule.startswith(f"/hooks/{name}/") for rule in rules)


def test_a_gateway_without_its_keys_is_not_in_use() -> None:
    config = make_config("sqlite:///unused")
    assert [gateway.name for gateway in registry.gateways_in_use(config)] == ["twilio"]
    assert registry.gateways_in_use(make_config("sqlite:///unused", account={"account_sid": ""})) == []


def test_the_first_gateway_in_use_that_carries_texts_has_them_and_calls_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_phone(monkeypatch)
    given = {
        "HOTLINE_SECRET_KEY": "k" * 32,
        "HOTLINE_KEYS_FILE": "keys.toml",
        "HOTLINE_TWILIO_ACCOUNT_SID": "AC1",
        "HOTLINE_TWILIO_AUTH_TOKEN": "a",
    }
    given |= {"HOTLINE_TWILIO_NUMBER": "+15005550006"}
    both, one = registry.load_config(given | {"HOTLINE_ANDROID_URL": "http://127.0.0.1:1"}), registry.load_config(given)
    texts, calls, texts_of_one = registry.text_gateway(both), registry.call_gateway(both), registry.text_gateway(one)
    assert texts is PHONE
    assert isinstance(calls, TwilioCalls)
    assert isinstance(texts_of_one, TwilioGateway)
    for gateway in (calls, texts_of_one):
        gateway.close()


def test_the_web_process_does_not_pay_for_the_rest_client() -> None:
    told = "import sys, hotline.app, workers.clock; print([name for name in sys.modules if name.startswith('twilio.rest')])"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, cwd=PROJECT, text=True).stdout == "[]\n"
