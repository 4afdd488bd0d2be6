"""Mandate: what the client wishes, in fractions and dollars, each wish with its own field.

The fields are complete; a formulation that cannot honour one that is set must refuse
(`UnsupportedWishError`), never ignore it. Nothing here is a solver's weight: risk has a price in
dollars (aversion x variance x account value), everything else is a limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.exclusions import Exclusion
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.group_bands import GroupBand
from di_advisor.domain.wish_checks import (
    all_of,
    check_cash,
    check_fraction,
    check_whole,
    choice_of,
    ids_of,
    stand_ins_of,
)
from di_advisor.errors import InputError

__all__ = ["Band", "EsgWish", "Mandate", "NameBand", "Rounding", "TradingMode", "WashPolicy"]


class WashPolicy(StrEnum):
    """How wash sales enter: banned outright, priced by what they defer, or not looked at (for comparisons only)."""

    BAN = "ban"
    PRICE = "price"
    IGNORE = "ignore"


class Rounding(StrEnum):
    """How order quantities are rounded."""

    WHOLE_SHARES = "whole_shares"
    FRACTIONAL = "fractional"
    ROUND_LOTS = "round_lots"


class TradingMode(StrEnum):
    """What the advisor may do."""

    REBALANCE = "rebalance"
    BUY_ONLY = "buy_only"
    SELL_ONLY = "sell_only"
    RAISE_CASH = "raise_cash"
    TAX_UNAWARE = "tax_unaware"
    LIQUIDATE = "liquidate"
    TRANSITION = "transition"


@dataclass(frozen=True, slots=True)
class Band:
    """Lowest and highest value of a weight or exposure, relative to the target.

    Attributes
    ----------
    lower, upper : float
        Active value, portfolio minus target; ``lower <= upper``.
    """

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if math.isnan(self.lower) or math.isnan(self.upper) or self.lower > self.upper:
            raise InputError(f"The band [{self.lower}, {self.upper}] is empty.", hint="Lower goes first.")

    @classmethod
    def within(cls, half_width: float) -> Band:
        """Symmetric band."""
        return cls(-half_width, half_width)


@dataclass(frozen=True, slots=True)
class NameBand:
    """Limits of one name's weight w against its target t; a limit already broken binds at today's weight.

    ``max(lower_multiple t, t - active_max) <= w <= min(max(min(upper_multiple t, t + active_max), floor), weight_max)``

    Attributes
    ----------
    lower_multiple, upper_multiple : float
        Multiples of the target weight.
    active_max : float
        Largest distance from the target weight.
    floor : float
        A weight that every target member may reach however small its target is.
    weight_max : float
        Largest weight of any name, whatever its target.
    """

    lower_multiple: float = 0.0
    upper_multiple: float = math.inf
    active_max: float = math.inf
    floor: float = 0.0
    weight_max: float = math.inf

    def __post_init__(self) -> None:
        ok = 0 <= self.lower_multiple <= 1 <= self.upper_multiple and self.active_max >= 0 and self.floor >= 0
        if not (ok and self.weight_max > 0):
            raise InputError(
                f"The name band {self} is empty around the target.",
                hint="lower_multiple is in [0, 1], upper_multiple at least 1, weight_max above 0, the rest at least 0.",
            )


def _frozen_map(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return FrozenMap(value)


@dataclass(frozen=True)
class Mandate:
    """All wishes for one account.

    Attributes
    ----------
    risk_aversion : float
        Price of active risk: objective USD = risk_aversion x variance per year x account value.
    tracking_error_max : float or None
        Hard cap on ex-ante tracking error per year, a fraction (0.01 is 100 bps).
    name_band : NameBand
        Limits for each name.
    sector_band, country_band, industry_band : Band or None
        Active limits for every group of the kind.
    factor_bands : Mapping of str to Band
        Active limits by factor of the risk model.
    cash_min, cash_max : float
        Cash after trading, fraction of the account.
    min_trade_usd, max_trade_usd : Decimal or None
        Size of a trade of one name: nothing, or at least / at most this; a position smaller than the least is sold
        whole or not at all.
    min_trade_weight : float
        The same minimum as a fraction of the account; the larger of the two holds.
    rounding : Rounding
        Whole shares (default), fractions of a share, or round lots.
    share_decimals : int
        Decimals of a share where fractions are allowed.
    do_not_buy, do_not_sell, do_not_hold : frozenset of str
        Security ids.
    min_holding_days : int
        Lots held for fewer days are not sold.
    wash_policy : WashPolicy
        Banned by default.
    wash_deferral_years, discount_rate_per_year : float
        Where wash sales are priced: after how many years a washed loss comes back, when the shares that
        replaced it are sold, and what a year of waiting costs. Both are assumptions, not forecasts. The
        defaults (5 years at 5 percent, so that waiting costs about a fifth of the loss's worth) are on
        the long side of how long a lot is kept and near what borrowing costs: rather too dear than too
        cheap. A loss replaced in a retirement account never comes back, whatever they are.
    replacements : Mapping of str to tuple of str
        Stand-ins by the id of a harvested security: names outside the target that may be bought when it
        is sold. Never substantially identical ones.
    replacement_width : float
        Stand-ins are bought up to this multiple of what was sold of the names they stand in for.
    mode : TradingMode
        Rebalance by default; the others are told by `di_advisor.formulate.modes`.
    turnover_max : float or None
        One-way turnover, (buys + sells) / 2, fraction of the account.
    gain_budget_usd, tax_budget_usd : Decimal or None
        Largest net realised gain, and tax, of this proposal.
    participation_max : float or None
        Largest share of a name's average daily volume in one trade.
    max_names, max_trades : int or None
        Most names held after trading, and most names traded.
    withdrawal_usd : Decimal
        Cash to be raised and left aside. What remains is the portfolio: its value is what target weights,
        limits, cash range and tracking error refer to.
    benefit_min_usd : Decimal
        Do not trade at all when the gain over doing nothing is smaller, unless doing nothing breaks a rule.
    cash_drag_per_year : float
        Expected return that cash gives up by not being invested, a fraction per year.
    esg : tuple of EsgWish
        Tilts and limits on ESG measures; at most one tilt a measure.
    exclusions : tuple of Exclusion
        Screens: names that leave, with the reason.
    group_bands : tuple of GroupBand
        Limits of single groups or names, absolute, active or in multiples of the target.
    factor_tilts : Mapping of str to float
        USD that a unit of active exposure to each factor is worth; negative for what is not wanted.
    """

    risk_aversion: float = 25.0
    tracking_error_max: float | None = None
    name_band: NameBand = NameBand()
    sector_band: Band | None = None
    country_band: Band | None = None
    industry_band: Band | None = None
    factor_bands: Mapping[str, Band] = field(default_factory=dict)
    cash_min: float = 0.0
    cash_max: float = 0.02
    min_trade_usd: Exact = Decimal(0)
    max_trade_usd: Exact | None = None
    min_trade_weight: float = 0.0
    rounding: Rounding = Rounding.WHOLE_SHARES
    share_decimals: int = 4
    do_not_buy: frozenset[str] = frozenset()
    do_not_sell: frozenset[str] = frozenset()
    do_not_hold: frozenset[str] = frozenset()
    min_holding_days: int = 0
    wash_policy: WashPolicy = WashPolicy.BAN
    wash_deferral_years: float = 5.0
    discount_rate_per_year: float = 0.05
    replacements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replacement_width: float = 1.0
    mode: TradingMode = TradingMode.REBALANCE
    turnover_max: float | None = None
    gain_budget_usd: Exact | None = None
    tax_budget_usd: Exact | None = None
    participation_max: float | None = None
    max_names: int | None = None
    max_trades: int | None = None
    withdrawal_usd: Exact = Decimal(0)
    benefit_min_usd: Exact = Decimal(0)
    cash_drag_per_year: float = 0.0
    esg: tuple[EsgWish, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    group_bands: tuple[GroupBand, ...] = ()
    factor_tilts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("do_not_buy", "do_not_sell", "do_not_hold"):
            object.__setattr__(self, name, ids_of(getattr(self, name), name))
        object.__setattr__(self, "wash_policy", choice_of(WashPolicy, self.wash_policy, "wash_policy"))
        object.__setattr__(self, "mode", choice_of(TradingMode, self.mode, "mode"))
        object.__setattr__(self, "rounding", choice_of(Rounding, self.rounding, "rounding"))
        for name in ("min_trade_usd", "max_trade_usd", "gain_budget_usd", "tax_budget_usd", "withdrawal_usd"):
            self._amount(name)
        self._amount("benefit_min_usd")
        self._bands()
        bps = "It is a fraction per year: 0.01 for 100 bps."
        check_fraction(self.risk_aversion, "risk_aversion", low=0, high=1e9)
        check_fraction(self.tracking_error_max, "tracking_error_max", low=0, high=0.999, open_low=True, what=bps)
        check_fraction(self.turnover_max, "turnover_max", low=0, high=1)
        check_fraction(self.participation_max, "participation_max", low=0, high=1, open_low=True)
        check_fraction(self.min_trade_weight, "min_trade_weight", low=0, high=0.999)
        check_fraction(self.cash_drag_per_year, "cash_drag_per_year", low=0, high=1)
        check_fraction(self.wash_deferral_years, "wash_deferral_years", low=0, high=60)
        check_fraction(self.discount_rate_per_year, "discount_rate_per_year", low=0, high=1)
        check_fraction(self.replacement_width, "replacement_width", low=0, high=10)
        object.__setattr__(self, "replacements", stand_ins_of(self.replacements))
        check_whole(self.share_decimals, "share_decimals", low=0, high=9)
        check_whole(self.min_holding_days, "min_holding_days", low=0, high=100_000)
        check_whole(self.max_names, "max_names", low=1, high=1_000_000)
        check_whole(self.max_trades, "max_trades", low=0, high=1_000_000)
        check_cash(self.cash_min, self.cash_max)
        if self.max_trade_usd is not None and self.max_trade_usd < self.min_trade_usd:
            raise InputError(
                f"max_trade_usd ({self.max_trade_usd}) is below min_trade_usd ({self.min_trade_usd}).",
                hint="No trade could keep both; drop one of them.",
            )

    def _amount(self, name: str) -> None:
        value = getattr(self, name)
        if value is None:
            return
        object.__setattr__(self, name, exact(value, name))
        if getattr(self, name) < 0 and name not in ("gain_budget_usd", "tax_budget_usd"):
            raise InputError(f"{name} is {value}.", hint="Use an amount of at least 0.", field=name)

    def _bands(self) -> None:
        for name, kind in (
            ("name_band", NameBand),
            ("sector_band", Band),
            ("country_band", Band),
            ("industry_band", Band),
        ):
            value = getattr(self, name)
            if not isinstance(value, kind) and (value is not None or name == "name_band"):
                raise InputError(
                    f"{name} is {value!r}.", hint=f"Pass a {kind.__name__}, such as Band.within(0.02).", field=name
                )
        for factor, band in dict[str, object](self.factor_bands).items():
            if not isinstance(band, Band):
                raise InputError(f"factor_bands[{factor!r}] is {band!r}.", hint="Pass Band.within(0.1).")
        object.__setattr__(self, "factor_bands", _frozen_map(self.factor_bands))
        for name, each in (("esg", EsgWish), ("exclusions", Exclusion), ("group_bands", GroupBand)):
            object.__setattr__(self, name, all_of(each, getattr(self, name), name))
        tilted = [w.measure for w in self.esg if w.usd_per_point]
        if len(set(tilted)) < len(tilted):
            raise InputError("Two wishes price the same ESG measure.", hint="Add their usd_per_point in one wish.")
        for factor, worth in self.factor_tilts.items():
            check_fraction(worth, f"factor_tilts[{factor!r}]", low=-1e12, high=1e12)
        object.__setattr__(self, "factor_tilts", _frozen_map(self.factor_tilts))

    def with_changes(self, **changes: Any) -> Mandate:
        """A copy with some wishes changed."""
        return replace(self, **changes)
