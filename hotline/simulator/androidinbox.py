"""What came to the pretend phone: Android's own store, and what the app knows of it."""

import zlib
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from hotline.simulator.androidkept import Kept
from hotline.simulator.androidtexts import InText


class Inbox:
    """The caller holds the phone's lock."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.store: list[InText] = [_read(one) for one in kept.all("store").values()]
        self._known: dict[int, InText] = {came.number: came for came in map(_read, kept.all("inbox").values())}

    def come(self, sender: str, text: str, sim: int, at: datetime) -> InText:
        """A text is in Android's store."""
        number = zlib.crc32(repr((sender, int(at.timestamp()), sim, text)).encode("utf-8", "surrogatepass"))
        came = InText(sender, text, sim, at, number)
        self.store.append(came)
        self._kept.put("store", str(len(self.store)), asdict(came))
        return came

    def learn(self, came: InText) -> bool:
        """The app hears of a text. False: it has one of this number, and loses the second of two equal texts of one second (issue 394)."""
        if came.number in self._known:
            return False
        self._known[came.number] = came
        self._kept.put("inbox", str(came.number), asdict(came))
        return True

    def known(self) -> list[InText]:
        """The texts that the app knows of, newest first."""
        return sorted(self._known.values(), key=lambda one: one.at, reverse=True)


def _read(kept: dict[str, Any]) -> InText:
    values = {one.name: kept[one.name] for one in fields(InText)}
    return InText(**{**values, "at": datetime.fromisoformat(values["at"])})
