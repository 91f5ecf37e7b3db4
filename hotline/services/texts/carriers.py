"""Which gateway carries a text, at one claim: what is known of the gateways then is the newest. The rules are in `domain/carrying.py`.

What a text takes of the limits and of the budget is counted in the transaction of its claim. So a worker that is killed, a restart, and two
workers at once never send more than is allowed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hotline.domain.budget import Budget, Weight, midnight, next_midnight, read_money
from hotline.domain.carrying import Asked, Carrier, Place, choose
from hotline.domain.load import Load
from hotline.domain.phone import national
from hotline.domain.standing import room_back
from hotline.gateways.base import Unit
from hotline.outbox import weight_of
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.gatewayview import limits_of
from hotline.storage import gatewayloads, gatewaystates, messages
from hotline.storage.gatewayloads import Counted
from hotline.storage.messages import HeardOn
from hotline.storage.models import Message

_TRIES = 2
"""How often in a row a text is tried at a gateway that surely does not send it, before another is tried. An urgent one is tried once."""


@dataclass(frozen=True)
class Taken:
    """A text's place. `line`: the one it leaves by, as the gateway names it. `counted` stands in the row of `key` and `minute`."""

    gateway: str
    line: str | None
    key: gatewayloads.Line
    minute: datetime
    counted: Counted


@dataclass
class Carriers:
    """The gateways at one claim, in the order of the configuration."""

    rt: Runtime
    now: datetime
    carriers: list[Carrier]
    heard_on: Mapping[int, HeardOn]
    budget: Budget
    spent: int
    _count: dict[gatewayloads.Line, Counted] = field(default_factory=lambda: defaultdict(lambda: Counted(0, 0, 0)))

    @classmethod
    def at(cls, rt: Runtime, tx: Transaction, room: Mapping[str, int], units: Mapping[str, Unit], contact_ids: Iterable[int]) -> "Carriers":
        """What is known of the gateways, and by which of them the contacts wrote last. Where there is only one, nobody asks.

        `room`: name → how many more units each takes now. `units`: name → what its limits count, if not texts.
        """
        session, settings = tx.session, rt.config.sending
        budget = Budget(read_money(settings.budget_a_day), settings.budget_reserve_percent)
        limits = {name: limits_of(rt.config.gateways[name]) for name in room}
        limited = [name for name, one in limits.items() if one.stretches]
        rests, back = gatewaystates.resting(session, now=tx.now), gatewaystates.back_since(session, now=tx.now)
        if limited or back or budget.a_day is not None:
            gatewayloads.in_turn(session)
        reach = max((limits[name].reach for name in limited), default=timedelta(0))
        carried = gatewayloads.since(session, limited, tx.now - reach) if limited else {}
        spent = gatewayloads.spent(session, midnight(tx.now, rt.config.zone)) if budget.a_day is not None else {}
        carriers = []
        for name in room:
            one = _carrier(rt, name, {line: Load(limits[name], carried.get((name, line), {}), tx.now) for line in _lines(rt, name)})
            one.room, one.by_segments, one.rests_until = room[name], units.get(name) is Unit.SEGMENTS, rests.get(name)
            if name in back:
                one.back = room_back(tx.now - back[name], gatewayloads.texts_since(session, name, back[name]))
            carriers.append(one)
        asks = len(room) > 1 or any(len(one.loads) > 1 for one in carriers)
        heard_on = messages.heard_on(session, set(contact_ids)) if asks else {}
        return cls(rt, tx.now, carriers, heard_on, budget, sum(spent.values()))

    def take(self, message: Message, number: str, *, urgent: bool) -> Taken | datetime:
        """The place of a text; or when to ask again, as no gateway takes it now, or there is no money for it today.

        A text that is repeated under its old id leaves by the gateway that knows the id, and by no other.
        """
        segments, weight = message.segments or 1, weight_of(message.rank or 0, urgent=urgent)
        may = [one for one in self.carriers if not message.repeats or one.name == message.gateway]
        pays = [one for one in may if self.budget.pays(one.price * segments, self.spent, weight)]
        if may and not pays:
            return next_midnight(self.now, self.rt.config.zone)
        home, patience = self.heard_on.get(message.contact_id), timedelta(seconds=self.rt.config.sending.spill_after_s)
        asked = Asked(
            segments,
            urgent,
            digits=national(number, self.rt.config.numbers.region) if any(one.networks for one in pays) else "",
            home=home.gateway if home is not None else None,
            home_line=home.line if home is not None else None,
            only=message.gateway if message.repeats else None,
            patience=patience,
            old=weight is not Weight.COURTESY and self.now - message.created_at > patience,
            unsent_by=message.gateway if (message.unsent or 0) >= (1 if urgent else _TRIES) else None,
        )
        place = choose(pays, asked, self.now)
        return self._counted(place, asked) if isinstance(place, Place) else place

    def _counted(self, place: Place, asked: Asked) -> Taken:
        carrier = next(one for one in self.carriers if one.name == place.gateway)
        counted = Counted(1, carrier.units(asked.segments), carrier.price * asked.segments)
        key = (place.gateway, place.line)
        before = self._count[key]
        self._count[key] = Counted(before.texts + 1, before.units + counted.units, before.cost + counted.cost)
        self.spent += counted.cost
        line = place.line or (asked.home_line if asked.home == place.gateway else None)
        return Taken(place.gateway, line, key, gatewayloads.minute_of(self.now), counted)

    def store(self, tx: Transaction) -> None:
        """Count what was taken. In one order, so that no two workers wait for each other."""
        for key, counted in sorted(self._count.items()):
            gatewayloads.add(tx.session, key, self.now, counted)


def take_one(rt: Runtime, tx: Transaction, name: str) -> bool:
    """Count a text of one segment that is no row, by the first line of a gateway; False if that has no room for it."""
    limits, key = limits_of(rt.config.gateways[name]), (name, _lines(rt, name)[0])
    gatewayloads.in_turn(tx.session)
    left = Load(limits, gatewayloads.since(tx.session, [name], tx.now - limits.reach).get(key, {}), tx.now).left(urgent=False)
    if left == 0:
        return False
    gatewayloads.add(tx.session, key, tx.now, Counted(1, 1, _price(rt, name)))
    return True


def give_one_back(rt: Runtime, tx: Transaction, name: str, at: datetime) -> None:
    """Uncount a text that `take_one` counted at that time, and that surely did not leave."""
    gatewayloads.give_back(tx.session, (name, _lines(rt, name)[0]), gatewayloads.minute_of(at), Counted(1, 1, _price(rt, name)))


def _lines(rt: Runtime, name: str) -> tuple[str, ...]:
    return rt.config.gateways[name].terms.sims or ("",)


def _carrier(rt: Runtime, name: str, loads: Mapping[str, Load]) -> Carrier:
    """A gateway as its table says."""
    terms, settings = rt.config.gateways[name].terms, rt.config.sending
    per_s = terms.per_minute / 60 or settings.texts_per_s
    return Carrier(name, 0, per_s, price=_price(rt, name), networks=terms.networks, loads=loads)


def _price(rt: Runtime, name: str) -> int:
    """Of one segment, in ten-thousandths."""
    return read_money(rt.config.gateways[name].terms.segment_price or rt.config.sending.segment_price) or 0


def counted_now(tx: Transaction, taken: Taken) -> Taken:
    """The place of a text that leaves now, counted in this minute: a claim may have waited for its turn into the next."""
    minute = gatewayloads.minute_of(tx.now)
    if minute == taken.minute:
        return taken
    gatewayloads.give_back(tx.session, taken.key, taken.minute, taken.counted)
    gatewayloads.add(tx.session, taken.key, tx.now, taken.counted)
    return replace(taken, minute=minute)
