"""What is read of an MMS that a phone tells of: every word, the pictures that can be had, and nothing that a stranger named otherwise."""

import base64
from typing import Any

import pytest

from hotline.gateways.android import mms as subject
from hotline.gateways.android.mms import Mms, path_of, read_head, read_mms

SNATCHED = "orangi town mein do larkon ne mera mobile cheen liya"
AT = "2026-11-23T12:00:00.000+05:00"
KEY = b"k" * 32


def loaded(*attachments: Any, **more: Any) -> dict[str, Any]:
    named = {"messageId": "7", "body": SNATCHED, "subject": None, "attachments": list(attachments)}
    return {**named, "sender": "+923001234501", "simNumber": 1, "receivedAt": AT, **more}


def part(content: bytes | None = None, n: int = 1, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(content).decode() if content is not None else None
    return {"partId": n, "contentType": "image/jpeg", "name": "IMG.jpg", "size": len(content or b""), "data": data, **more}


def read(told: dict[str, Any], *, can_be_asked: bool = True) -> Mms:
    return read_mms(KEY, "", told, event="e1", can_be_asked=can_be_asked)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (loaded(), SNATCHED),
        (loaded(subject="madad"), f"madad\n{SNATCHED}"),
        (loaded(subject=SNATCHED[:20]), SNATCHED),
        (loaded(subject="بچاؤ 😢".encode().decode("latin-1"), body=None), "بچاؤ 😢"),  # as Android's store has the bytes of UTF-8
        (loaded(subject="بچاؤ", body=None), "بچاؤ"),
        (loaded(subject="café", body=None), "café"),
        (loaded(subject="salam", body=None), "salam"),
        (loaded(part(SNATCHED.encode(), contentType="text/plain; charset=utf-8"), body=None), SNATCHED),
        (loaded(part(SNATCHED.encode(), contentType="text/plain")), SNATCHED),
        (loaded(part(b"<smil/>", contentType="application/smil")), SNATCHED),
        (loaded(body="\ud83d a\0b"), "? a\ufffdb"),
        (loaded() | {"attachments": None}, SNATCHED),
        (loaded() | {"attachments": ""}, SNATCHED),
        (loaded() | {"attachments": {}}, SNATCHED),
        (loaded() | {"attachments": 0}, SNATCHED),
    ],
)
def test_every_word_of_an_mms_is_kept_once_and_words_alone_bring_no_picture(told: dict[str, Any], words: str) -> None:
    mms = read(told)
    assert (mms.text.body, mms.text.has_photo, mms.content, mms.text.head) == (words, False, {}, "")


@pytest.mark.parametrize(
    "attachments",
    [
        [part(contentType="text/plain", data="/9j/4AA")],
        [part()],
        [part(b"")],
        [part(data="not base64!")],
        [part(data="/9j/4AA")],
        [part(data="\u0664" * 8)],
        [part(data=["/9j/4AAQ"])],
        [part(n=5, name="../../etc/passwd", size=-1)],
        [part(url="http://192.168.10.66/secret", partId="../../1")],
        [part(url="/inbox/7/attachments/1", partId=True)],
        [part(url="/inbox/7/attachments/1", partId="1" * 20)],
        ["x" * 100_000],
        {"0": {"data": None}},
        "/9j/4AAQ",
        1,
        [[[[]]]],
    ],
)
def test_what_cannot_be_taken_leaves_the_words(attachments: Any) -> None:
    body = None if "text/plain" in str(attachments) else SNATCHED
    mms = read(loaded(body=body) | {"attachments": attachments})
    assert (mms.text.body, mms.text.photos, mms.text.not_brought, mms.content) == (body or "", (), True, {})


def test_the_bytes_are_taken_where_they_are_told_and_asked_for_where_not() -> None:
    url = "/inbox/7/attachments/1"
    both = read(loaded(part(b"a", url=url), part(n=2, url="http://192.168.10.66/inbox/7/attachments/9")))
    here, there = both.text.photos
    assert (both.content, both.text.not_brought) == ({here: b"a"}, False)
    assert (path_of(here), path_of(there)) == (None, "/inbox/7/attachments/2")
    assert all(len(one) <= 80 for one in both.text.photos)
    behind_server = read(loaded(part(n=2, url=url)), can_be_asked=False).text
    assert (behind_server.photos, behind_server.not_brought) == ((), True)


@pytest.mark.parametrize(
    "name", ["", "a", "x/photo", "a/../1", "../1", "a/b/c", "a/7/1", "a/7/1?x", "a/7", "0/\u0667/1", "0/7/\u0661", "0/7/-1"]
)
def test_only_an_id_of_ours_leads_to_a_path(name: str) -> None:
    assert path_of(name) == ("/inbox/7/attachments/1" if name == "a/7/1" else None)


def test_the_same_mms_has_the_same_id_and_another_of_the_same_second_another() -> None:
    same = [read(loaded(body=None)).text.gateway_id for _ in range(2)]
    other = read(loaded(body=None, messageId="8")).text.gateway_id
    head = {"messageId": "x", "transactionId": "T1", "subject": None, "sender": "+923001234501", "receivedAt": AT}
    heads = [read_head(KEY, "", head | {"transactionId": one}) for one in ("T1", "T1", "T2")]
    assert len({*same, other, *(one.gateway_id for one in heads)}) == 4
    assert all(one.is_head and one.not_brought for one in heads)
    assert not read(loaded()).text.is_head


def test_base64_that_is_too_long_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MOST_BYTES", 8)
    monkeypatch.setattr(subject, "_MOST_CHARACTERS", 12)
    for content, came in ((b"12345678", 1), (b"123456789", 0), (b"1234567890", 0)):
        assert len(subject.read_mms(b"k" * 32, "", loaded(part(content)), can_be_asked=True).content) == came


def test_ends_of_lines_in_base64_are_passed_over() -> None:
    data = base64.encodebytes(b"\xff" * 200).decode().replace("\n", "\r\n")
    [content] = subject.read_mms(b"k" * 32, "", loaded(part(data=data)), can_be_asked=True).content.values()
    assert content == b"\xff" * 200


def test_more_pictures_than_a_phone_sends_are_taken_up_to_a_bound_and_the_rest_is_noted() -> None:
    for several, is_more in ((10, False), (11, True)):
        mms = read(loaded(*(part(b"a", n) for n in range(several))))
        assert (len(mms.content), len(set(mms.text.photos)), mms.text.not_brought) == (10, 10, is_more)
