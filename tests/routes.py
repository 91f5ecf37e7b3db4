"""The routes of an application, put in order once: to do it anew for each of them is most of what an application costs."""

import copy
import threading
from typing import Any

import pytest
from werkzeug.routing import Map, RuleFactory

_ADD, _UPDATE = Map.add, Map.update


def share(patch: pytest.MonkeyPatch) -> None:
    """Let maps that were given the same rules and settings have one order of them. It is made when the first of them is asked."""
    known: dict[tuple[object, ...], Map] = {}
    one_at_a_time = threading.Lock()

    def add(self: Map, factory: RuleFactory) -> None:
        given: list[Any] = self.__dict__.setdefault("given", [])
        given += [(rule, repr(vars(rule))) for rule in factory.get_rules(self)]
        self._remap = True

    def update(self: Map) -> None:
        with one_at_a_time:
            if not self._remap:
                return
            given = self.__dict__.get("given", [])
            named = {name: getattr(self, name) for name in ("strict_slashes", "merge_slashes", "host_matching", "default_subdomain")}
            key = (*named.values(), *self.converters.items(), *(written for _, written in given))
            if key not in known:
                known[key] = Map(**named, converters=self.converters)
                for rule, _ in given:  # copies: a rule belongs to one map
                    _ADD(known[key], copy.copy(rule))
                _UPDATE(known[key])
            self._matcher, self._rules_by_endpoint = known[key]._matcher, known[key]._rules_by_endpoint
            self._remap = False

    patch.setattr(Map, "add", add)
    patch.setattr(Map, "update", update)
