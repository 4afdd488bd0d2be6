"""The monitor: a policy over many accounts on one day, as a worklist with reasons.

Pure: states go in and come out, so that a command for cron keeps them in a file and a replay keeps them in memory.
Limits: one policy for all accounts of a run; facts are made one account at a time, so memory holds one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.policies import Decision, Policy, PolicyState, decide

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WorkItem", "Worklist", "states_from_json", "states_to_json", "watch"]

_SCHEMA = 1


@dataclass(frozen=True)
class WorkItem:
    """One account.

    Attributes
    ----------
    label : str
        The account.
    as_of : date
        The day.
    decision : Decision
        Whether it is due, and every trigger's reading.
    """

    label: str
    as_of: date
    decision: Decision


@dataclass(frozen=True)
class Worklist:
    """All accounts, those that are due first.

    Attributes
    ----------
    policy : str
        Name of the policy.
    items : tuple of WorkItem
        Due ones first, then by label.
    states : Mapping of str to PolicyState
        By label, for the next day.
    """

    policy: str
    items: tuple[WorkItem, ...]
    states: Mapping[str, PolicyState]

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", FrozenMap(dict(self.states)))

    @property
    def due(self) -> tuple[WorkItem, ...]:
        """Accounts to rebalance."""
        return tuple(i for i in self.items if i.decision.due)

    def to_frame(self) -> pd.DataFrame:
        """One row an account and trigger: account, due, trigger, fired, figure, threshold, unit, reason, names."""
        import pandas as pd

        return pd.DataFrame(self._rows())

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"policy": self.policy, "due": [i.label for i in self.due], "rows": self._rows()}

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "account": item.label,
                "as_of": item.as_of.isoformat(),
                "due": item.decision.due,
                "held_back": item.decision.held_back,
                "trigger": f.trigger,
                "fired": f.fired,
                "figure": f.reading.figure,
                "threshold": f.reading.threshold,
                "unit": f.reading.unit,
                "reason": f.reading.sentence,
                "names": list(f.reading.names),
                "rests_until": None if f.rests_until is None else f.rests_until.isoformat(),
            }
            for item in self.items
            for f in item.decision.firings
        ]


def watch(accounts: Iterable[DayFacts], policy: Policy, states: Mapping[str, PolicyState]) -> Worklist:
    """Run a policy over accounts.

    Parameters
    ----------
    accounts : iterable of DayFacts
        With distinct labels.
    policy : Policy
        For all of them.
    states : Mapping of str to PolicyState
        As they came out the day before, by label; empty at the start.

    Raises
    ------
    InputError
        If two accounts share a label.
    """
    items: list[WorkItem] = []
    after = dict(states)
    for facts in accounts:
        if any(i.label == facts.label for i in items):
            raise InputError(f"Two accounts are called {facts.label}.", hint="Give each a label of its own.")
        decision, after[facts.label] = decide(policy, facts, states.get(facts.label, PolicyState()))
        items.append(WorkItem(facts.label, facts.as_of, decision))
    items.sort(key=lambda i: (not i.decision.due, i.label))
    return Worklist(policy.name, tuple(items), after)


def states_to_json(policy: str, states: Mapping[str, PolicyState]) -> str:
    """States as text for a file."""
    accounts = {label: state.to_dict() for label, state in sorted(states.items())}
    return json.dumps({"schema_version": _SCHEMA, "policy": policy, "accounts": accounts}, indent=1) + "\n"


def states_from_json(text: str, policy: str) -> dict[str, PolicyState]:
    """States of a file, for the same policy.

    Raises
    ------
    InputError
        If the text is not one of `states_to_json`, or is of another policy.
    """
    try:
        given = json.loads(text)
        version, name, accounts = given["schema_version"], given["policy"], dict(given["accounts"])
    except (ValueError, TypeError, KeyError) as e:
        raise InputError("The file of states cannot be read.", hint="Remove it to start anew.") from e
    if version != _SCHEMA or name != policy:
        raise InputError(
            f"The states are of the policy {name} (version {version}), not of {policy}.",
            hint="Keep a file for each policy.",
        )
    return {str(label): PolicyState.from_dict(state) for label, state in accounts.items()}
