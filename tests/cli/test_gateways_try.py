"""`hotline gateways try`: walks a service's file against an account, shows no secret and no citizen's words, and says what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from hotline.cli import main
from hotline.cli.trying import shapes
from hotline.gateways.http.answers import Document
from tests.gateways.http.pretend import MASK, PASSWORD, USER, Pretend
from tests.gateways.http.world import HOOK, file_of
from tests.gateways.world import Mishap
from tests.servers import serving
from tests.support import keys_file

HERS = "+923001234501"


@pytest.fixture
def pretend() -> Pretend:
    return Pretend()


class Silent(WSGIRequestHandler):
    """What the server would log comes out where the command writes."""

    def log(self, type: str, message: str, *args: object) -> None: ...  # noqa: A002 - the library's name


@pytest.fixture
def url(pretend: Pretend) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, pretend, threaded=True, request_handler=Silent)) as url:
        yield url


def walk(url: str, tmp_path: Path, preset: str, *more: str, file: Path | None = None) -> Result:
    values = f'user = "{USER}", sender = "{MASK}"' + (', short_code = "7005148"' if preset == "jazz" else "")
    which = f'file = "{file}"' if file else f'preset = "{preset}"'
    (tmp_path / "hotline.toml").write_text(f'[gateways.agg]\nkind = "http"\n{which}\nurl = "{url}"\nvalues = {{ {values} }}\n')
    env = {"HOTLINE_CONFIG": str(tmp_path / "hotline.toml"), "HOTLINE_SECRET_KEY": "k" * 32, "HOTLINE_KEYS_FILE": keys_file()}
    env |= {"HOTLINE_AGG_PASSWORD": PASSWORD, "HOTLINE_AGG_HOOK": HOOK, "HOTLINE_PUBLIC_URL": "https://hotline.example.org"}
    result = CliRunner().invoke(main, ["gateways", "try", "agg", "--to", "0300-1234501", *more], env=env)
    assert PASSWORD not in result.output
    assert HOOK not in result.output
    assert HERS not in result.output
    return result


def test_a_text_that_is_taken(url: str, pretend: Pretend, tmp_path: Path) -> None:
    result = walk(url, tmp_path, "m3tech")
    assert (result.exit_code, pretend.phones) == (0, [(HERS, "test 123")])
    assert "M3Tech at http://127.0.0.1:" in result.output
    assert "untried with the service itself" in result.output
    assert '    [{"Response": "0"}]\n  rule 1 of send: taken\n' in result.output
    assert "the service has to call https://hotline.example.org/hooks/http/agg/<HOTLINE_AGG_HOOK>/texts" in result.output


def test_a_session_a_text_its_look_up_and_an_urdu_one(url: str, pretend: Pretend, tmp_path: Path) -> None:
    result = walk(url, tmp_path, "telenor", "--words", "ٹیسٹ")
    assert (result.exit_code, pretend.phones) == (0, [(HERS, "ٹیسٹ")])
    assert [line for line in result.output.splitlines() if line.endswith(":")] == ["log in:", "send:", "look up:"]
    assert "session0001" not in result.output
    assert result.output.count("rule 1 of") == 3
    assert "this file says nothing of them" in result.output


def test_of_texts_that_came_in_nothing_is_shown_but_how_many(url: str, pretend: Pretend, tmp_path: Path) -> None:
    pretend.rows.append({"smsDate": "2026-11-23 12:00:01", "smsFrom": HERS, "smsMessage": "secret words", "smsTo": "7005148"})
    result = walk(url, tmp_path, "jazz")
    assert result.exit_code == 0
    assert "secret words" not in result.output
    assert "    SMSRsponse/SMSInfo/smsMessage\n" in result.output
    assert "  texts that came in: 1\n" in result.output


@pytest.mark.parametrize(
    ("preset", "mishap", "told"),
    [
        ("m3tech", Mishap.ILL, "FAILED (-1): our account cannot be used"),
        ("m3tech", Mishap.REFUSED, "FAILED (-2): the service will not send it to this number"),
        ("m3tech", Mishap.BROKEN, "no rule of send knows this answer\n  FAILED (http_500): nobody knows whether it was sent"),
        ("telenor", Mishap.ILL, "no rule of log in knows this answer\n  FAILED (http_200): our account cannot be used"),
        ("telenor", Mishap.THROTTLED, "FAILED (ERROR): it was not sent, and may be later"),
    ],
)
def test_each_failure_says_what_it_means(preset: str, mishap: Mishap, told: str, url: str, pretend: Pretend, tmp_path: Path) -> None:
    pretend.mishap = mishap
    result = walk(url, tmp_path, preset)
    assert (result.exit_code, pretend.phones) == (1, [])
    assert told in result.output


def test_a_file_that_is_not_complete_shows_the_answer_and_says_what_it_lacks(url: str, pretend: Pretend, tmp_path: Path) -> None:
    result = walk(url, tmp_path, "zong")
    assert result.exit_code == 1
    assert "message submitted …001" in result.output
    assert "No rule means that a text was taken: copy the file" in result.output
    assert walk(url, tmp_path, "zong", file=file_of("zong", tmp_path)).exit_code == 0


def test_secrets_and_numbers_that_the_service_repeats_are_masked(url: str, pretend: Pretend, tmp_path: Path) -> None:
    said = f"{PASSWORD} p%26ss+w%2Brd%2F%25 p%26ss%20w%2Brd/%25 {HERS} 0300-1234501 \x1b[31m" + "x" * 2000
    pretend.answers.append(Response(said))
    result = walk(url, tmp_path, "m3tech")
    assert "    … … … …501  [31mxxx" in result.output
    assert len(result.output) < 1500


def test_a_secret_is_masked_however_the_service_writes_it(url: str, pretend: Pretend, tmp_path: Path) -> None:
    pretend.answers.append(Response("p&amp;ss w+rd/% p&ss w+rd\\/% p%26ss%20w%2brd%2f%25."))
    assert "    … … …." in walk(url, tmp_path, "m3tech").output


def test_what_cannot_be_tried_is_told(url: str, tmp_path: Path) -> None:
    assert "is no phone's number" in walk(url, tmp_path, "m3tech", "--to", "8020").output
    env = {"HOTLINE_SECRET_KEY": "k" * 32, "HOTLINE_KEYS_FILE": keys_file()}
    result = CliRunner().invoke(main, ["gateways", "try", "twilio", "--to", HERS], env=env)
    assert "twilio is no gateway of the kind http; there are: none" in result.output


def test_how_an_answer_is_built_is_told_without_what_stands_there() -> None:
    assert shapes(Document(b'{"a": [{"b": "secret"}, {"c": 1}]}')) == ["a", "a.0", "a.0.b", "a.0.c"]
    assert shapes(Document(b"<r><a>secret</a><a/><b><c/></b></r>")) == ["r", "r/a", "r/b", "r/b/c"]
    assert shapes(Document(b"secret")) == ["(neither JSON nor XML)"]
    assert len(shapes(Document(b"<a>" * 1000 + b"</a>" * 1000))) == 9
