"""What is sealed opens only in its own place, under its own key, and only whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import sealing
from hotline.sealing import CHUNK, HEAD, SEALED_CHUNK, ContactKey, SealBroken, SealedFile, new_contact_key
from tests.support import KEYS

BOUND = "messages.sealed", "in", "2026-11-29"


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    key = new_contact_key()
    sealed = key.seal(BOUND[0], text, *BOUND[1:])
    assert key.open(BOUND[0], sealed, *BOUND[1:]) == text
    assert len(sealed) == len(text.encode("utf-8", "surrogatepass")) + sealing.OVERHEAD


@pytest.mark.parametrize(
    "place",
    [
        ("notes.sealed", "in", "2026-11-29"),
        ("messages.sealed", "out", "2026-11-29"),
        ("messages.sealed", "in", "2026-11-30"),
        ("messages.sealed", "i", "n2026-11-29"),
        ("messages.sealed", "in2026-11-29"),
        ("messages.sealed", "in", "2026-11-29", ""),
    ],
)
def test_elsewhere_it_does_not_open(place: tuple[str, ...]) -> None:
    key = new_contact_key()
    sealed = key.seal(BOUND[0], "save me", *BOUND[1:])
    with pytest.raises(SealBroken):
        key.open(place[0], sealed, *place[1:])


def test_changed_cut_or_under_another_key_it_does_not_open() -> None:
    key = new_contact_key()
    sealed = key.seal(*BOUND[:1], "save me", *BOUND[1:])
    flipped = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for wrong in (*flipped, *(sealed[:length] for length in range(len(sealed))), sealed + b"\0"):
        with pytest.raises(SealBroken):
            key.open(BOUND[0], wrong, *BOUND[1:])
    for other in (new_contact_key(), key._replace(uid=b"0" * 16)):
        with pytest.raises(SealBroken):
            other.open(BOUND[0], sealed, *BOUND[1:])


def test_no_nonce_serves_two_texts_or_two_places() -> None:
    """Also where a text is made so that, with its place before it, it reads like another."""
    key = new_contact_key()
    sealed = [
        key.seal(place, text, *bound)
        for place in ("messages.sealed", "notes.sealed")
        for text in ("", "a", "b", "\x00\x00\x00\x01a", "\x00\x00\x00\x01ab")
        for bound in ((), ("a",), ("a", "b"), ("b",))
    ]
    assert len({one[1:13] for one in sealed}) == len(sealed)
    assert key.seal("notes.sealed", "a", 7) == key.seal("notes.sealed", "a", 7)
    assert key.seal("notes.sealed", "a", 7) != new_contact_key().seal("notes.sealed", "a", 7)


def test_a_contacts_key_is_wrapped_by_the_current_key_and_opens_while_that_key_is_there() -> None:
    key = new_contact_key()
    wrapped = sealing.wrap(KEYS, key)
    assert sealing.wrapped_by(wrapped) == KEYS.current
    more = KEYS.with_new()
    assert sealing.unwrap(more, key.uid, wrapped) == key
    assert sealing.wrapped_by(sealing.wrap(more, key)) == more.current
    with pytest.raises(SealBroken, match="hotline keys check"):
        sealing.unwrap(more.without(KEYS.current), key.uid, wrapped)
    for uid, wrong in ((b"0" * 16, wrapped), (key.uid, wrapped[:-1]), (key.uid, b"\2" + wrapped[1:]), (key.uid, b"")):
        with pytest.raises(SealBroken):
            sealing.unwrap(KEYS, uid, wrong)


def test_a_mark_finds_a_number_and_only_with_the_key() -> None:
    mark = sealing.mark(KEYS, "+923001234501")
    assert (mark, len(mark)) == (sealing.mark(KEYS, "+923001234501"), 16)
    other_key = KEYS.__class__(KEYS.sealing, KEYS.current, b"n" * 32, KEYS.search, KEYS.audit, KEYS.suppression, KEYS.staff)
    assert len({mark, sealing.mark(KEYS, "+923001234502"), sealing.mark(other_key, "+923001234501")}) == 3


# Files


SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5]


def audio(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def open_all(key: ContactKey, sealed: bytes, name: str = "a.wav") -> bytes:
    """Open the whole of a file, as it is."""
    count = range(-(-(len(sealed) - HEAD) // SEALED_CHUNK))
    chunks = (sealed[HEAD + n * SEALED_CHUNK : HEAD + (n + 1) * SEALED_CHUNK] for n in count)
    return b"".join(SealedFile(key, "recordings", name).open(sealed[:HEAD], chunks, count, len(sealed)))


def refuses(key: ContactKey, sealed: bytes, name: str = "a.wav") -> bool:
    try:
        open_all(key, sealed, name)
    except SealBroken:
        return True
    return False


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_comes_back_and_is_the_same_however_often_it_is_sealed(size: int) -> None:
    key, content = new_contact_key(), audio(size)
    sealed = SealedFile(key, "recordings", "a.wav").seal(content)
    assert (open_all(key, sealed), sealing.plain_size(len(sealed))) == (content, size)
    assert sealed == SealedFile(key, "recordings", "a.wav").seal(content)
    other = SealedFile(key, "recordings", "b.wav").seal(content)
    assert sealed[1:HEAD] != other[1:HEAD]


def test_a_file_that_was_cut_put_together_anew_or_changed_does_not_open() -> None:
    key, content = new_contact_key(), audio(3 * CHUNK + 5)
    sealed = SealedFile(key, "recordings", "a.wav").seal(content)
    head, one, two, three, rest = sealed[:HEAD], *(sealed[HEAD + n * SEALED_CHUNK : HEAD + (n + 1) * SEALED_CHUNK] for n in range(4))
    longer = SealedFile(key, "recordings", "a.wav").seal(content + audio(CHUNK))
    places = (0, 1, HEAD - 1, HEAD, 2 * SEALED_CHUNK, len(sealed) - 1)
    wrong = {
        "changed": [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in places],
        "in another order": [head + two + one + three + rest, head + one + two + rest + three],
        "with a chunk left out or doubled": [head + one + three + rest, head + one + one + two + three + rest],
        "cut at a chunk": [head + one, head + one + two, head + one + two + three],
        "cut elsewhere": [sealed[:-1], sealed[: HEAD + 20], sealed[:HEAD], sealed[:3], b""],
        "continued": [sealed + b"x", sealed + rest, head + one + two + three + longer[HEAD + 3 * SEALED_CHUNK :]],
        "not sealed": [b"RIFF" + content],
    }
    for what, files in wrong.items():
        for file in files:
            assert refuses(key, file), what
    for other, name in ((new_contact_key(), "a.wav"), (key._replace(uid=b"0" * 16), "a.wav"), (key, "b.wav")):
        assert refuses(other, sealed, name)


def test_no_sealed_file_has_a_size_that_leaves_a_chunk_without_words() -> None:
    for size in (0, HEAD, HEAD + 15, HEAD + SEALED_CHUNK + 16):
        with pytest.raises(SealBroken):
            sealing.plain_size(size)


@given(st.binary(max_size=100), st.integers(0, 1000))
def test_what_lies_in_a_file_for_a_while_is_hidden_and_comes_back_from_any_place(data: bytes, at: int) -> None:
    scratch = sealing.Scratch()
    whole = bytes(at) + data
    hidden = scratch.turned(whole, 0)
    assert scratch.turned(hidden[at:], at) == data
    assert len(data) < 16 or data not in hidden
    assert len(data) < 16 or sealing.Scratch().turned(hidden, 0) != whole
