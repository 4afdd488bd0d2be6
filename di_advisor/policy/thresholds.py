"""The one threshold of each trigger that a person sets, by name: for number boxes and files.

Limits: other settings of a trigger are set in code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.policy.policies import Policy

__all__ = ["Dial", "dials_of", "with_thresholds"]

_FIELDS: Final[Mapping[str, tuple[str, str]]] = FrozenMap(
    {
        "name drift": ("active_max", "weight"),
        "sector drift": ("active_max", "weight"),
        "factor drift": ("share_min", "of the band"),
        "ESG downgrade": ("deviations_min", "deviations"),
        "tracking error": ("limit_per_year", "per year"),
        "loss available": ("least_usd", "USD"),
        "turns long-term": ("least_usd", "USD"),
        "wash window ends": ("least_names", "names"),
        "cash": ("least_weight", "weight"),
        "dividend received": ("least_usd", "USD"),
        "reconstitution": ("least_turnover", "weight"),
        "corporate action": ("least_names", "names"),
        "new exclusion": ("least_weight", "weight"),
        "learned value": ("least_usd", "USD"),
    }
)


@dataclass(frozen=True, slots=True)
class Dial:
    """A trigger's threshold: its name, its value, and the value's unit."""

    trigger: str
    value: float
    unit: str


def dials_of(policy: Policy) -> tuple[Dial, ...]:
    """Thresholds of a policy that can be set, in its order."""
    return tuple(
        Dial(t.name, float(getattr(t, _FIELDS[t.name][0])), _FIELDS[t.name][1])
        for t in policy.triggers
        if t.name in _FIELDS and hasattr(t, _FIELDS[t.name][0])
    )


def with_thresholds(policy: Policy, values: Mapping[str, float]) -> Policy:
    """The policy with other thresholds, by the trigger's name.

    Raises
    ------
    InputError
        If the policy has no such trigger with a threshold to set, or a value is negative or not a number.
    """
    known = {d.trigger: d for d in dials_of(policy)}
    for name, value in values.items():
        if name not in known:
            raise InputError(
                f"{policy.name} has no threshold {name!r}.", hint=f"There are: {', '.join(known) or 'none'}."
            )
        if not value >= 0:
            raise InputError(f"The threshold of {name} is {value}.", hint="Give 0 or more.")
    changed: list[Any] = []
    for t in policy.triggers:
        if t.name not in values:
            changed.append(t)
            continue
        field, unit = _FIELDS[t.name]
        value = float(values[t.name])
        made: Any = t
        changed.append(replace(made, **{field: round(value) if unit == "names" else value}))
    return replace(policy, triggers=tuple(changed))
