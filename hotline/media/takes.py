"""Turn sound files of any common format, and samples at any rate, into telephone quality. The extra `prompts` installs what this needs."""

from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

from hotline.media.sound import RATE_HZ, Samples

# Below this are the rumble of a room and the hum of the mains. No telephone carries them, and they would be taken for speech.
_HUM_HZ = 120


class TakeFault(Exception):
    """The file is not sound that can be read; the message says why."""


def decoded(path: Path) -> Samples:
    """The samples of a sound file: 8,000 a second, one channel, 16 bits, without hum. Raises TakeFault."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise TakeFault("there is no sound in it")
            return _telephone(container.decode(container.streams.audio[0]))
    except (av.FFmpegError, OSError) as error:
        raise TakeFault(f"it cannot be read: {error.strerror}") from error


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """Samples (one channel, 16 bits) at `rate_hz`, converted to telephone quality."""
    frame = AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.sample_rate = rate_hz
    frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    return _telephone([frame])


def _telephone(frames: Iterable[AudioFrame]) -> Samples:
    samples = array("h")
    for frame in _filtered(frames):
        samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    return samples


def _filtered(frames: Iterable[AudioFrame]) -> Iterator[AudioFrame]:
    graph: Graph | None = None
    for frame in frames:
        if graph is None:
            graph = _graph(frame)
        graph.push(frame)
        yield from _drained(graph)
    if graph is not None:
        graph.push(None)
        yield from _drained(graph)


def _graph(first: AudioFrame) -> Graph:
    graph = Graph()
    graph.link_nodes(
        graph.add_abuffer(
            sample_rate=first.sample_rate,
            format=first.format.name,
            layout=first.layout.name,
            time_base=first.time_base or Fraction(1, first.sample_rate),
        ),
        graph.add("asubcut", f"cutoff={_HUM_HZ}"),  # not highpass, which has no effect in this build of FFmpeg
        graph.add("aformat", f"sample_fmts=s16:sample_rates={RATE_HZ}:channel_layouts=mono"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _drained(graph: Graph) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame
