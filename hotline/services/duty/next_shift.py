"""When somebody will be here, for a caller who reaches nobody."""

from datetime import timedelta

from hotline.domain.duty import REACH
from hotline.domain.here import SOON, Here, by
from hotline.runtime import Runtime, Transaction
from hotline.storage import people, shiftdays
from hotline.workdays import calendar


def here(rt: Runtime, tx: Transaction) -> Here | None:
    """What a caller hears of when somebody will be here; None if somebody is on duty in any team, or will be soon."""
    local = tx.now.astimezone(rt.config.zone)
    now, today = local.replace(tzinfo=None), local.date()
    first, last = today - REACH, today + timedelta(days=1)
    turns = [
        turn
        for team in people.teams(tx.session).values()
        for turn in shiftdays.turns_of(tx.session, team.id, first, last, calendar(rt.config))
        if turn.who is not None
    ]
    stretches = [stretch for turn in turns for stretch in turn.stretches if stretch[1] > now]
    begins = min((begins for begins, _ in stretches), default=None)
    return None if begins is not None and begins <= now + SOON else by(now, begins)
