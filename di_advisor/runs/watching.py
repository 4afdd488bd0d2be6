"""When an account is to be looked at: a policy by its name, and what was set otherwise in it.

Decision: only what differs from the policy that ships is kept, by the trigger's name, so that a saved run reads as a
person set it. Limits: it changes no proposal; policies of one's own making are not named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.policy.policies import POLICIES, Policy, policy_named
from di_advisor.policy.thresholds import dials_of, with_thresholds

__all__ = ["LEARNED", "Watching", "as_sent", "policy_sent"]

LEARNED: Final = "ml"
"""The policy that holds a trained model."""


@dataclass(frozen=True)
class Watching:
    """A policy and its thresholds.

    Attributes
    ----------
    policy : str
        Its name, one of `di_advisor.policy.policies.POLICIES`.
    thresholds : Mapping of str to float
        By trigger, those that were set otherwise, in the trigger's own unit.
    at_most_every_days : int or None
        How often it may call; None for the policy's own.

    Raises
    ------
    InputError
        If there is no such policy or trigger, or a threshold is negative.
    """

    policy: str = POLICIES[0]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    at_most_every_days: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "thresholds", FrozenMap({k: float(v) for k, v in self.thresholds.items()}))
        self.as_policy()

    def as_policy(self) -> Policy:
        """The policy that it says."""
        found = policy_named(self.policy)
        if self.thresholds:
            found = with_thresholds(found, self.thresholds)
        if self.at_most_every_days is None:
            return found
        return replace(found, at_most_every_days=self.at_most_every_days)

    @classmethod
    def of(cls, name: str, policy: Policy) -> Watching:
        """What a policy of a name sets otherwise than the one that ships."""
        shipped = policy_named(name)
        usual = {d.trigger: d.value for d in dials_of(shipped)}
        apart = {d.trigger: d.value for d in dials_of(policy) if d.value != usual[d.trigger]}
        same = policy.at_most_every_days == shipped.at_most_every_days
        return cls(name, apart, None if same else policy.at_most_every_days)


def as_sent(policy: Policy) -> Policy | Watching:
    """What of a policy goes to another process: itself, or its name and thresholds where it holds a model."""
    return Watching.of(policy.name, policy) if policy.name == LEARNED else policy


def policy_sent(given: Policy | Watching) -> Policy:
    """The policy of `as_sent`.

    Raises
    ------
    PluginError, StoreError
        If its model is not installed, or not what was written.
    """
    return given.as_policy() if isinstance(given, Watching) else given
