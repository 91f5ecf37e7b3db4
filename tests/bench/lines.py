"""The lines of the table: what was measured, and what it should be."""

from statistics import median

from tests.bench.at_rest import AtRest
from tests.bench.growth import Growth
from tests.bench.hooks import Hook
from tests.bench.load import Load
from tests.bench.open_queues import EVERY_S, QUEUES, OpenQueues
from tests.bench.reading import Read
from tests.bench.report import Line
from tests.bench.searching import Searched
from tests.bench.sending import PER_S, Sent
from tests.bench.voice import Calls, Round, together
from tests.bench.webhook import CONNECTIONS, MANY_CONNECTIONS, Webhook, middle

_RATIOS = {"SQLite": 0.45, "PostgreSQL": 0.35}
_HOOK_RATIOS = {"SQLite": 0.45, "PostgreSQL": 0.33}
_SLOW_RATIO = 0.9
_SPREAD, _WEB_MIB, _WORKER_MIB, _REST_S = 3.0, 64.0, 96.0, 2.0
_FIRST_PAGE, _NEXT_PAGE, _COUNTS_MS = 1.5, 2.0, 50.0
_FIGURES_MS = 50.0
_CORE, _SLOWER = 0.2, 1.25
_GROWN = 1.5
_READ_MS, _READ_GROWS, _READ_WORST, _READ_MIB = 0.5, 18.0, 30.0, 4.0  # 16 times as long may cost a little more than 16 times as much
_STEP_IN_FLOOD, _STEP_AT_REST, _STEP_DEAF_MS = 1.0, 1.5, 500.0  # Redis is given up after a second, the gateway after more


def hook_lines(hooks: list[Hook]) -> list[Line]:
    """The lines of the webhooks of further gateways."""
    return [line for one in hooks for line in _hook(one)]


def slow_lines(slow: list[Webhook]) -> list[Line]:
    """The lines of the webhook on another disk than that of the machine as it is."""
    told = [(one, f"webhook {one.disk}, of the anchor on it", "lost, doubled or refused on it") for one in slow]
    return [line for one, what, lost in told for line in _beside_anchor(one, what, lost, _SLOW_RATIO)]


def _hook(one: Hook) -> list[Line]:
    target = _HOOK_RATIOS[one.database]
    return _beside_anchor(one, f"webhook of {one.kind}, of the anchor", f"lost, doubled or refused by {one.kind}", target)


def _beside_anchor(one: Hook | Webhook, what: str, lost: str, target: float) -> list[Line]:
    ratio = median(one.ratios)
    rates = f"{middle(one.ours, 'rate_per_s'):,.0f} of {middle(one.anchor, 'rate_per_s'):,.0f} texts a second"
    measured = f"{ratio:.2f} ({min(one.ratios):.2f} to {max(one.ratios):.2f}); {rates}"
    kept = f"{one.texts:,} texts: " + ("; ".join(one.faults) or "none")
    return [
        Line(f"{one.database}: {what}", measured, f"≥ {target}", ratio >= target),
        Line(f"{one.database}: {lost}", kept, "none", not one.faults),
    ]


def queue_lines(grown: list[Growth], queues: list[OpenQueues]) -> list[Line]:
    """The lines of the queue."""
    return [line for one in grown for line in _growth(one)] + [line for one in queues for line in _open_queues(one)]


def reading_lines(one: Read) -> list[Line]:
    """The lines of the reading of a text."""
    times, worst = one.longest_ms / one.ordinary_ms, one.hostile_ms / one.ordinary_ms
    return [
        Line("reading a text of 100 characters", f"{one.ordinary_ms:.2f} ms", f"≤ {_READ_MS} ms", one.ordinary_ms <= _READ_MS),
        Line("reading one of 1,600 characters, of one of 100", f"{times:.1f} ×", f"≤ {_READ_GROWS} ×", times <= _READ_GROWS),
        Line("reading the worst hostile text, of one of 100", f"{worst:.1f} ×", f"≤ {_READ_WORST} ×", worst <= _READ_WORST),
        Line("the model in a process, besides its shared file", f"{one.mib:.1f} MiB", f"≤ {_READ_MIB} MiB", one.mib <= _READ_MIB),
    ]


def _growth(one: Growth) -> list[Line]:
    def line(what: str, pairs: dict[str, tuple[float, float]], target: float) -> Line:
        worst = max(pairs, key=lambda name: pairs[name][1] / pairs[name][0])
        few, many = pairs[worst]
        measured = f"{many / few:.2f} × ({worst}: {many:.1f} ms of {few:.1f} ms)"
        return Line(f"{one.database}: {what}", measured, f"≤ {target} ×", many / few <= target)

    (few, many), (views_few, views_many) = one.counts, one.views
    return [
        line(f"first page of a list at {one.many:,} tickets, of that at {one.few:,}", one.first, _FIRST_PAGE),
        line("first page of the queue with words, ages and filters, of that", one.sifted, _FIRST_PAGE),
        line("its next page, of its first", one.next, _NEXT_PAGE),
        Line(f"{one.database}: counts of all lists", f"{many:.1f} ms ({few:.1f} ms)", f"≤ {_COUNTS_MS:.0f} ms", many <= _COUNTS_MS),
        Line(
            f"{one.database}: counts of twelve saved views",
            f"{views_many:.1f} ms ({views_few:.1f} ms)",
            f"≤ {_COUNTS_MS:.0f} ms",
            views_many <= _COUNTS_MS,
        ),
        line("a citizen's other tickets, of that", {"newest of them": one.others}, _FIRST_PAGE),
        Line(
            f"{one.database}: what a scrape of /metrics reads at {one.many:,} tickets",
            f"{one.figures[1]:.1f} ms (at {one.few:,}: {one.figures[0]:.1f} ms)",
            f"≤ {_FIGURES_MS:.0f} ms",
            one.figures[1] <= _FIGURES_MS,
        ),
    ]


def _open_queues(one: OpenQueues) -> list[Line]:
    alone, beside = middle(one.alone, "p99_ms"), middle(one.beside, "p99_ms")
    return [
        Line(
            f"{one.database}: {QUEUES} open queues at rest, each asking every {EVERY_S} s",
            f"{one.core:.2f} of a core",
            f"≤ {_CORE}",
            one.polls > 0 and one.core <= _CORE,
        ),
        Line(
            f"{one.database}: a webhook's p99 beside them",
            f"{one.slower:.2f} × ({beside:.0f} ms of {alone:.0f} ms)",
            f"≤ {_SLOWER} ×",
            one.slower <= _SLOWER,
        ),
    ]


def all_lines(webhooks: list[Webhook], calls: list[Calls], sent: list[Sent], rest: AtRest | None, searched: list[Searched]) -> list[Line]:
    """The lines of all parts that were measured."""
    lines = [line for one in webhooks for line in _webhook(one)] + [line for one in calls for line in _calls(one)]
    lines += [line for one in searched for line in _search(one)]
    return lines + (_sending(*sent) if sent else []) + (_at_rest(rest) if rest else [])


def _webhook(one: Webhook) -> list[Line]:
    ratio, target = median(one.ratios), _RATIOS[one.database]
    rates = f"{middle(one.ours, 'rate_per_s'):,.0f} of {middle(one.anchor, 'rate_per_s'):,.0f} texts a second"
    measured = f"{ratio:.2f} ({min(one.ratios):.2f} to {max(one.ratios):.2f}); {rates}"
    kept = f"{one.texts:,} texts, {one.told_twice:,} of them told twice: " + ("; ".join(one.faults) or "none")
    heaviest = max(one.web_mib, default=0.0)
    return [
        Line(f"{one.database}: webhook, of the anchor", measured, f"≥ {target}", ratio >= target),
        _spread(one.database, CONNECTIONS, one.ours),
        _spread(one.database, MANY_CONNECTIONS, one.ours_of_many),
        Line(f"{one.database}: lost, doubled or refused", kept, "none", not one.faults),
        Line(f"{one.database}: web process after that", f"{heaviest:.0f} MiB", f"≤ {_WEB_MIB:.0f} MiB", 0 < heaviest <= _WEB_MIB),
    ]


def _spread(database: str, connections: int, loads: list[Load]) -> Line:
    spread = median(load.spread for load in loads)
    measured = f"{spread:.1f} × ({middle(loads, 'p99_ms'):.0f} ms of {middle(loads, 'p50_ms'):.0f} ms)"
    return Line(f"{database}: p99 of p50 at {connections} connections", measured, f"≤ {_SPREAD:.0f} ×", spread <= _SPREAD)


def _calls(one: Calls) -> list[Line]:
    told_twice = sum(call.told_twice for call in one.at_once)
    kept = f"{one.calls:,} calls, {len(one.at_once)} of them at once, {told_twice} told twice at each step: "
    deaf = f"slowest {one.deaf_ms:.0f} ms"
    faults = f"{len(one.faults)}, the first: {one.faults[0]}" if one.faults else "none"
    return [
        _beside(f"{one.database}: a step of a call under a flood of texts, p99 of the texts'", one.flood, _STEP_IN_FLOOD),
        _beside(f"{one.database}: the same at rest", one.rest, _STEP_AT_REST),
        Line(f"{one.database}: a step with Redis and the gateway silent", deaf, f"≤ {_STEP_DEAF_MS:.0f} ms", one.deaf_ms <= _STEP_DEAF_MS),
        Line(f"{one.database}: calls lost, doubled or left otherwise than they should", kept + faults, "none", not one.faults),
    ]


def _beside(what: str, rounds: list[Round], target: float) -> Line:
    whole, ratios = together(rounds), [one.ratio for one in rounds]
    measured = f"{whole.ratio:.2f} × ({min(ratios):.2f} to {max(ratios):.2f}); {whole.step_ms:.1f} ms of {whole.text_ms:.1f} ms"
    return Line(what, measured, f"≤ {target} ×", whole.ratio <= target)


def _sending(sent: Sent, several: Sent) -> list[Line]:
    share, shared = sent.of_configured, several.of_configured
    heaviest = max(sent.worker_mib, key=lambda name: sent.worker_mib[name], default="")
    weights = ", ".join(f"{name} {mib:.0f}" for name, mib in sorted(sent.worker_mib.items()))
    return [
        Line(
            f"{sent.texts:,} due texts through a gateway of 200 ms",
            f"{share:.3f} of {PER_S} a second",
            "0.95 to 1.00",
            0.95 <= share <= 1.0,
        ),
        Line(
            f"{several.texts:,} due texts over three gateways, of their summed pace",
            f"{shared:.3f} of {several.configured:.0f} a second",
            "0.95 to 1.00",
            0.95 <= shared <= 1.0,
        ),
        Line("not sent, or sent twice", "; ".join(sent.faults + several.faults) or "none", "none", not sent.faults + several.faults),
        Line(
            "worker processes, at most",
            f"{weights} MiB",
            f"≤ {_WORKER_MIB:.0f} MiB each",
            0 < sent.worker_mib.get(heaviest, 0) <= _WORKER_MIB,
        ),
    ]


def _at_rest(rest: AtRest) -> list[Line]:
    measured = f"{rest.p95:.2f} s (p50 {rest.p50:.2f} s)"
    return [
        Line(f"at rest: from the text to the reference, p95 of {len(rest.seconds)}", measured, f"≤ {_REST_S:.0f} s", rest.p95 <= _REST_S)
    ]


def _search(one: Searched) -> list[Line]:
    worst = max(one.ms_of_many, key=one.ratio)
    first = one.ms_of_many["a common word"]
    measured = f"{one.ratio(worst):.2f} × ({worst}: {one.ms_of_many[worst]:.1f} ms of {one.ms_of_few[worst]:.1f} ms)"
    return [
        Line(
            f"{one.database}: search by words among {one.many:,} tickets, of {one.few:,}",
            measured,
            f"≤ {_GROWN} ×",
            one.ratio(worst) <= _GROWN,
        ),
        Line(
            f"{one.database}: the next page of a search, of the first",
            f"{one.next_ms / first:.2f} × ({one.next_ms:.1f} ms of {first:.1f} ms)",
            f"≤ {_NEXT_PAGE:.0f} ×",
            one.next_ms <= _NEXT_PAGE * first,
        ),
    ]
