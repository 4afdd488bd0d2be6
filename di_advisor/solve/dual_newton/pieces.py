"""The scalar problems of the names: each one's best trade at given prices.

Given the prices of exposures and rows, a name minimises ``q/2 u^2 + lean u + c(u)`` over its net trade
u, where c is the cheapest way to reach u with its open segments. A sale that is *not* made adds to u
like a buy does, so both sides are one list of pieces with ascending marginal cost, filled from
"everything sold" upwards; where a price makes buying and selling at once pay (a loss that is bought
back), the list simply interleaves the sides. With ascending slopes the minimiser has a closed form:
the largest over pieces of min(candidate, right end), cut off at the name's limits. Row prices can
change the order of the pieces, which is then sorted anew for the names concerned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.dual_newton.filling import Links, ends_of, links_of, sorted_by_name

if TYPE_CHECKING:
    from di_advisor.solve.dual_newton.loops import Answer, Charge, Names

__all__ = [
    "Charges",
    "Interleaved",
    "Pieces",
    "Proximal",
    "Response",
    "Stack",
]

IntArray = NDArray[np.int64]
_TINY = 1e-300
_FLATTEST = 1e-30


class Interleaved(Exception):  # noqa: N818 - not an error: another solver has the word
    """Buying and selling a name at once would pay, and a 3/2 power makes that no list of pieces."""


@dataclass(frozen=True)
class Stack:
    """Pieces in filling order, sorted by name.

    Attributes
    ----------
    piece : ndarray of int, shape (m,)
        Which piece stands at each place.
    key : ndarray of shape (m,)
        Marginal cost of one more unit of net trade, ascending within a name.
    start, end : ndarray of shape (m,)
        Net trade at which the piece begins and ends.
    pieces : Pieces
        Whose order it is.
    """

    piece: IntArray | None
    key: FloatArray
    start: FloatArray
    end: FloatArray
    pieces: Pieces

    @cached_property
    def links(self) -> Links | None:
        """Neighbours between which a row distinguishes; None where no row counts amounts."""
        pieces = self.pieces
        if self.piece is None or pieces.row_turns is None:
            return pieces.links
        return links_of(pieces.rows, pieces.row_turns[:, self.piece], pieces.owner)


@dataclass(frozen=True)
class Response:
    """What the names do at given prices.

    Attributes
    ----------
    value : float
        Sum of their minima, constants included.
    trade : ndarray of shape (t,)
        Net trade of each name that can trade.
    filled : ndarray of shape (m,)
        How far each piece is filled, in filling order; a sale is filled as far as it is not made.
    activity : ndarray of shape (k + r,)
        Exposures and row activities.
    stack : Stack
        The order the pieces were filled in.
    """

    value: float
    trade: FloatArray
    filled: FloatArray
    activity: FloatArray
    stack: Stack

    @cached_property
    def answer(self) -> Answer:
        """As compiled loops have it."""
        from di_advisor.solve.dual_newton.loops import Answer

        stack = self.stack
        piece = stack.pieces.in_order if stack.piece is None else stack.piece
        moved = stack.piece is not None
        given = self.value, self.trade, self.filled, self.activity
        return Answer(*given, piece, stack.key, stack.start, stack.end, moved)


@dataclass(frozen=True)
class Proximal:
    """A quadratic around a point, ``weight / 2 (u - centre)^2``, each of shape (t,)."""

    weight: FloatArray
    centre: FloatArray


@dataclass(frozen=True)
class Charges:
    """A name's cost of its net trade u and of its pieces: ``q/2 u^2 + lean u + cost x``, powers and a constant.

    Attributes
    ----------
    q, lean : ndarray of shape (t,)
        Of the net trade.
    cost : ndarray of shape (m,)
        Of the pieces.
    trading : float
        Scale of the powers.
    constant : float
        Of all names together.
    """

    q: FloatArray
    lean: FloatArray
    cost: FloatArray
    trading: float
    constant: float

    @property
    def laid(self) -> Charge:
        """As compiled loops have it."""
        from di_advisor.solve.dual_newton.loops import Charge

        return Charge(self.q, self.lean, self.cost, float(self.trading), self.constant)


@dataclass(frozen=True)
class Pieces:
    """Open segments of the names that can trade, and everything their scalar problems need.

    Attributes
    ----------
    segment : ndarray of int, shape (m,)
        Segment of the block behind each piece.
    owner : ndarray of int, shape (m,)
        Position among the traders.
    first : ndarray of int, shape (t,)
        First piece of each trader.
    sell : ndarray of bool, shape (m,)
        Sale or buy.
    sign, slope, width : ndarray of shape (m,)
        Effect on the net trade, cost per unit, largest amount.
    rows : ndarray of int, shape (c,)
        Places of the rows that count amounts, among exposures and rows.
    row_slopes : ndarray of shape (c, m) or None
        Coefficients of the coupling rows on the amounts; None where no row has any.
    traders : ndarray of int, shape (t,)
        Their names.
    matrix : ndarray of shape (t, k + r)
        Exposures and row coefficients on active weights.
    base : ndarray of shape (k + r,)
        Activities without any trade.
    active, specific, impact : ndarray of shape (t,)
        Active weight today, specific variance, quadratic cost.
    lower, upper : ndarray of shape (t,)
        Limits of the net trade.
    power : ndarray of shape (t, 2) or None
        Cost per 3/2 power of the amount sold, and bought.
    sold_out : ndarray of shape (t,)
        Net trade with every sale made.
    still : float
        Specific variance of the names that cannot trade.
    row_turns : ndarray of shape (c, m) or None
        The same per unit of net trade.
    start, end : ndarray of shape (m,)
        Net trades between which each piece is filled, in the order of slopes without prices.
    """

    segment: IntArray
    owner: IntArray
    first: IntArray
    sell: NDArray[np.bool_]
    sign: FloatArray
    slope: FloatArray
    width: FloatArray
    rows: IntArray
    row_slopes: FloatArray | None
    traders: IntArray
    matrix: FloatArray
    base: FloatArray
    active: FloatArray
    specific: FloatArray
    impact: FloatArray
    lower: FloatArray
    upper: FloatArray
    power: FloatArray | None
    sold_out: FloatArray
    still: float
    row_turns: FloatArray | None
    start: FloatArray
    end: FloatArray

    @cached_property
    def links(self) -> Links | None:
        """Neighbours, in the order of slopes without prices, that rows tell apart."""
        return None if self.row_turns is None else links_of(self.rows, self.row_turns, self.owner)

    def charges(self, risk: float, trading: float, proximal: Proximal | None = None) -> Charges:
        """What the names pay before exposures and rows have prices.

        Parameters
        ----------
        risk : float
            Price of variance.
        trading : float
            Scale of everything but risk.
        proximal : Proximal, optional
            A further quadratic.
        """
        own = risk * self.specific
        q = np.maximum(2.0 * (own + trading * self.impact), _FLATTEST)
        lean = 2.0 * own * self.active
        constant = float(own @ (self.active * self.active)) + risk * self.still
        if proximal is not None:
            q = q + proximal.weight
            lean = lean - proximal.weight * proximal.centre
            constant += 0.5 * float(proximal.weight @ (proximal.centre * proximal.centre))
        return Charges(q, lean, self.slope if trading == 1.0 else trading * self.slope, trading, constant)

    def respond(self, prices: FloatArray, charges: Charges, near: Stack | None = None) -> Response:
        """Best trades at given prices (k + r,) of exposures and rows.

        The order at prices nearby, where given, is kept while it holds: rarely does a step change it.
        """
        if compiled.is_compiled():
            return self._responded(prices, charges, near)
        q, cost, trading = charges.q, charges.cost, charges.trading
        lean = charges.lean + self.matrix @ prices
        if self.row_slopes is not None:
            cost = cost + prices[self.rows] @ self.row_slopes
        stack = self._stack(cost, near)
        candidate = self._candidates(lean, stack, q, trading)
        trade = np.maximum.reduceat(np.minimum(candidate, stack.end), self.first)
        trade = np.minimum(np.maximum(trade, self.lower), self.upper)
        filled = np.minimum(np.maximum(trade[self.owner] - stack.start, 0.0), stack.end - stack.start)
        amounts = self.amounts(filled, stack)
        activity = self.base + trade @ self.matrix
        if self.row_slopes is not None:
            activity[self.rows] += self.row_slopes @ amounts
        value = (
            float((0.5 * q * trade + lean) @ trade + cost @ amounts)
            + trading * self._power_cost(trade)
            + charges.constant
            + float(prices @ self.base)
        )
        return Response(value, trade, filled, activity, stack)

    def _responded(self, prices: FloatArray, charges: Charges, near: Stack | None) -> Response:
        """The same by compiled loops."""
        from di_advisor.solve.dual_newton.loops import respond

        order = self.in_order if near is None or near.piece is None else near.piece
        crossed, answer = respond(self.laid, charges.laid, prices, order)
        if crossed:
            raise Interleaved
        return self.response_of(answer)

    def response_of(self, answer: Answer) -> Response:
        """What compiled loops answered, in the terms of this module."""
        value, trade, filled, activity, piece, key, start, end, moved = answer
        return Response(value, trade, filled, activity, Stack(piece if moved else None, key, start, end, self))

    @cached_property
    def in_order(self) -> IntArray:
        """The pieces as they come, shape (m,)."""
        return np.arange(len(self.owner))

    @cached_property
    def laid(self) -> Names:
        """As compiled loops have it."""
        from di_advisor.solve.dual_newton.loops import Names

        slopes = np.zeros((0, len(self.owner))) if self.row_slopes is None else self.row_slopes
        power = np.zeros((0, 2)) if self.power is None else self.power
        names = (self.first, self.sell, self.width, self.rows, slopes, self.matrix, self.base)
        return Names(*names, self.lower, self.upper, power, self.sold_out, self.start, self.end)

    def values(self, prices: FloatArray, charges: Charges) -> tuple[FloatArray, FloatArray]:
        """Each name's minimum, relative to doing nothing, and its net trade; shape (t,)."""
        response = self.respond(prices, charges)
        trade = response.trade
        cost = charges.cost
        if self.row_slopes is not None:
            cost = cost + prices[self.rows] @ self.row_slopes
        paid = np.add.reduceat(cost * self.amounts(response.filled, response.stack), self.first)
        total = (0.5 * charges.q * trade + charges.lean + self.matrix @ prices) * trade + paid
        return np.asarray(total, dtype=np.float64), trade

    def amounts(self, filled: FloatArray, stack: Stack) -> FloatArray:
        """Amount of each piece, by how far it is filled."""
        if stack.piece is not None:
            restored = np.empty_like(filled)
            restored[stack.piece] = filled
            filled = restored
        return np.where(self.sell, self.width - filled, filled)

    def _candidates(self, lean: FloatArray, stack: Stack, q: FloatArray, trading: float) -> FloatArray:
        """Net trade at which each piece's marginal cost would be met, wherever the piece ends."""
        pull = lean[self.owner] + stack.key
        if self.power is None:
            return np.asarray(pull / (-q)[self.owner], dtype=np.float64)
        # the marginal cost of an amount a is q a + 3/2 power sqrt(a) - |pull|: a quadratic in sqrt(a)
        selling, q = self.sell, q[self.owner]
        half = 1.5 * trading * np.where(selling, self.power[self.owner, 0], self.power[self.owner, 1])
        wish = np.where(selling, pull, -pull)  # more than zero where trading pays at all
        # the root in the form that does not cancel when the power dominates
        root = 2.0 * np.maximum(wish, 0.0) / (half + np.sqrt(half * half + 4.0 * q * np.maximum(wish, 0.0)) + _TINY)
        amount = root * root
        return np.where(selling, np.where(wish > 0, -amount, np.inf), np.where(wish > 0, amount, -np.inf))

    def _power_cost(self, trade: FloatArray) -> float:
        """Cost of the 3/2 powers, sells and buys."""
        if self.power is None:
            return 0.0
        sold, bought = np.maximum(-trade, 0.0), np.maximum(trade, 0.0)
        return float(self.power[:, 0] @ (sold * np.sqrt(sold)) + self.power[:, 1] @ (bought * np.sqrt(bought)))

    def stiffness(self, trade: FloatArray, charges: Charges) -> FloatArray:
        """Second derivative of each name's cost inside a piece, shape (t,)."""
        if self.power is None:
            return charges.q
        side = np.where(trade < 0, self.power[:, 0], self.power[:, 1])
        return np.asarray(charges.q + 0.75 * charges.trading * side / np.sqrt(np.abs(trade) + _TINY), dtype=np.float64)

    def _stack(self, cost: FloatArray, near: Stack | None) -> Stack:
        """Pieces in filling order at given costs per unit."""
        key = self.sign * cost
        if (self.row_turns is None and self.power is None) or len(key) < 2:
            return Stack(None, key, self.start, self.end, self)
        same_name = self.owner[1:] == self.owner[:-1]
        if not ((key[1:] < key[:-1]) & same_name).any():
            return Stack(None, key, self.start, self.end, self)
        if near is not None and near.piece is not None:
            kept = key[near.piece]
            if not ((kept[1:] < kept[:-1]) & same_name).any():
                return Stack(near.piece, kept, near.start, near.end, self)
        piece = sorted_by_name(key, self.owner)
        if self.power is not None and (self.sell[piece] != self.sell).any():  # sales of a name stand before its buys
            raise Interleaved
        start, end = ends_of(self.width[piece], self.owner, self.first, self.sold_out)
        return Stack(piece, key[piece], start, end, self)
