"""Causes of a difference in shares: which event, if it were missing on one side, would explain it.

Problem: a difference is work; a cause is an answer. Decision: each cause is a question to the
figures, asked in a fixed order, the first that fits exactly is named; a fit is evidence and no
proof, so the name stays blocked. Limits: splits up to 1 for 60 and ratios of small numbers; one
cause for each difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.words import shares_text
from di_advisor.ledger.realized import IncomeKind
from di_advisor.ledger.reconciliation.breaks import Cause
from di_advisor.ledger.reconciliation.custodian import CustodianLot, CustodianStatement
from di_advisor.ledger.settlement import standard_settlement

__all__ = ["PositionGap", "cause_of_gap"]

_LARGEST_SPLIT: Final = 60
_LARGEST_RATIO: Final = 12
_SETTLES_WITHIN: Final = timedelta(days=14)
_REINVESTED_WITHIN: Final = timedelta(days=10)
_ONE_CENT: Final = Fraction(1, 10) ** 2
_TOLERANCE: Final = Fraction(1, 10) ** 6


@dataclass(frozen=True)
class PositionGap:
    """A position that differs, with what surrounds it.

    Attributes
    ----------
    books : Books
        The books.
    statement : CustodianStatement
        The custodian.
    account_id, security_id : str
        Where, and what.
    ours, theirs : Fraction
        Shares of the books, and of the custodian.
    only_ours, only_theirs : Mapping of str to Fraction
        Names of the account that one side alone holds.
    """

    books: Books
    statement: CustodianStatement
    account_id: str
    security_id: str
    ours: Fraction
    theirs: Fraction
    only_ours: Mapping[str, Fraction]
    only_theirs: Mapping[str, Fraction]

    @property
    def gap(self) -> Fraction:
        """Custodian less books."""
        return self.theirs - self.ours

    def their_lots(self, security_id: str) -> list[CustodianLot]:
        """The custodian's lots of a name in this account."""
        here = (self.account_id, security_id)
        return [x for x in self.statement.lots if (x.account_id, x.security_id) == here]

    def our_basis(self, security_id: str) -> Fraction | None:
        """Basis of a name in the books; None if any of it is not known."""
        return _sum([b.lot.basis_total_usd for b in self.books.lots_of(self.account_id, security_id)])

    def their_basis(self, security_id: str) -> Fraction | None:
        """Basis of a name at the custodian; None if any of it is not known, or no lots are listed."""
        lots = self.their_lots(security_id)
        return _sum([x.basis_total_usd for x in lots]) if lots else None


def cause_of_gap(gap: PositionGap) -> tuple[Cause, str]:
    """Cause of a difference in shares, and a clause that says it.

    Parameters
    ----------
    gap : PositionGap
        The difference.
    """
    for ask in (_not_settled, _fraction_due, _name_changed, _received, _reinvested, _lots_of_one_side, _split):
        said = ask(gap)
        if said is not None:
            return said
    if not gap.theirs:
        return Cause.UNEXPLAINED, "the custodian does not hold it: a sale, transfer, merger or delisting may be missing"
    if not gap.ours:
        return Cause.UNEXPLAINED, "the books do not hold it: a purchase, transfer or spin-off may be missing"
    return Cause.UNEXPLAINED, "no single event that is known explains it"


def _sum(amounts: Sequence[Exact | None]) -> Fraction | None:
    known = [as_fraction(a) for a in amounts if a is not None]
    return sum(known, Fraction(0)) if len(known) == len(amounts) else None


def _near(a: Fraction, b: Fraction) -> bool:
    return abs(a - b) <= _TOLERANCE


def _not_settled(gap: PositionGap) -> tuple[Cause, str] | None:
    """Trades of the last days, where the custodian shows settled positions."""
    if not gap.statement.settled:
        return None
    day = gap.statement.as_of
    here = (gap.account_id, gap.security_id)

    def pending(on: date | None) -> bool:
        return on is not None and day - _SETTLES_WITHIN <= on <= day < standard_settlement(on)

    bought = sum(
        (as_fraction(b.lot.shares) for b in gap.books.lots_of(*here) if pending(b.bought_on)),
        Fraction(0),
    )
    sold = sum(
        (r.shares for r in gap.books.realized if (r.account_id, r.security_id) == here and pending(r.sold)),
        Fraction(0),
    )
    for shares, what in ((sold - bought, "trades"), (sold, "sales"), (-bought, "purchases")):
        if shares and _near(gap.gap, shares):
            return Cause.NOT_SETTLED, f"{what} of the last days explain it, which have not settled on {day}"
    return None


def _fraction_due(gap: PositionGap) -> tuple[Cause, str] | None:
    due = gap.books.pending_fractions.get((gap.account_id, gap.security_id), Fraction(0))
    part = gap.ours % 1
    if due and _near(abs(gap.gap), due):
        return Cause.FRACTION_DUE, f"{shares_text(due)} of a share awaits its cash: record the CashInLieu"
    if part and _near(gap.gap, -part) and gap.theirs:
        return Cause.FRACTION_DUE, "the custodian holds whole shares: a fraction may have been paid in cash"
    return None


def _name_changed(gap: PositionGap) -> tuple[Cause, str] | None:
    """A name of one side alone against a name of the other side alone: as many shares, or the same basis."""
    if gap.ours and gap.theirs:
        return None
    mine, others = gap.ours or gap.theirs, gap.only_theirs if gap.ours else gap.only_ours
    side = "the custodian" if gap.ours else "the books"
    equal = sorted(s for s, n in others.items() if _near(n, mine))
    if equal:
        return Cause.NAME_CHANGED, (
            f"{side} holds as many shares of {equal[0]} instead: a change of ticker or id, or a merger 1 for 1, may be "
            "missing"
        )
    basis = gap.our_basis(gap.security_id) if gap.ours else gap.their_basis(gap.security_id)
    for other, n in sorted(others.items()):
        its = gap.their_basis(other) if gap.ours else gap.our_basis(other)
        if basis is not None and its is not None and abs(basis - its) <= _ONE_CENT:
            return Cause.NAME_CHANGED, (
                f"{side} holds {shares_text(n)} shares of {other} on the same basis instead: a merger at "
                f"{shares_text(n / mine if gap.ours else mine / n)} for 1 may be missing"
            )
    return None


def _split(gap: PositionGap) -> tuple[Cause, str] | None:
    """A usual ratio of shares; where both bases are known, they must say that nothing was bought or sold."""
    if not gap.ours or not gap.theirs:
        return None
    ours, theirs = gap.our_basis(gap.security_id), gap.their_basis(gap.security_id)
    known = ours is not None and theirs is not None
    for new, old in _RATIOS:
        whole = gap.ours * new / old
        if _near(whole, gap.theirs) and (ours is None or theirs is None or abs(ours - theirs) <= _ONE_CENT):
            return Cause.SPLIT_MISSING, f"a split {new} for {old} explains it: record it with its source"
        if known and ours is not None and theirs is not None and int(whole) == gap.theirs:
            kept = ours * gap.theirs / whole
            if abs(kept - theirs) <= _ONE_CENT * max(1, len(gap.their_lots(gap.security_id))):
                return Cause.SPLIT_MISSING, (
                    f"a split {new} for {old} explains it, the fraction paid in cash: record both with their source"
                )
    return None


def _usual_ratios() -> tuple[tuple[int, int], ...]:
    """Ratios of splits: n for 1, 1 for n, then those of stock dividends and the like."""
    whole = [(n, 1) for n in range(2, _LARGEST_SPLIT + 1)]
    small = [(3, 2), (5, 4), (4, 3), (5, 2), (5, 3), (6, 5), (11, 10), (21, 20)]
    return (*whole, *((b, a) for a, b in whole), *small, *((b, a) for a, b in small))


_RATIOS: Final = _usual_ratios()


def _reinvested(gap: PositionGap) -> tuple[Cause, str] | None:
    """A dividend of the books that bought shares at the custodian."""
    here = (gap.account_id, gap.security_id)
    if gap.gap <= 0:
        return None
    lots = [x for x in gap.their_lots(gap.security_id) if _near(as_fraction(x.shares), gap.gap)]
    for income in gap.books.income:
        if (income.account_id, income.security_id) != here or income.kind is not IncomeKind.DIVIDEND:
            continue
        for lot in lots:
            near = lot.acquired is not None and abs(lot.acquired - income.on) <= _REINVESTED_WITHIN
            paid = None if lot.basis_total_usd is None else abs(as_fraction(lot.basis_total_usd) - income.amount_usd)
            if near and paid is not None and paid <= _ONE_CENT:
                return Cause.REINVESTED, (
                    f"the dividend of {float(income.amount_usd):,.2f} USD on {income.on} bought them: record the "
                    "Reinvestment (it can wash a loss)"
                )
    return None


def _lots_of_one_side(gap: PositionGap) -> tuple[Cause, str] | None:
    """Lots that one side has and the other lacks, all others being equal in date and shares."""
    theirs = gap.their_lots(gap.security_id)
    if not theirs:
        return None
    ours = [
        (b.lot.acquired, as_fraction(b.lot.shares), b.lot.lot_id)
        for b in gap.books.lots_of(gap.account_id, gap.security_id)
    ]
    for lot in list(theirs):
        same = next((o for o in ours if o[:2] == (lot.acquired, as_fraction(lot.shares))), None)
        if same is not None:
            ours.remove(same)
            theirs.remove(lot)
    if ours and not theirs:
        named = ", ".join(f"{lot_id} of {on or 'unknown date'} ({shares_text(n)})" for on, n, lot_id in ours)
        return Cause.LOT_MISSING, f"the custodian lacks lot {named}: a sale or transfer may be missing in the books"
    if theirs and not ours:
        named = ", ".join(f"of {x.acquired or 'unknown date'} ({shares_text(as_fraction(x.shares))})" for x in theirs)
        return Cause.LOT_EXTRA, f"the custodian has a lot {named}: a purchase or transfer may be missing in the books"
    return None


def _received(gap: PositionGap) -> tuple[Cause, str] | None:
    """A name that the custodian alone holds, in a small ratio to another that both hold, with dates of its lots."""
    if gap.ours:
        return None
    both = {
        s: n
        for (a, s), n in gap.statement.shares().items()
        if a == gap.account_id and s not in gap.only_theirs and s != gap.security_id
    }
    dates = {x.acquired for x in gap.their_lots(gap.security_id)}
    for parent, held in sorted(both.items()):
        if not dates <= {x.acquired for x in gap.their_lots(parent)}:
            continue  # dates tack: a spin-off's lots show those of their parent's
        for per in range(1, _LARGEST_RATIO + 1):
            if _near(gap.theirs * per, held) or int(held / per) == gap.theirs > 1:
                return Cause.SHARES_RECEIVED, (
                    f"that is 1 for {per} of {parent}: a spin-off from {parent} may be missing"
                )
    return None
