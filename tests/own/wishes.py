"""Own terms and rules as a user would write them; some are wrong on purpose."""

from typing import Any

import cvxpy as cp
import numpy as np


class Crowding:
    """Convex quadratic in the weights."""

    name = "crowding"
    sentence = "A quarter of a dollar for each dollar, squared over the account, beyond two percent."

    def expression(self, symbols: Any) -> Any:
        return 0.25 * symbols.value_usd * cp.sum_squares(symbols.weights - 0.02)


class Kinked:
    """Piecewise linear, with a kink for each name."""

    name = "evenness"
    sentence = "Two cents for each dollar away from equal weights."

    def expression(self, symbols: Any) -> Any:
        return 0.02 * symbols.value_usd * cp.norm1(symbols.weights - 1 / len(symbols.universe))


class Taste:
    """Affine, with a part for lots and one for buys."""

    name = "taste"
    sentence = "Some names and lots are liked."

    def expression(self, symbols: Any) -> Any:
        score = np.linspace(-0.01, 0.01, len(symbols.universe))
        likes = score @ symbols.holdings_usd + 0.002 * cp.sum(symbols.buys_usd[:5])
        return likes - 0.001 * cp.sum(symbols.sells_usd[3:9]) + 0.05 * symbols.value_usd * symbols.exposure("style1")


class OpaqueTaste(Taste):
    """The same with next to nothing that is curved, so that it counts as opaque."""

    def expression(self, symbols: Any) -> Any:
        return super().expression(symbols) + 1e-9 * cp.sum_squares(symbols.active)


class FewBuys:
    """Affine, on one side of the trades."""

    name = "few buys"
    sentence = "At most 16 percent of the account is bought of the first half of the names, and 3 of the sector S1."

    def constraints(self, symbols: Any) -> list[Any]:
        half = len(symbols.universe) // 2
        return [
            cp.sum(symbols.buys[:half]) <= 0.16,
            symbols.members("sector", "S1") @ symbols.buys_usd <= 0.03 * symbols.value_usd,
        ]


class OpaqueFewBuys(FewBuys):
    """The same with a rule that always holds and is a cone."""

    def constraints(self, symbols: Any) -> list[Any]:
        return [*super().constraints(symbols), cp.norm(symbols.active, 2) <= 100.0]


class Disk:
    """A cone on the active weights."""

    name = "active share"
    sentence = "The active weights, squared and added, halve."

    def __init__(self, part: float = 0.5) -> None:
        self.part = part

    def constraints(self, symbols: Any) -> list[Any]:
        now = float(np.linalg.norm(symbols.weights_now - symbols.target))
        return [cp.norm(symbols.active, 2) <= self.part * now]


def term(expression: Any, name: str = "mine") -> Any:
    """An own term that does what a function of the symbols does."""
    body = {"name": name, "sentence": "It is mine.", "expression": lambda _, symbols: expression(symbols)}
    return type("Term", (), body)()


def rule(constraints: Any, name: str = "my rule") -> Any:
    """An own rule that does what a function of the symbols does."""
    body = {"name": name, "sentence": "It is my rule.", "constraints": lambda _, symbols: constraints(symbols)}
    return type("Rule", (), body)()


SHELF = Disk(0.7)
