"""Many subjects at once: who was recognised, by what, and above all who was not.

Problem: a screen that asks "is its sector in the list of bad ones" keeps every name whose sector is not
known. Decision: resolving a whole table gives one answer for every subject that was asked for, the
unresolved among them with their reasons and their weight, and `require` refuses to go on while more is
missing than was agreed. Limits: the agreed share is the caller's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.rows import some_of
from di_advisor.domain.security_master import Resolution, SecurityMaster
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["Resolutions", "resolve_all"]


@dataclass(frozen=True)
class Resolutions:
    """Answers for every subject.

    Attributes
    ----------
    by_subject : Mapping of str to Resolution
        One for each that was asked for, in that order.
    on : date
        The day.
    weights : Mapping of str to float
        Weight of a subject, where weights are known; an absent one counts as 0.
    """

    by_subject: Mapping[str, Resolution]
    on: date
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_subject", FrozenMap(dict(self.by_subject)))
        object.__setattr__(self, "weights", FrozenMap(dict(self.weights)))

    @property
    def unresolved(self) -> Mapping[str, str]:
        """Subjects that mean none of our securities, with the reason (empty where simply nothing matched)."""
        return {key: r.note for key, r in self.by_subject.items() if not r.resolved}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many were recognised by what, ``unresolved`` and ``conflict`` among it."""
        return dict(Counter(r.by.value for r in self.by_subject.values()))

    @property
    def unresolved_weight(self) -> float:
        """Weight of what is unresolved."""
        return sum(self.weights.get(key, 0.0) for key in self.unresolved)

    @property
    def sentence(self) -> str:
        """How many of how many are unresolved, and the first of them."""
        missing = list(self.unresolved)
        of_weight = f" ({self.unresolved_weight:.4f} of weight)" if self.weights else ""
        told = f": {some_of(missing)}" if missing else ""
        return f"On {self.on}, {len(missing)} of {len(self.by_subject)} names are unresolved{of_weight}{told}."

    def require(self, *, unresolved_max: float = 0.0) -> Resolutions:
        """The same, where no more is unresolved than agreed.

        Parameters
        ----------
        unresolved_max : float
            Share of the names that may be unresolved, a fraction.

        Raises
        ------
        IncompleteDataError
            If more is.
        """
        missing = self.unresolved
        if len(missing) > unresolved_max * len(self.by_subject):
            raise IncompleteDataError(
                self.sentence,
                hint="Decide them in the file of overrides, or agree to a share of unknown names.",
                unresolved=tuple(missing),
            )
        return self


def resolve_all(
    master: SecurityMaster,
    subjects: Mapping[str, Sequence[Identifier]],
    *,
    on: date,
    weights: Mapping[str, float] | None = None,
) -> Resolutions:
    """Resolve every subject; an ambiguous one is unresolved, with what it could be as its reason.

    Parameters
    ----------
    master : SecurityMaster
        Our securities.
    subjects : Mapping of str to sequence of Identifier
        What is known of each subject, under the caller's own key.
    on : date
        The day.
    weights : Mapping of str to float, optional
        Weights by key, for the report.
    """
    return Resolutions({key: _resolved(master, known, on) for key, known in subjects.items()}, on, weights or {})


def _resolved(master: SecurityMaster, known: Sequence[Identifier], on: date) -> Resolution:
    try:
        return master.resolve(*known, on=on)
    except InputError as e:
        return Resolution(tuple(known), note=e.what)
