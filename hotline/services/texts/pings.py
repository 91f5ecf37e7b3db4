"""A phone tells how it is, every minute: the operator's page shows it."""

from collections.abc import Mapping
from typing import Any

from hotline.runtime import Runtime
from hotline.storage import gatewaysigns


def note(rt: Runtime, name: str, checks: Mapping[str, Any]) -> None:
    """Note what the phone told. `checks`: name of a check → number, as `battery:level` → 87. What is no number says nothing."""
    level, plug, online = (_number(checks.get(f"{what}")) for what in ("battery:level", "battery:charging", "connection:status"))
    with rt.transaction() as tx:
        gatewaysigns.store(
            tx.session,
            name,
            pinged_at=tx.now,
            battery=int(level) if level is not None and 0 <= level <= 100 else None,
            charging=plug > 0 if plug is not None else None,  # which plug it is; 0: none
            online=online > 0 if online is not None else None,
        )


def _number(told: Any) -> float | None:
    return told if isinstance(told, int | float) and not isinstance(told, bool) else None
