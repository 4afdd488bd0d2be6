"""A frontier or a surface as a picture, for white and for black pages alike.

Problem: a notebook's theme is not known where an output is stored. Decision: nothing is filled behind
the axes, lines and words have colours that stand out on both, and every line also has its own marker
and label; cells of a surface carry their figures. Drawn by matplotlib without its global state, and
without a date or a version inside, so that the same table gives the same picture. Limits: values
without a place on an axis stand side by side in the given order.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from di_advisor.propose.frontiers import Frontier, as_number
from di_advisor.report.markup import AGAINST, BEFORE, FOR
from di_advisor.report.wording import percent
from di_advisor.units import bps_from_fraction, percent_from_fraction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Axis", "axis_of", "frontier_png", "saved_usd"]

_INCHES = (9.0, 3.4)
_DOTS = 110
_IN_PERCENT = ("turnover_max", "cash_min", "cash_max", "participation_max")
_LINES = ((FOR, "o", "-"), (AGAINST, "s", "--"), (BEFORE, "^", ":"))
_LONGEST = 28
_BAR = 0.7
_BARS_HIGH = 8
"""Names that fit the usual height."""
_TURNED = 30.0
_MANY_USD = 20_000
"""From here on thousands are written."""


@dataclass(frozen=True)
class Axis:
    """Where the values of a dial stand, their names, the dial's name and unit, and whether they have an order.

    Values without an order, such as wishes by name, become bars: a line between two of them would mean nothing.
    """

    at: tuple[float, ...]
    labels: tuple[str, ...]
    name: str
    unit: str = ""
    ordered: bool = True

    @property
    def title(self) -> str:
        """Name with unit."""
        return f"{self.name}, {self.unit}" if self.unit else self.name

    def says(self, i: int) -> str:
        """A value in words."""
        if self.unit == "$":
            return f"{self.name} ${self.labels[i]}"
        return f"{self.name} {self.labels[i]} {self.unit}".rstrip()


def axis_of(dial: str, values: Sequence[Any]) -> Axis:
    """The axis of a dial: bps for tracking error, percent for shares of the account, dollars, else as given."""
    name = dial.removesuffix("_usd").replace("_max", " at most").replace("_min", " at least").replace("_", " ")
    numbers = [as_number(v) for v in values]
    if any(n is None for n in numbers):
        labels = tuple("none" if v is None else str(v)[:_LONGEST] for v in values)
        named = any(isinstance(v, str) and n is None for v, n in zip(values, numbers, strict=True))
        return Axis(tuple(float(i) for i in range(len(labels))), labels, name, ordered=not named)
    known = [n for n in numbers if n is not None]
    if dial == "tracking_error_max":
        known = [float(bps_from_fraction(n)) for n in known]
        return Axis(tuple(known), tuple(f"{n:g}" for n in known), name, "bps")
    if dial in _IN_PERCENT or "uplift" in dial:
        labels = tuple(f"{float(percent(n)):g}" for n in known)
        return Axis(tuple(float(percent_from_fraction(n)) for n in known), labels, name, "%")
    if dial.endswith("_usd"):
        return Axis(tuple(known), tuple(f"{n:,.10g}" for n in known), name, "$")
    return Axis(tuple(known), tuple(f"{n:g}" for n in known), name)


def saved_usd(frame: Frontier) -> dict[str, Any]:
    """What a frontier draws in dollars, larger is better: the benefit, and the tax saved."""
    series = {"benefit over doing nothing": frame["benefit_usd"]} if "benefit_usd" in frame else {}
    return series | ({"tax saved": -frame["tax_usd"]} if "tax_usd" in frame else {})


def frontier_png(frame: Frontier) -> bytes:
    """The picture of one or two dials as PNG; of more, or of no plan at all, nothing (empty)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if len(frame.dials) not in (1, 2) or not saved_usd(frame):
        return b""
    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0.0)
    if len(frame.dials) > 1:
        _cells(frame, figure)
    elif axis_of(frame.dials[0], frame[frame.dials[0]].tolist()).ordered:
        _line(frame, figure)
    else:
        _bars(frame, figure)
    out = io.BytesIO()
    figure.savefig(out, format="png", transparent=True, metadata={"Software": None})
    return out.getvalue()


def _plain(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, color=BEFORE, fontsize=10, loc="left")
    axes.set_xlabel(across, color=BEFORE)
    axes.set_ylabel(up, color=BEFORE)
    axes.tick_params(colors=BEFORE, labelsize=8)
    for spine in axes.spines.values():
        spine.set_color(BEFORE)


def _line(frame: Frontier, figure: Figure) -> None:
    dial = frame.dials[0]
    axis = axis_of(dial, frame[dial].tolist())
    order = np.argsort(axis.at, kind="stable")
    at, labels = np.array(axis.at)[order], [axis.labels[i] for i in order]
    left, right = figure.subplots(1, 2)
    for (name, values), (colour, marker, dash) in zip(saved_usd(frame).items(), _LINES, strict=False):
        drawn = values.to_numpy(dtype=float)[order]
        left.plot(at, drawn, color=colour, marker=marker, linestyle=dash, label=name)
    _plain(left, "Dollars, more is better", axis.title, "$")
    left.yaxis.set_major_formatter("{x:,.0f}")
    left.legend(frameon=False, labelcolor=BEFORE, fontsize=8)
    colour, marker, dash = _LINES[0]
    error = [float(bps_from_fraction(e)) for e in frame["tracking_error"].to_numpy(dtype=float).tolist()]
    right.plot(at, np.array(error)[order], color=colour, marker=marker, linestyle=dash)
    _plain(right, "Tracking error of the plan", axis.title, "bps a year")
    for axes in (left, right):
        axes.set_xticks(at, labels)
        axes.grid(color=BEFORE, alpha=0.25)


def _bars(frame: Frontier, figure: Figure) -> None:
    """Values by name, the first on top: dollars on the left, tracking error on the right, each with its figure."""
    axis = axis_of(frame.dials[0], frame[frame.dials[0]].tolist())
    figure.set_figheight(_INCHES[1] * max(1.0, len(frame) / _BARS_HIGH))
    left, right = figure.subplots(1, 2, sharey=True)
    drawn = {name: values for name, values in saved_usd(frame).items() if (values != 0).any()}
    series = drawn or saved_usd(frame)
    thick = _BAR / len(series)
    for k, ((name, values), (colour, _, _)) in enumerate(zip(series.items(), _LINES, strict=False)):
        at = np.array(axis.at) + (k - (len(series) - 1) / 2) * thick
        left.barh(at, values.to_numpy(dtype=float), height=thick, color=colour, label=name)
    _plain(left, "Dollars, more is better", "$", "")
    left.xaxis.set_major_formatter("{x:,.0f}")
    left.tick_params(axis="x", labelrotation=_TURNED)
    left.legend(frameon=False, labelcolor=BEFORE, fontsize=8)
    error = [float(bps_from_fraction(e)) for e in frame["tracking_error"].to_numpy(dtype=float).tolist()]
    right.barh(axis.at, error, height=_BAR, color=_LINES[0][0])
    for place, bps in zip(axis.at, error, strict=True):
        end, told = (bps, f"{bps:.0f}") if np.isfinite(bps) else (0.0, "no plan")
        right.annotate(told, (end, place), (3, 0), textcoords="offset points", va="center", color=BEFORE)
    _plain(right, "Tracking error of the plan", "bps a year", "")
    right.margins(x=0.12)
    left.set_yticks(axis.at, axis.labels)
    left.invert_yaxis()
    for axes in (left, right):
        axes.grid(color=BEFORE, alpha=0.25, axis="x")


def _cells(frame: Frontier, figure: Figure) -> None:
    across, up = frame.dials
    columns, rows = _distinct(frame[across].tolist()), _distinct(frame[up].tolist())
    x, y = axis_of(across, columns), axis_of(up, rows)
    panels = figure.subplots(1, len(saved_usd(frame)), squeeze=False)[0]
    for axes, (name, values) in zip(panels, saved_usd(frame).items(), strict=True):
        grid = np.full((len(rows), len(columns)), np.nan)
        for a, b, value in zip(frame[across].tolist(), frame[up].tolist(), values.tolist(), strict=True):
            grid[rows.index(b), columns.index(a)] = value
        axes.imshow(np.ma.masked_invalid(grid), cmap="cividis", aspect="auto", origin="lower")
        middle = (np.nanmin(grid) + np.nanmax(grid)) / 2 if np.isfinite(grid).any() else 0.0
        for (i, j), value in np.ndenumerate(grid):
            if np.isfinite(value):
                axes.text(j, i, _short(value), ha="center", va="center", color="white" if value <= middle else "black")
            else:
                axes.text(j, i, "no plan", ha="center", va="center", color=BEFORE)
        axes.set_xticks(range(len(columns)), x.labels)
        axes.set_yticks(range(len(rows)), y.labels)
        _plain(axes, f"{name[0].upper()}{name[1:]}, $", x.title, y.title)


def _short(amount_usd: float) -> str:
    return f"{amount_usd:,.0f}" if abs(amount_usd) < _MANY_USD else f"{amount_usd / 1000:,.1f}k"


def _distinct(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
