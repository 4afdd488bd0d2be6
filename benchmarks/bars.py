"""One measured figure beside its target, and a table of them.

Problem: a list of numbers does not say which way is good, or what they are compared to. Decision: a `Bar` carries
the verdict with the figure, and is made by the constructor that says which way is good. Limits: one figure per bar;
a distribution is summarised by whoever measures it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

__all__ = ["Bar", "table"]

Target = float | tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Bar:
    """A measured value and whether it reaches its target.

    Parameters
    ----------
    bar : str
        Name as ``area.name``, both in lower case.
    value : float
        What was measured, in `unit`. Not finite means that there is no figure; then the bar does not hold.
    target : float or tuple of two floats
        The bound, or the lowest and highest value allowed.
    unit : str
        ``"CPU s"``, ``"ratio"``, ``"USD"``, ...
    compared_to : str
        What the value is measured against, in words, for example ``"cvxpy + Clarabel in the same run"``.
    holds : bool
        Whether the target is reached.
    """

    bar: str
    value: float
    target: Target
    unit: str
    compared_to: str
    holds: bool

    @classmethod
    def at_most(cls, bar: str, value: float, target: float, *, unit: str, compared_to: str = "target") -> Bar:
        """Return a bar that holds when `value` is at most `target`."""
        return cls(bar, float(value), float(target), unit, compared_to, math.isfinite(value) and bool(value <= target))

    @classmethod
    def at_least(cls, bar: str, value: float, target: float, *, unit: str, compared_to: str = "target") -> Bar:
        """Return a bar that holds when `value` is at least `target`."""
        return cls(bar, float(value), float(target), unit, compared_to, math.isfinite(value) and bool(value >= target))

    @classmethod
    def within(cls, bar: str, value: float, low: float, high: float, *, unit: str, compared_to: str = "target") -> Bar:
        """Return a bar that holds when `value` lies in the closed interval from `low` to `high`."""
        return cls(bar, float(value), (float(low), float(high)), unit, compared_to, bool(low <= value <= high))

    def as_row(self) -> dict[str, object]:
        """Return the bar as a JSON object; a value that is not finite becomes null."""
        row = dataclasses.asdict(self)
        row["value"] = self.value if math.isfinite(self.value) else None
        row["target"] = list(self.target) if isinstance(self.target, tuple) else self.target
        return row

    @classmethod
    def from_row(cls, row: dict[str, object]) -> Bar:
        """Return the bar that `as_row` wrote."""
        value, target = row["value"], row["target"]
        return cls(
            bar=str(row["bar"]),
            value=float(value) if isinstance(value, int | float) else math.nan,
            target=_target(target),
            unit=str(row["unit"]),
            compared_to=str(row["compared_to"]),
            holds=bool(row["holds"]),
        )


def table(bars: Sequence[Bar]) -> str:
    """Return the bars as an aligned plain-text table, one line each, with the verdict first."""
    head = ("", "bar", "value", "target", "unit", "compared to")
    rows = [head] + [
        (
            "holds" if bar.holds else "FAILS",
            bar.bar,
            _figure(bar.value),
            _figure(bar.target) if isinstance(bar.target, float) else " .. ".join(map(_figure, bar.target)),
            bar.unit,
            bar.compared_to,
        )
        for bar in bars
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _figure(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"


def _target(value: object) -> Target:
    if isinstance(value, list | tuple):
        low, high = value
        return float(low), float(high)
    if isinstance(value, int | float):
        return float(value)
    message = f"a bar's target is a number or a pair of numbers, not {value!r}"
    raise TypeError(message)
