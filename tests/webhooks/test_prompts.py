"""The sound of prompts, as a gateway fetches it: public and cacheable, and no other file of the folder."""

import io
import wave
from http import HTTPStatus
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hotline.app import create_app
from hotline.domain.languages import SPOKEN_LANGUAGES
from hotline.i18n import LOCALES, prompts_path
from hotline.runtime import Runtime
from hotline.webhooks.prompts import MAX_AGE_S

ADDRESS = "/prompts/ur/danger.1.wav"


@pytest.fixture
def client(rt: Runtime) -> FlaskClient:
    return create_app(rt).test_client()


def audio() -> bytes:
    return (LOCALES / "ur/prompts/danger.1.wav").read_bytes()


def test_a_gateway_gets_the_sound_without_saying_who_it_is(client: FlaskClient) -> None:
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer.mimetype) == (HTTPStatus.OK, "audio/wav")
    assert answer.data == audio()
    with wave.open(io.BytesIO(answer.data)) as sound:
        assert sound.getframerate() == 8000
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_every_clip_of_every_language_is_at_its_address(client: FlaskClient) -> None:
    for language in SPOKEN_LANGUAGES:
        files = sorted(prompts_path(LOCALES, language).glob("*.wav"))
        assert len(files) > 50
        for file in files:
            assert client.head(f"/prompts/{language}/{file.name}").status_code == HTTPStatus.OK, file


def test_it_may_be_kept_and_is_asked_for_again_by_what_it_says(client: FlaskClient) -> None:
    first = client.get(ADDRESS)
    assert first.cache_control.public
    assert first.cache_control.max_age == MAX_AGE_S
    assert first.last_modified is not None
    for validator in ({"If-None-Match": first.headers["ETag"]}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        again = client.get(ADDRESS, headers=validator)
        assert (again.status_code, again.data) == (HTTPStatus.NOT_MODIFIED, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(ADDRESS, headers={"If-None-Match": '"another"'}).data == audio()


def test_two_clips_have_two_etags_and_one_clip_keeps_its_own(client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.i18n.LOCALES", tmp_path)
    folder = prompts_path(tmp_path, "ur")
    folder.mkdir(parents=True)
    etags = []
    for name, content in (("danger.1", audio()), ("danger.2", audio()[:-2]), ("danger.3", audio())):
        (folder / f"{name}.wav").write_bytes(content)
        etags.append(client.get(f"/prompts/ur/{name}.wav").headers["ETag"])
    assert etags[0] == etags[2] != etags[1]


def test_a_part_of_it_can_be_asked_for(client: FlaskClient) -> None:
    part = client.get(ADDRESS, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (HTTPStatus.PARTIAL_CONTENT, audio()[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(audio())}"
    assert client.get(ADDRESS, headers={"Range": "bytes=99999999-"}).status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def test_its_head_has_no_body(client: FlaskClient) -> None:
    answer = client.head(ADDRESS)
    assert (answer.status_code, answer.data) == (HTTPStatus.OK, b"")
    assert answer.content_length == len(audio())


def test_it_is_there_over_plain_http_whatever_the_host(client: FlaskClient) -> None:
    for base in ("http://evil.example", "https://hotline.example.org", "http://127.0.0.1:8000"):
        assert client.get(ADDRESS, base_url=base).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "address",
    [
        "/prompts/ur/nothing.wav",
        "/prompts/ur/manifest.json",
        "/prompts/ur/manifest.wav",
        "/prompts/ur/danger.1",
        "/prompts/ur/DANGER.1.wav",
        "/prompts/ur/danger.1.2.wav",
        "/prompts/ur-Latn/danger.1.wav",
        "/prompts/xx/danger.1.wav",
        "/prompts/../ur/prompts/danger.1.wav",
        "/prompts/ur/../../../messages.pot",
        "/prompts/ur/..%2F..%2Fur%2Fprompts%2Fdanger.1.wav",
        "/prompts/ur/%2e%2e/prompts/danger.1.wav",
        "/prompts/ur/danger.1%00.wav",
        "/prompts/ur/danger.1%0a.wav",
        "/prompts/ur/خطرہ.wav",
        f"/prompts/ur/{'a' * 5000}.wav",
        "/prompts/ur/.wav",
        "/prompts/ur/",
        "/prompts/",
    ],
)
def test_nothing_else_is_there(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (HTTPStatus.NOT_FOUND, "text/plain")
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_can_be_sent_there(client: FlaskClient) -> None:
    assert client.post(ADDRESS, data=b"x").status_code in {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.BAD_REQUEST}
    assert client.put(ADDRESS, data=b"x").status_code in {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.BAD_REQUEST}
