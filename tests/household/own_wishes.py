"""Own terms and rules that tests name in files."""

from __future__ import annotations

from typing import Any


class LittleX:
    """Affine: at most 4,000 dollars of X are sold."""

    name = "little X"
    sentence = "At most $4,000 of X is sold."

    def constraints(self, symbols: Any) -> list[Any]:
        return [symbols.sold_usd[symbols.position("X")] <= 4_000]


class DearX:
    """Affine: two cents for each dollar of X held, and five dollars whatever is done."""

    name = "dislike of X"
    sentence = "Two cents for each dollar of X held, and five dollars anyway."

    def expression(self, symbols: Any) -> Any:
        return 0.02 * symbols.held_usd("X") + 5.0


class SteepX:
    """Convex: each further dollar of X sold costs more, 22 cents less 0.1 at 6,000."""

    name = "steep X"
    sentence = "Sales of X cost more and more."

    def expression(self, symbols: Any) -> Any:
        import cvxpy as cp

        return 0.219 / 12_000 * cp.square(symbols.sold_usd[symbols.position("X")])
