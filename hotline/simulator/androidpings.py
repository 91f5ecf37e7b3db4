"""The app on the pretend phone tells how the phone is, again and again."""

from collections.abc import Callable

from hotline.simulator.timetable import Timetable


class Pings:
    """Calls `ping` every `interval_s()` seconds; None: never."""

    def __init__(self, jobs: Timetable, interval_s: Callable[[], float | None], ping: Callable[[], None]) -> None:
        self._jobs, self._interval_s, self._ping = jobs, interval_s, ping
        self._begun = 0

    def begin(self) -> None:
        """Begin anew, with the interval of now."""
        self._begun += 1
        self._later(self._begun)

    def _later(self, begun: int) -> None:
        interval_s = self._interval_s()
        if not interval_s or begun != self._begun:
            return

        def ping() -> None:
            if begun == self._begun:
                self._ping()
                self._later(begun)

        self._jobs.after(interval_s, ping)
