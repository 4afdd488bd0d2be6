"""Blocks: the orders of many accounts in one name and side as one order, and its fills dealt out again.

Problem: a desk sends one order for all, and what comes back (fewer shares, several prices) must be dealt out so that
no account is favoured, to the share and to the cent. Decision: everybody gets the block's average price. Shares go pro
rata, rounded down to each order's own step; the odd shares that are left go to those who are owed most: what pro rata
gave an account and it did not get, today and on the days before. So over many days everybody comes to exact pro rata,
be its orders of one share or of thousands; turns alone would give a small order as many odd shares as a large one.
Among equals they go round: accounts stand on a ring, each at a place that the seed and its label give, and dealing goes
on after the account that was served last, day after day, whoever comes and goes in between. Limits: an account that
wants whole shares gets no part of one; what is owed is kept to a millionth of a share, one number for each account and
name that is owed or ahead; a partial fill changes an account's plan, so a proposal for what is left is the next day's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Final

from di_advisor.domain.amounts import as_fraction, cents_of_parts
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.portfolio import Side
from di_advisor.errors import ConservationError, InputError
from di_advisor.fleet.record import FleetRecord, RecordedOrder, SetAside

__all__ = ["Allocation", "Block", "BlockFill", "Rotation", "allocate", "blocks_of"]

_ONE: Final = Decimal(1)
_NOTHING: Final = Fraction(0)
_KEPT: Final = 1_000_000
"""Parts of a share in which is counted what is owed."""


@dataclass(frozen=True)
class Block:
    """One name and side over all accounts.

    Attributes
    ----------
    security_id, side
        What, and how.
    orders : Mapping of str to Decimal
        Shares by account; more than zero.
    price_usd : Decimal
        At which the orders were reckoned.
    """

    security_id: str
    side: Side
    orders: Mapping[str, Decimal]
    price_usd: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "orders", FrozenMap(dict(sorted(self.orders.items()))))
        wrong = [k for k, v in self.orders.items() if not (v.is_finite() and v > 0)]
        if wrong or not self.orders:
            raise InputError(
                f"The block in {self.security_id} has no shares for {', '.join(wrong[:5]) or 'anybody'}.",
                hint="Leave accounts without an order out.",
            )

    @property
    def shares(self) -> Decimal:
        """Of all accounts."""
        return sum(self.orders.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class BlockFill:
    """Shares of a block that were done at a price."""

    shares: Decimal
    price_usd: Decimal

    def __post_init__(self) -> None:
        if self.shares <= 0 or self.price_usd <= 0:
            raise InputError(f"A fill of {self.shares} at {self.price_usd}.", hint="Both are more than zero.")


@dataclass(frozen=True)
class Rotation:
    """Who is owed how much, and who was served last with an odd share, by name and side; kept from day to day.

    Attributes
    ----------
    seed : int
        Where on the ring each account stands.
    last : Mapping of str to str
        By "side security", the place on the ring that was served last.
    owed : Mapping of str to Mapping of str to int
        By "side security" and account, millionths of a share that it got less than pro rata so far; negative where
        it got more.
    """

    seed: int = 0
    last: Mapping[str, str] = field(default_factory=dict)
    owed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "last", FrozenMap(dict(self.last)))
        object.__setattr__(self, "owed", FrozenMap({k: FrozenMap(dict(v)) for k, v in self.owed.items()}))

    def place(self, label: str) -> str:
        """Where an account stands."""
        return hashlib.sha256(f"{self.seed}/{label}".encode()).hexdigest()[:16] + label

    def queue(self, key: str, labels: Iterable[str]) -> list[str]:
        """Accounts in the order in which they are served next, where they are owed alike."""
        since = self.last.get(key, "")
        placed = sorted((self.place(label) <= since, self.place(label), label) for label in labels)
        return [label for _, _, label in placed]

    def served(self, key: str, label: str | None, late: Mapping[str, Fraction]) -> Rotation:
        """After a day on which an account was served last, and each was left so many shares short of pro rata."""
        before = self.owed.get(key, {})
        now = {k: before.get(k, 0) + round(short * _KEPT) for k, short in late.items()}
        owed = {**self.owed, key: {k: v for k, v in {**before, **now}.items() if v}}
        last = self.last if label is None else {**self.last, key: self.place(label)}
        return Rotation(self.seed, last, {k: v for k, v in owed.items() if v})


@dataclass(frozen=True)
class Allocation:
    """A block's fills, dealt out.

    Attributes
    ----------
    block : Block
        What was ordered.
    shares : Mapping of str to Decimal
        By account, every account of the block named; their sum is what was filled.
    amount_usd : Mapping of str to Decimal
        By account, in cents: shares at the average price; their sum is what was paid, to the cent.
    price_usd : Fraction
        The average price of all fills, exact; the same for everybody.
    """

    block: Block
    shares: Mapping[str, Decimal]
    amount_usd: Mapping[str, Decimal]
    price_usd: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", FrozenMap(dict(self.shares)))
        object.__setattr__(self, "amount_usd", FrozenMap(dict(self.amount_usd)))

    def ratio(self, label: str) -> Fraction:
        """Filled over ordered, of an account."""
        return as_fraction(self.shares[label]) / as_fraction(self.block.orders[label])

    def by_lot(self, label: str, orders: Sequence[RecordedOrder]) -> list[tuple[str, Decimal]]:
        """Lots of an account's sale and how much of each is sold, in the order of its proposal.

        Parameters
        ----------
        label : str
            The account.
        orders : sequence of RecordedOrder
            All its orders.
        """
        left, found = self.shares[label], []
        for order in orders:
            if order.side is self.block.side and order.security_id == self.block.security_id and left > 0:
                part = min(left, order.shares)
                found.append((order.lot_id, part))
                left -= part
        return found


def blocks_of(records: Iterable[FleetRecord | SetAside]) -> tuple[Block, ...]:
    """The orders of records by name and side, in that order; accounts that were set aside have none."""
    orders: dict[tuple[str, Side], dict[str, Decimal]] = {}
    price: dict[tuple[str, Side], Decimal] = {}
    for record in records:
        for order in () if isinstance(record, SetAside) else record.orders:
            key = (order.security_id, order.side)
            mine = orders.setdefault(key, {})
            mine[record.label] = mine.get(record.label, Decimal(0)) + order.shares
            price[key] = order.price_usd
    return tuple(Block(name, side, orders[name, side], price[name, side]) for name, side in sorted(orders))


def allocate(block: Block, fills: Sequence[BlockFill], rotation: Rotation) -> tuple[Allocation, Rotation]:
    """Deal out what was filled of a block.

    Parameters
    ----------
    block : Block
        What was ordered.
    fills : sequence of BlockFill
        What came back; may be less than was ordered, or nothing.
    rotation : Rotation
        Who was served last.

    Returns
    -------
    Allocation, Rotation
        The shares, and who was served last now.

    Raises
    ------
    InputError
        If more was filled than ordered, or a part of a share that no account can take.
    """
    filled = sum((f.shares for f in fills), Decimal(0))
    if filled > block.shares:
        raise InputError(
            f"{filled} {block.security_id} were filled, and {block.shares} ordered.", hint="Correct the fills."
        )
    key = f"{block.side.value} {block.security_id}"
    queue = rotation.queue(key, block.orders)
    owed = {k: Fraction(v, _KEPT) for k, v in rotation.owed.get(key, {}).items()}
    shares, last = _dealt(block, filled, queue, owed)
    if sum(shares.values(), Decimal(0)) != filled:
        raise ConservationError(f"{filled} {block.security_id} were filled, others dealt out.", hint="Report it.")
    paid = sum((as_fraction(f.shares) * as_fraction(f.price_usd) for f in fills), Fraction(0))
    price = paid / as_fraction(filled) if filled else as_fraction(block.price_usd)
    amounts = cents_of_parts([as_fraction(q) * price for q in shares.values()], paid)
    ratio = as_fraction(filled) / as_fraction(block.shares)
    late = {k: ratio * as_fraction(order) - as_fraction(shares[k]) for k, order in block.orders.items()}
    found = Allocation(block, shares, dict(zip(shares, amounts, strict=True)), price)
    return found, rotation.served(key, last, late)


def _step(shares: Decimal) -> Decimal:
    """The finest part of a share that an order is written in, at most one."""
    exponent = shares.normalize().as_tuple().exponent
    return _ONE if not isinstance(exponent, int) or exponent >= 0 else Decimal(1).scaleb(exponent)


def _dealt(
    block: Block, filled: Decimal, queue: Sequence[str], owed: Mapping[str, Fraction]
) -> tuple[dict[str, Decimal], str | None]:
    """Shares by account and who got the last odd one: whole-share orders among themselves, and parts of shares."""
    by_kind = sorted(queue, key=lambda k: _step(block.orders[k]) < _ONE)  # stable: the ring's order stays
    groups = {part: list(labels) for part, labels in groupby(by_kind, key=lambda k: _step(block.orders[k]) < _ONE)}
    whole, parts = groups.get(False, []), groups.get(True, [])
    of_whole = sum((block.orders[k] for k in whole), Decimal(0))
    of_parts = block.shares - of_whole
    due = as_fraction(filled) * as_fraction(of_whole) / as_fraction(block.shares)
    odd = due - int(due)  # of a share, which those who want whole ones get or leave to the others
    up = odd > 0 and 2 * (odd + sum((owed.get(k, _NOTHING) for k in whole), _NOTHING)) >= 1
    for_whole = min(Decimal(int(due) + up), Decimal(int(filled)))
    for_whole = max(for_whole, (filled - of_parts).to_integral_value(rounding="ROUND_CEILING"))
    if for_whole > of_whole or for_whole > filled:
        raise InputError(
            f"{filled} {block.security_id} were filled, and no account takes a part of a share.",
            hint="Fills of whole shares can be dealt out.",
        )
    finest = min((_step(block.orders[k]) for k in parts), default=_ONE)
    if (filled - for_whole) % finest:
        raise InputError(
            f"{filled} {block.security_id} were filled, finer than any order is written.", hint="Correct the fills."
        )
    first, last = _pro_rata({k: block.orders[k] for k in whole}, for_whole, _ONE, owed)
    second, last_part = _pro_rata({k: block.orders[k] for k in parts}, filled - for_whole, finest, owed)
    dealt = {**first, **second}
    return {k: dealt[k] for k in block.orders}, last or last_part


def _pro_rata(
    orders: Mapping[str, Decimal], filled: Decimal, step: Decimal, owed: Mapping[str, Fraction]
) -> tuple[dict[str, Decimal], str | None]:
    """Shares in multiples of a step; the steps left over go to who is owed most of those that are due a part of one."""
    total = sum(orders.values(), Decimal(0))
    if not filled:
        return dict.fromkeys(orders, Decimal(0)), None
    exact = {
        k: as_fraction(filled) * as_fraction(v) / as_fraction(total) / as_fraction(step) for k, v in orders.items()
    }
    steps = {k: v.numerator // v.denominator for k, v in exact.items()}
    left = int(filled / step) - sum(steps.values())
    last = None
    short = {k: exact[k] - steps[k] + owed.get(k, _NOTHING) / as_fraction(step) for k in orders}
    in_line = sorted((k for k in orders if exact[k] != steps[k]), key=lambda k: -short[k])  # stable: the ring's order
    for label in in_line[:left]:
        steps[label] += 1
        last = label
    return {k: step * n for k, n in steps.items()}, last
