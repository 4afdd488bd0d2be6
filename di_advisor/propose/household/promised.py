"""Lots of which more is sold, given and moved than there is.

Problem: a proposal sells lots, and lots to give and to move are asked for beside it; nothing decides on all three, so
that one lot can be named more than once. Decision: told, with figures, and left to the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.portfolio import Side
from di_advisor.propose.household.moves import Donation, ToldMove
from di_advisor.propose.household.proposal import HouseholdProposal

__all__ = ["promised_twice"]

_SOLD, _GIVEN, _MOVED = "sold by the proposal", "given to charity", "moved"


def promised_twice(
    found: HouseholdProposal, given: Sequence[Donation] = (), moves: Sequence[ToldMove] = ()
) -> tuple[str, ...]:
    """A sentence for every lot of which more is named than it holds; not escaped.

    Parameters
    ----------
    found : HouseholdProposal
        What is sold.
    given : sequence of Donation
        Lots to give to charity.
    moves : sequence of ToldMove
        Lots that move in kind.
    """
    named: dict[tuple[str, str], dict[str, Fraction]] = {}

    def add(account_id: str, lot_id: str, what: str, shares: Fraction) -> None:
        of = named.setdefault((account_id, lot_id), {})
        of[what] = of.get(what, Fraction(0)) + shares

    for donation in given:
        add(donation.account_id, donation.lot_id, _GIVEN, as_fraction(donation.shares))
    for move in moves:
        add(move.from_account_id, move.lot_id, _MOVED, as_fraction(move.shares))
    for account_id, proposal in found.proposals.items():
        for trade in proposal.trade_list:
            if trade.side is Side.SELL and (account_id, trade.lot_id) in named:
                add(account_id, trade.lot_id, _SOLD, as_fraction(trade.shares))
    held = {
        (a.account_id, lot.lot_id): as_fraction(lot.shares) for a in found.household.accounts for lot in a.account.lots
    }
    return tuple(
        f"Lot {lot_id} of {account_id} holds {_shown(held[account_id, lot_id])} shares, and more is named: "
        f"{', '.join(f'{_shown(of[w])} {w}' for w in (_SOLD, _GIVEN, _MOVED) if w in of)}. Decide which of them to do."
        for (account_id, lot_id), of in named.items()
        if sum(of.values()) > held[account_id, lot_id]
    )


def _shown(shares: Fraction) -> str:
    return f"{float(shares):,.4f}".rstrip("0").rstrip(".")
