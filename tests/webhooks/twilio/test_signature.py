"""Tests for `hotline.webhooks.twilio.signature`."""

import random
from urllib.parse import parse_qsl

import pytest

from hotline.webhooks.twilio.signature import read_pairs

_PIECES = (b"%", b"&", b"=", b"+", b"4", b"F", b"z", b";", b"\xe9", b"\0", b"%41", b"%d9", b"%D8%A2", b"%2B", b"%26", b"\n", b" ")


def _by_library(raw: bytes) -> list[tuple[bytes, bytes]]:
    fields = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=1000)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def test_a_form_is_divided_as_the_library_divides_it_whatever_its_bytes() -> None:
    rng = random.Random(7)
    for _ in range(5_000):
        raw = b"".join(rng.choices(_PIECES, k=rng.randrange(14)))
        assert read_pairs(raw) == _by_library(raw), raw


@pytest.mark.parametrize("form", [b"a=b", b""], ids=["full", "empty"])
def test_a_form_of_more_than_a_thousand_fields_is_refused(form: bytes) -> None:
    assert read_pairs(b"&".join([form] * 1000)) == _by_library(b"&".join([form] * 1000))
    with pytest.raises(ValueError, match="too many fields"):
        read_pairs(b"&".join([form] * 1001))
