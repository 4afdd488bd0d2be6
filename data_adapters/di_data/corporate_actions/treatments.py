"""Tax treatments that the caller states, each with its source.

Problem: files of corporate actions say what holders received, never how it is taxed, and the shape
of a deal does not tell. Decision: the caller brings a table of treatments by security and day, and
may state one for all others on purpose; where neither is there, the row is an error. Only where the
law leaves no choice (a split, all shares for cash) nothing needs to be stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError

__all__ = ["Stated", "Treatments"]


@dataclass(frozen=True, slots=True)
class Stated:
    """A treatment and where it is known from (Form 8937, the issuer's letter)."""

    treatment: TaxTreatment
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "treatment", TaxTreatment(self.treatment))
        if not self.source.strip():
            raise InputError(
                f"The treatment {self.treatment.value} is stated without a source.",
                hint="Name Form 8937, the issuer's letter, or who decided it.",
            )


@dataclass(frozen=True)
class Treatments:
    """Treatments of the actions of a file.

    Attributes
    ----------
    by_action : Mapping of (str, date) to Stated
        By security id and day.
    otherwise : Stated or None
        For all others, on purpose; None makes them errors.
    """

    by_action: Mapping[tuple[str, date], Stated] = field(default_factory=dict)
    otherwise: Stated | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_action", FrozenMap(self.by_action))

    def of(self, security_id: str, on: date) -> Stated:
        """The treatment of one action.

        Raises
        ------
        InputError
            If none is stated.
        """
        stated = self.by_action.get((security_id, on), self.otherwise)
        if stated is None:
            raise InputError(
                f"the tax treatment of what {security_id} did on {on} is not stated.",
                hint="State it with its source (Form 8937, the issuer's letter); it is never inferred.",
                field="tax_treatment",
            )
        return stated
