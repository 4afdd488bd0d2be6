"""The learned value of rebalancing as the policy asks for it.

Limits: made for one wait and stated rates, which its provenance names; simulated labels unless trained on others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.domain.rebalance_state import RebalanceState, RebalanceWorth
from di_models.rebalance.learner import RebalanceLearner

__all__ = ["LearnedRebalanceValue"]


class LearnedRebalanceValue:
    """A `RebalanceValueModel` from a trained learner.

    Parameters
    ----------
    learner : RebalanceLearner
        Fitted.
    facts : Mapping
        Of its card: ``wait_sessions``, ``learned_on``, ``trained_on``.
    fingerprint : str
        Of the folder it was read from.
    """

    def __init__(self, learner: RebalanceLearner, facts: Mapping[str, Any], fingerprint: str = "") -> None:
        self._learner = learner
        self._fingerprint = fingerprint
        self._facts = facts

    @property
    def provenance(self) -> str:
        """On what it was trained, when, and whether its gate is open."""
        spoken = "" if self._learner.share > 0 else "; its trees did not help, so it says what the thresholds know"
        known = f" {self._fingerprint[:8]}" if self._fingerprint else ""
        return f"Learned rebalancing value{known} ({self._facts['learned_on']}, {self._facts['trained_on']}{spoken})"

    @property
    def wait_sessions(self) -> int:
        """What rebalancing today is compared with."""
        return int(self._facts["wait_sessions"])

    def rebalance_worth(self, state: RebalanceState) -> RebalanceWorth:
        """Value of acting today, its lower bound, and what the fixed thresholds say, fractions of the account."""
        row = state.row()[None, :]
        value = float(self._learner.predict(row)[0])
        return RebalanceWorth(
            value, value - self._learner.margin, float(self._learner.baseline(row)[0]), self.wait_sessions
        )
