"""The file of a service and the table of an account: what is wrong with them is told in sentences, all at once, and never believed."""

import re
from pathlib import Path
from typing import Any

import pytest

from hotline.gateways.base import GatewayFault, LookUp, Unit
from hotline.gateways.http.gateway import GATEWAY
from hotline.gateways.http.servicefile import PRESETS, preset_names, read_service
from hotline.gateways.http.settings import read_account
from tests.gateways.http.conftest import Open
from tests.gateways.http.pretend import PASSWORD, Pretend
from tests.gateways.http.world import HOOK, NAME, account_at
from tests.support import make_config

ENV = {"HOTLINE_M3_PASSWORD": "p", "HOTLINE_M3_HOOK": HOOK}
GOOD = """
name = "Mine"
url = "https://sms.example.com"
values = ["user"]
secrets = ["PASSWORD"]
[send]
path = "/send"
fields = { to = "{to}", text = "{body}" }
answers = [{ status = 200, contains = "OK", means = "taken" }]
"""


def read(folder: Path, toml: str) -> list[str]:
    (folder / "mine.toml").write_text(toml, "utf-8")
    faults: list[str] = []
    read_service(folder / "mine.toml", faults)
    return faults


def test_each_shipped_file_is_good_and_says_that_nobody_has_tried_it() -> None:
    assert preset_names() == ["jasmin", "jazz", "kannel", "m3tech", "telenor", "zong"]
    for name in preset_names():
        faults: list[str] = []
        service = read_service(PRESETS / f"{name}.toml", faults)
        assert service is not None
        assert (faults, service.untried, service.origin) == ([], True, "shipped")
        assert "UNTRIED" in (PRESETS / f"{name}.toml").read_text("utf-8")


def test_what_a_gateway_can_follows_from_its_file() -> None:
    can = {name: account_at("http://127.0.0.1:1", name).service.can for name in (*preset_names(), "example")}  # type: ignore[union-attr]
    assert {name for name, one in can.items() if one.idempotent} == {"m3tech", "example"}
    assert {name for name, one in can.items() if one.reports} == {"kannel", "jasmin", "example"}
    assert {name for name, one in can.items() if one.polls} == {name for name, one in can.items() if one.keeps_log} == {"jazz", "example"}
    assert {name for name, one in can.items() if one.look_up is LookUp.EXACT} == {"example"}  # Telenor finds a text by its own id only
    assert {name for name, one in can.items() if one.unit is Unit.SEGMENTS} == {"kannel", "jasmin", "example"}


def test_a_file_with_what_is_needed_is_good(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("{body}", "{body.__class__}", None),  # no hole, so it is sent as it stands
        ("{body}", "{words}", "mine.toml send: {words} is nothing that can stand here; there are PASSWORD, body, body_hex, coding"),
        ("{body}", "{session}", "mine.toml send: {session} is nothing that can stand here"),
        ('means = "taken"', 'means = "sent"', "mine.toml send answers 1: means must be one of taken, taken_already, refused"),
        ('status = 200, contains = "OK", ', "", "mine.toml send answers 1: it holds for every answer"),
        ("status = 200", "status = 2000", "mine.toml send answers 1: status must be whole numbers from 100 to 599"),
        ('contains = "OK"', 'pattern = "(("', "mine.toml send answers 1: pattern is no regular expression"),
        ('contains = "OK"', 'xml = "a[b]"', "mine.toml send answers 1: xml: 'a[b]' must be names below the root"),
        ('contains = "OK"', 'json = "a..b"', "mine.toml send answers 1: json: 'a..b' must be names and numbers"),
        ('contains = "OK"', 'is = "OK"', "mine.toml send answers 1: is belongs to json, xml or pattern"),
        ('contains = "OK"', "contains = 1", "mine.toml send answers 1: contains must be text in quotes"),
        ('contains = "OK"', 'contain = "OK"', "mine.toml send answers 1: contain is not a key; see"),
        ('path = "/send"', 'path = "send"', "mine.toml send: path must begin with /"),
        ('path = "/send"', 'path = "/send"\nmethod = "PUT"', "mine.toml send: method must be one of GET, POST"),
        ('path = "/send"', 'path = "/send"\ncontent = "json"', "mine.toml send: a GET has its fields in the address"),
        ('path = "/send"', 'path = "/send"\nmethod = "POST"\ncontent = "xml"', "mine.toml send: document is missing"),
        ('path = "/send"', 'path = "/send"\nheaders = { A = "{body}" }', "mine.toml send: {body} is nothing that can stand here"),
        ('to = "{to}"', "to = 1", "mine.toml send fields: to must be text in quotes"),
        ("https://sms.example.com", "https://user:pw@sms.example.com/x", "mine.toml: url must be like https://sms.example.com"),
        ('["PASSWORD"]', '["HOOK"]', "mine.toml: secrets: 'HOOK' must be capital letters"),
        ('["user"]', '["to"]', "mine.toml: values: 'to' must be small letters, digits and _, and none of body"),
        ("[send]", "idempotent = true\n[send]", "mine.toml: idempotent is true only of a service that is given {our_id}"),
        ("[send]", "[texts]\nsender = 'a'\n[send]", "mine.toml texts: words is missing"),
        ("[send]", "[texts]\nsender = 'a'\nwords = 'b'\nat_format = 'x'\n[send]", "mine.toml texts: at_format must be iso, unix, or like"),
        (
            "[send]",
            "[texts]\nsender = 'a'\nwords = 'b'\nat_format = '%d/%Q'\n[send]",
            "mine.toml texts: at_format must be iso, unix, or like",
        ),
        (
            "[send]",
            "[texts]\nsender = 'a'\nwords = 'b'\nanswer_type = \"a/b\\r\\nX: y\"\n[send]",
            "mine.toml texts: answer_type must be like",
        ),
        ("[send]", "[reports]\nid = 'i'\nstatus = 'a'\n[send]", "mine.toml reports: means is missing"),
        ('path = "/send"', 'path = "/send"\nheaders = { "H\u00f6st" = "x" }', "mine.toml send: headers: 'H\u00f6st' must be letters"),
        ('path = "/send"', 'path = "/send"\nheaders = { A = "x\\ny" }', "mine.toml send: headers: 'A' must be letters"),
        ("[send]", "[reports]\nstatus = 'a'\n[send]", "mine.toml reports: it needs our_id or id"),
        ("[send]", "[reports]\nid = 'i'\nstatus = 'a'\nmeans = { A = 'b' }\n[send]", "mine.toml reports: means 'A' must be one of sent"),
        ("[send]", "[poll]\npath = '/'\nsender = 'a'\nwords = 'b'\n[send]", "mine.toml poll: it needs id or at"),
        ("[send]", "[poll]\npath = '/'\nsender = 'a'\nwords = 'b'\n[send]", "mine.toml poll: rows is missing"),
        ("[send]", "[query]\npath = '/{our_id}'\n[send]", "mine.toml: [query] needs a rule for a text that is there"),
        ("[send]", "[login]\npath = '/'\nidle_s = 1\n[send]", "mine.toml login: idle_s must be from 10 to 86400"),
        ("[send]", "[login]\npath = '/'\nanswers = [{ status = 200, means = 'in' }]\n[send]", "mine.toml login answers 1: id is missing"),
        ("[send]", "[more]\n[send]", "mine.toml: more is not a key"),
        ("[send]", "[[send]]", "mine.toml send: must be a table"),
        ("[send]", "login = 1\n[send]", "mine.toml login: must be a table"),
        ("[send]", "[sent]", "mine.toml: [send] is missing"),
        ("[send]", "[send", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(before: str, after: str, told: str | None, tmp_path: Path) -> None:
    assert before in GOOD
    faults = read(tmp_path, GOOD.replace(before, after, 1))
    assert [one for one in faults if told is not None and told in one] if told else faults == []


def test_no_file_and_no_text_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        faults: list[str] = []
        assert read_service(path, faults) is None
        assert len(faults) == 1
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    assert read_service(tmp_path / "bytes.toml", []) is None


# The account


def account(table: dict[str, Any], env: dict[str, str] | None = None) -> list[str]:
    faults: list[str] = []
    given = {"preset": "m3tech", "values": {"user": "u", "sender": "8020"}} | table
    read = read_account("m3", {key: value for key, value in given.items() if value is not None}, ENV if env is None else env, faults)
    assert "secret-" not in repr(read)
    return faults


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"preset": None}, "[gateways.m3] needs preset, one of jasmin, jazz, kannel, m3tech, telenor, zong, or file, and not both"),
        ({"file": "x.toml"}, "[gateways.m3] needs preset"),
        ({"preset": "../example"}, "[gateways.m3] preset must be one of jasmin"),
        ({"preset": None, "file": "nowhere.toml"}, "nowhere.toml cannot be read"),
        ({"values": {"user": "u"}}, "[gateways.m3] values: sender is missing"),
        (
            {"values": {"user": "u", "sender": "s", "mask": "m"}},
            "[gateways.m3] values: M3Tech asks for no mask; there are user, sender, auth_key",
        ),
        ({"values": {"user": "u\r\nX: y", "sender": "s"}}, "[gateways.m3] values: user has characters that nobody can see"),
        ({"values": ["user=u"]}, "[gateways.m3] values must be a table of texts"),
        ({"allow": ["everywhere"]}, "[gateways.m3] allow: 'everywhere' is no address or network"),
        ({"url": "http://sms.example.com"}, "[gateways.m3] url: over plain http others read our password"),
        ({"url": "ftp://sms.example.com"}, "[gateways.m3] url must be the service's address"),
        ({"url": "https://sms.example.com:99999"}, "[gateways.m3] url must be the service's address"),
        ({"url": "https://sms.example.com/path"}, "[gateways.m3] url must be the service's address"),
        ({"preset": "kannel"}, "[gateways.m3] url must be the service's address"),
        ({"page": 1}, "[gateways.m3] page is not a key of the configuration"),
    ],
)
def test_what_is_wrong_with_an_account_is_told(table: dict[str, Any], told: str) -> None:
    assert [one for one in account(table) if told in one]


@pytest.mark.parametrize("url", ["https://sms.example.com", "http://127.0.0.1:13013", "http://192.168.1.5:1401", "http://10.0.0.5"])
def test_a_gateway_of_ones_own_may_be_reached_without_https(url: str) -> None:
    assert account({"url": url}) == []
    assert account({"url": "http://sms.example.com", "plain_http": True}) == []


def test_missing_and_short_secrets_are_told_and_not_shown() -> None:
    faults = account({}, {"HOTLINE_M3_HOOK": "secret-short"})
    assert any(one.startswith("HOTLINE_M3_PASSWORD is missing") for one in faults)
    assert any(one.startswith("HOTLINE_M3_HOOK must have 24 to 128 letters") for one in faults)
    assert account({"preset": "zong"}, {"HOTLINE_M3_PASSWORD": "secret-p"}) == []  # it calls nobody
    [odd] = account({"preset": "zong"}, {"HOTLINE_M3_PASSWORD": "secret-p\r\nX: y"})
    assert odd == "HOTLINE_M3_PASSWORD has characters that nobody can see, like the end of a line"


def test_a_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD, "utf-8")
    env = ENV | {"HOTLINE_CONFIG": str(tmp_path / "hotline.toml")}
    assert account({"preset": None, "file": "mine.toml", "values": {"user": "u"}}, env) == []


def test_no_host_and_no_service_is_named_in_the_code() -> None:
    for path in PRESETS.parent.parent.rglob("http/*.py"):
        assert not re.search(r"m3tech|jazz|zong|telenor|kannel|jasmin|\.com\.pk", path.read_text("utf-8"), re.IGNORECASE), path


# The doctor's check


def test_the_check_logs_in_and_asks_for_texts_and_sends_nothing(open_gateway: Open, pretend: Pretend, service_url: str) -> None:
    def check(name: str, **more: Any) -> None:
        GATEWAY.check(make_config("sqlite:///unused", gateways={NAME: account_at(service_url, name, **more)}), NAME)

    for name in ("m3tech", "jazz", "telenor", "kannel"):
        check(name)
    assert [asked.target.partition("?")[0] for asked in pretend.asked] == ["/receivesms_xml.html", "/corporate_sms2/api/auth.jsp"]
    assert pretend.phones == []
    with pytest.raises(GatewayFault, match=r"cannot be used \(http_200\); run hotline gateways try aggregator to see what Telenor says"):
        check("telenor", values={"user": "nobody", "sender": "x"})
    with pytest.raises(GatewayFault, match=r"127\.0\.0\.1:9 cannot be reached \(ConnectionRefusedError\)"):
        GATEWAY.check(make_config("sqlite:///unused", gateways={NAME: account_at("http://127.0.0.1:9", "m3tech")}), NAME)


def test_the_check_tells_of_a_file_that_knows_no_text_as_taken(tmp_path: Path) -> None:
    faults: list[str] = []
    table = {"preset": "zong", "values": {"user": "u", "sender": "s"}}
    incomplete = read_account("m3", table, {"HOTLINE_M3_PASSWORD": PASSWORD}, faults)
    assert faults == []
    with pytest.raises(GatewayFault, match="has no rule for the answer by which Zong takes a text"):
        GATEWAY.check(make_config("sqlite:///unused", gateways={"m3": incomplete}), "m3")
