"""What looks wrong only when lots and prices are seen together.

Problem: a basis per share in the column of total bases makes a lot of 100 shares look like a gain
of 99 percent, and selling it looks expensive. Decision: say so and ask, never guess; a lot whose
total basis is about one share's price, though it holds many shares, is named. Limits: a lot bought
for less than a twentieth of today's price is named too, if its total happens to be about one price.
"""

from __future__ import annotations

from fractions import Fraction

from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.rows import some_of

__all__ = ["doubtful_bases"]

# A basis per share of less than this part of the price, while the total is within this factor of one price.
_LOW_PART = Fraction(1, 20)
_FACTOR = 5


def doubtful_bases(portfolio: Portfolio, market: Market) -> tuple[str, ...]:
    """Sentences on lots whose total basis looks like a basis per share; empty if there are none."""
    found: list[str] = []
    for lot in portfolio.lots:
        position = market.universe.positions.get(lot.security_id)
        price = None if position is None else market.price_usd[position]
        if price is None or not lot.basis_total_usd:
            continue
        total, per_share = Fraction(lot.basis_total_usd), lot.basis_of(Fraction(1))
        if per_share < _LOW_PART * Fraction(price) and Fraction(price) / _FACTOR < total < _FACTOR * Fraction(price):
            found.append(
                f"lot {lot.lot_id} of {lot.security_id}: {lot.shares} shares for {lot.basis_total_usd} USD in all, "
                f"{float(per_share):.2f} a share, at a price of {price}"
            )
    if not found:
        return ()
    sentence = (
        f"A basis looks as if it were per share, and is taken as the total that the column asks for: "
        f"{some_of(found)}. Check basis_total_usd."
    )
    return (sentence,)
