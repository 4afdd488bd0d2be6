"""The wish to move an account to its target over several dates, under budgets.

Problem: a concentrated or inherited portfolio holds gains that no one wants to realise in one year.
Decision: the dates on which trading may go on, the gain or tax that each tax year (or each date) may
bear, and the tracking error that each date may leave are given; what is traded when is found.
Limits: today's prices stand for all later ones (or grow at one rate that all names and cash share);
the target and the taxpayer's rates stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.wish_checks import check_fraction, check_whole
from di_advisor.errors import InputError

__all__ = ["TransitionWish", "years_between"]

_QUARTER_ENDS = ((3, 31), (6, 30), (9, 30), (12, 31))
_WASH_DAYS = 30
_MOST_STAGES = 40
_LARGEST_RETURN = 0.5

Budget = Exact | Mapping[int, Exact] | None
"""An amount for every tax year, or amounts by tax year (years left out are free)."""


def _anniversary(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1)


def years_between(start: date, end: date) -> float:
    """Years from one day to a later one: whole anniversaries, and the part of the year that is left.

    A year from any day to its anniversary is exactly 1, leap years included.
    """
    whole = end.year - start.year
    if _anniversary(start, whole) > end:
        whole -= 1
    since, until = _anniversary(start, whole), _anniversary(start, whole + 1)
    return whole + (end - since).days / (until - since).days


@dataclass(frozen=True)
class TransitionWish:
    """When trading may go on, and what it may cost.

    Attributes
    ----------
    later : tuple of date
        Stages after today, ascending. Today, the market's date, is always the first stage.
    gain_budget_usd : Decimal, Mapping of int to Decimal, or None
        Largest net gain (short and long, losses counted against it) that this plan may realise in each
        tax year: one amount for every year, or amounts by year. It holds after every stage of the year,
        so that no gain of today leans on a loss that is only meant for later.
    stage_gain_budget_usd : Decimal or None
        The same for each stage by itself.
    tax_budget_usd : Decimal, Mapping of int to Decimal, or None
        Largest tax on this plan's gains in each tax year, after every stage of it: at the marginal rates, or by a
        return what the plan changes the year's tax by, against never trading, what is carried into it included.
    tracking_error_max : tuple of (float or None), or None
        Hard cap after each stage, today's first; None leaves a stage to the price of risk. The
        mandate's own cap holds after the last stage in any case.
    horizon : date or None
        Until when active risk is charged; a year after the last stage when left out.
    expected_return_per_year : float
        Growth that all names and cash share; 0 leaves prices where they are. No name is expected to
        do better than another.

    Raises
    ------
    InputError
        If dates are not ascending, a budget is not an amount, or a cap or return is out of range.
    """

    later: tuple[date, ...] = ()
    gain_budget_usd: Budget = None
    stage_gain_budget_usd: Exact | None = None
    tax_budget_usd: Budget = None
    tracking_error_max: tuple[float | None, ...] | None = None
    horizon: date | None = None
    expected_return_per_year: float = field(default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "later", _dates(self.later))
        for name in ("gain_budget_usd", "tax_budget_usd"):
            object.__setattr__(self, name, _budget(getattr(self, name), name))
        if self.stage_gain_budget_usd is not None:
            name = "stage_gain_budget_usd"
            object.__setattr__(self, name, exact(self.stage_gain_budget_usd, name))
        check_fraction(self.expected_return_per_year, "expected_return_per_year", low=0, high=_LARGEST_RETURN)
        if self.tracking_error_max is not None:
            self._check_path()
        if self.horizon is not None and self.later and self.horizon <= self.later[-1]:
            raise InputError(
                f"The horizon {self.horizon} is not after the last stage, {self.later[-1]}.",
                hint="Active risk after the last stage has to be charged for some time; leave it out for a year.",
            )

    def _check_path(self) -> None:
        path: object = self.tracking_error_max
        if isinstance(path, str | float | int) or not isinstance(path, Sequence):
            raise InputError(
                f"tracking_error_max is {path!r}.",
                hint=f"Give {len(self.later) + 1} caps, one for each stage, today's first; None where there is none.",
            )
        if len(path) != len(self.later) + 1:
            raise InputError(
                f"tracking_error_max has {len(path)} caps for {len(self.later) + 1} stages.",
                hint="One for each stage, today's first; None where there is none.",
            )
        for cap in path:
            what = "A cap is a fraction per year: 0.01 for 100 bps."
            check_fraction(cap, "tracking_error_max", low=0, high=0.999, open_low=True, what=what)
        object.__setattr__(self, "tracking_error_max", tuple(path))

    @classmethod
    def quarterly(cls, as_of: date, quarters: int, **wishes: Any) -> TransitionWish:
        """Today and the quarter ends after it, ``quarters`` stages in all, each more than 30 days after today.

        Parameters
        ----------
        as_of : date
            Today, the market's date.
        quarters : int
            Number of stages, today's included.
        **wishes
            Further fields, such as ``gain_budget_usd="50000"``.
        """
        check_whole(quarters, "quarters", low=1, high=_MOST_STAGES)
        first = as_of + timedelta(days=_WASH_DAYS)
        ends = [date(as_of.year + y, m, d) for y in range(quarters // len(_QUARTER_ENDS) + 3) for m, d in _QUARTER_ENDS]
        return cls(tuple(e for e in ends if e > first)[: quarters - 1], **wishes)

    def dates(self, as_of: date) -> tuple[date, ...]:
        """All stages, today's first.

        Raises
        ------
        InputError
            If a stage is not after today, or the horizon is not after all stages.
        """
        if self.later and self.later[0] <= as_of:
            raise InputError(
                f"The stage {self.later[0]} is not after today, {as_of}.",
                hint="Today is a stage by itself; list later dates only.",
            )
        if self.horizon is not None and self.horizon <= as_of:
            raise InputError(f"The horizon {self.horizon} is not after today, {as_of}.", hint="Give a later day.")
        return (as_of, *self.later)

    def ends(self, as_of: date) -> date:
        """Until when active risk is charged."""
        return self.horizon if self.horizon is not None else _anniversary(self.dates(as_of)[-1], 1)

    def budget_of(self, kind: str, year: int) -> Exact | None:
        """Budget of a tax year; ``kind`` is ``gain`` or ``tax``."""
        value: Budget = getattr(self, f"{kind}_budget_usd")
        return value.get(year) if isinstance(value, Mapping) else value


def _dates(value: Sequence[date]) -> tuple[date, ...]:
    given = tuple(value)
    wrong = [d for d in given if type(d) is not date]
    if wrong:
        raise InputError(f"The stage {wrong[0]!r} is not a date.", hint="Use datetime.date, without a time.")
    if any(b <= a for a, b in pairwise(given)):
        raise InputError("The stages are not in ascending order.", hint="List each later date once, earliest first.")
    if len(given) >= _MOST_STAGES:
        raise InputError(f"{len(given)} stages after today are too many.", hint=f"At most {_MOST_STAGES - 1}.")
    return given


def _budget(value: Any, name: str) -> Budget:  # noqa: ANN401 - anything may come in, and that is what is checked
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return exact(value, name)
    years = {}
    for year, amount in value.items():
        if isinstance(year, bool) or not isinstance(year, int):
            raise InputError(f"{name} has the key {year!r}.", hint="Keys are tax years, such as 2026.")
        years[year] = exact(amount, name)
    return FrozenMap(years)
