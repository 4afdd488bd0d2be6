"""What a source says that a company did to its shares: a cash dividend or a ratio of shares, with its days.

Problem: a provider lists what holders received and never how it is taxed, and two providers list the same
action. Decision: one record for one action, exact amounts, the ex-date as its day; it becomes an event of
the ledger only through `di_data.corporate_actions`, where treatments are stated by a person. Limits: cash
dividends and ratios in US dollars; spin-offs and mergers come from other files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.observations import Provenance
from di_advisor.errors import InputError

__all__ = ["DeclaredAction"]


@dataclass(frozen=True, slots=True)
class DeclaredAction:
    """One action of one security.

    Attributes
    ----------
    subject : Identifier
        The provider's own identifier.
    ex_date : date
        First day on which shares trade without it.
    provenance : Provenance
        Where it comes from.
    cash_usd : Decimal or None
        Cash for a share, as declared; None for a ratio.
    new_per_old : Fraction or None
        Shares afterwards for one before; None for cash. Whether it is a split is not said here: some
        sources list the price factors of spin-offs in the same place.
    declared_on, record_on, paid_on : date or None
        Where given.

    Raises
    ------
    InputError
        If it is not exactly one of the two, or not more than zero.
    """

    subject: Identifier
    ex_date: date
    provenance: Provenance
    cash_usd: Decimal | None = None
    new_per_old: Fraction | None = None
    declared_on: date | None = None
    record_on: date | None = None
    paid_on: date | None = None

    def __post_init__(self) -> None:
        where = f"{self.provenance.provider}, {self.subject} on {self.ex_date}"
        if (self.cash_usd is None) == (self.new_per_old is None):
            raise InputError(f"{where}: an action is cash or a ratio.", hint="Give exactly one; two make two actions.")
        amount = self.cash_usd if self.new_per_old is None else self.new_per_old
        if amount is None or not amount > 0:
            raise InputError(f"{where}: {amount} is not more than zero.", hint="Leave out what did not happen.")
