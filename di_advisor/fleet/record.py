"""A proposal as a fleet keeps it: the orders with their lots, dollars by term, the certificate, and what to look at.

Problem: a million workspaces do not fit anywhere, and a desk needs the orders, the totals and the exceptions.
Decision: one small frozen value an account, as plain JSON with exact amounts as texts; words are made again when
somebody asks (`Desk.workspace`), from the same facts. Limits: nothing that depends on the clock or the machine is in
it, so that runs can be compared byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.portfolio import Side
from di_advisor.execution.jobs import Failure
from di_advisor.propose.proposal import Certificate

__all__ = ["FleetRecord", "RecordedOrder", "SetAside", "certificate_of_row", "failure_row", "is_set_aside", "read_row"]

_BUY, _SELL = Side.BUY.value, Side.SELL.value
_PROPOSED, _SET_ASIDE = "proposed", "set aside"


class RecordedOrder(NamedTuple):
    """Buy of a name, or sale from one lot.

    Attributes
    ----------
    security_id : str
        What.
    side : Side
        Buy or sell.
    shares, price_usd : Decimal
        How many, at which price it was reckoned.
    lot_id : str
        The lot sold; empty for a buy.
    gain_usd : Decimal or None
        Of a taxed sale, negative for a loss.
    long_term : bool or None
        Its term.
    """

    security_id: str
    side: Side
    shares: Decimal
    price_usd: Decimal
    lot_id: str = ""
    gain_usd: Decimal | None = None
    long_term: bool | None = None

    @property
    def value_usd(self) -> Decimal:
        """Shares times price, exact."""
        return self.shares * self.price_usd


@dataclass(frozen=True)
class FleetRecord:
    """What is proposed for one account.

    Attributes
    ----------
    label, as_of
        Whose, and the tax date.
    orders : tuple of RecordedOrder
        Sales first, in the order in which the settlement chose them.
    value_usd, cash_usd : Decimal
        Account value before, cash after.
    terms_usd : Mapping of str to Decimal
        Change of each objective term, in cents; positive hurts.
    certificate : Certificate
        Proved distance from the optimum.
    tracking_error_before, tracking_error_after : float
        A year, fractions.
    warnings : tuple of str
        What somebody should look at.
    prices : Mapping of str to float
        Prices of exposures by factor at the plan, at which the next night's solve may begin (`WarmAccounts`); empty
        where it would make no use of them.
    """

    label: str
    as_of: date
    orders: tuple[RecordedOrder, ...]
    value_usd: Decimal
    cash_usd: Decimal
    terms_usd: Mapping[str, Decimal]
    certificate: Certificate
    tracking_error_before: float
    tracking_error_after: float
    warnings: tuple[str, ...] = field(default=())
    prices: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms_usd", FrozenMap(dict(self.terms_usd)))
        object.__setattr__(self, "prices", FrozenMap(dict(self.prices)))

    @property
    def benefit_usd(self) -> Decimal:
        """What the plan is worth over doing nothing."""
        return -sum(self.terms_usd.values(), Decimal(0))

    @property
    def harvested_usd(self) -> Decimal:
        """Losses that it realises, a positive amount."""
        return -sum((o.gain_usd for o in self.orders if o.gain_usd is not None and o.gain_usd < 0), Decimal(0))

    @property
    def gains_usd(self) -> Decimal:
        """Gains that it realises."""
        return sum((o.gain_usd for o in self.orders if o.gain_usd is not None and o.gain_usd > 0), Decimal(0))

    def traded_usd(self, side: Side) -> Decimal:
        """Value of its orders on one side."""
        return sum((o.value_usd for o in self.orders if o.side is side), Decimal(0))

    def _sums_usd(self) -> list[Decimal]:
        """Benefit, losses and gains harvested, bought and sold: for lists, which then need not read the orders."""
        nothing = losses = gains = bought = sold = Decimal(0)
        for _, side, shares, price, _, gain, _ in self.orders:
            if side is Side.BUY:
                bought += shares * price
            else:
                sold += shares * price
            if gain is None:
                continue
            if gain < nothing:
                losses += gain
            elif gain > nothing:
                gains += gain
        return [self.benefit_usd, -losses, gains, bought, sold]

    def to_row(self) -> dict[str, Any]:
        """As plain values for JSON."""
        c = self.certificate
        orders = [
            [
                security_id,
                _BUY if side is Side.BUY else _SELL,
                str(shares),
                str(price),
                lot_id,
                None if gain is None else str(gain),
                term,
            ]
            for security_id, side, shares, price, lot_id, gain, term in self.orders
        ]
        return {
            "key": self.label,
            "status": _PROPOSED,
            "as_of": self.as_of.isoformat(),
            "orders": orders,
            "value_usd": str(self.value_usd),
            "cash_usd": str(self.cash_usd),
            "terms_usd": {k: str(v) for k, v in self.terms_usd.items()},
            "sums_usd": [str(usd) for usd in self._sums_usd()],
            "certificate": [getattr(c, name) for name in _CERTIFICATE],
            "tracking_error": [self.tracking_error_before, self.tracking_error_after],
            "warnings": list(self.warnings),
            "prices": dict(self.prices),
        }


_CERTIFICATE = tuple(Certificate.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An account without a proposal, and why.

    Attributes
    ----------
    label : str
        Whose.
    failure : Failure
        Name of the error's type, what is wrong, and what to do.
    """

    label: str
    failure: Failure


def failure_row(label: str, failure: Failure, account_digest: str) -> dict[str, Any]:
    """An account that was set aside, as plain values for JSON."""
    error = [failure.kind, failure.what, failure.hint]
    return {"key": label, "status": _SET_ASIDE, "error": error, "account_digest": account_digest}


def is_set_aside(row: Mapping[str, Any]) -> bool:
    """Whether a row is of an account that was set aside."""
    return bool(row["status"] == _SET_ASIDE)


def certificate_of_row(row: Mapping[str, Any]) -> Certificate:
    """The certificate in a row of `FleetRecord.to_row`."""
    return Certificate(*row["certificate"])


def read_row(row: Mapping[str, Any]) -> FleetRecord | SetAside:
    """The value of a row of `FleetRecord.to_row` or `failure_row`."""
    if row["status"] == _SET_ASIDE:
        return SetAside(row["key"], Failure(*row["error"]))
    before, after = row["tracking_error"]
    return FleetRecord(
        label=row["key"],
        as_of=date.fromisoformat(row["as_of"]),
        orders=tuple(
            RecordedOrder(
                security_id,
                Side(side),
                Decimal(shares),
                Decimal(price),
                lot_id,
                None if gain is None else Decimal(gain),
                long_term,
            )
            for security_id, side, shares, price, lot_id, gain, long_term in row["orders"]
        ),
        value_usd=Decimal(row["value_usd"]),
        cash_usd=Decimal(row["cash_usd"]),
        terms_usd={k: Decimal(v) for k, v in row["terms_usd"].items()},
        certificate=certificate_of_row(row),
        tracking_error_before=before,
        tracking_error_after=after,
        warnings=tuple(row["warnings"]),
        prices=row.get("prices", {}),
    )
