"""A replay as a picture: wealth against the twin, tracking error against its cap, losses by age of the account.

Drawn as `di_advisor.report.frontier_chart` draws: nothing filled behind the axes, colours that stand out on white and
on black, every line with its own dash and label, the same replay the same picture. Limits: at most a few hundred points
are drawn of a long replay; extremes between them may be missed, the table holds them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from di_advisor.backtest.record import Replayed
from di_advisor.policy.measures import ValueHistory
from di_advisor.report.markup import AGAINST, BEFORE, FOR
from di_advisor.units import bps_from_fraction, percent_from_fraction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["comparison_png", "replay_png"]

_INCHES = (10.5, 3.2)
_DOTS = 110
_POINTS = 400
_DASHES = ((FOR, "-"), (AGAINST, "--"), (BEFORE, ":"))
_MARKERS = "osv^Dx"


def replay_png(replayed: Replayed, twin: ValueHistory, harvested: Sequence[float], cap: float | None) -> bytes:
    """Three panels of one replay as PNG.

    Parameters
    ----------
    replayed : Replayed
        The replay.
    twin : ValueHistory
        Its ETF twin.
    harvested : sequence of float
        Losses by year of age, over what was put in.
    cap : float or None
        The mandate's cap on tracking error.
    """
    figure = _figure()
    left, middle, right = figure.subplots(1, 3)
    keep = _spread(len(replayed.days))
    days = [replayed.days[i].day for i in keep]
    (ours, solid), (theirs, dashed), _ = _DASHES
    left.plot(days, [twin.value_usd[i] for i in keep], color=theirs, linestyle=dashed, label="ETF twin")
    left.plot(days, [replayed.days[i].value_usd for i in keep], color=ours, linestyle=solid, label="account")
    _dressed(left, "Value", "$")
    left.yaxis.set_major_formatter("{x:,.0f}")
    left.legend(frameon=False, labelcolor=BEFORE, fontsize=8)
    error = [float(bps_from_fraction(replayed.days[i].tracking_error)) for i in keep]
    middle.plot(days, error, color=ours, label="ex ante")
    if cap is not None:
        middle.axhline(float(bps_from_fraction(cap)), color=theirs, linestyle=dashed, label="cap")
        middle.legend(frameon=False, labelcolor=BEFORE, fontsize=8)
    middle.set_ylim(bottom=0)
    _dressed(middle, "Tracking error", "bps a year")
    years = np.arange(1, len(harvested) + 1)
    drawn = right.bar(years, [float(percent_from_fraction(h)) for h in harvested], color=ours, width=0.6)
    right.bar_label(drawn, fmt="{:.1f}", color=BEFORE, fontsize=8)
    right.set_xticks(years)
    right.set_xlabel("year of the account", color=BEFORE)
    _dressed(right, "Losses realised", "% of what was put in")
    for axes in (left, middle):
        axes.tick_params(axis="x", labelrotation=30)
    return _png(figure)


def comparison_png(figures: Mapping[str, Mapping[str, Sequence[float]]], title: str, unit: str) -> bytes:
    """One dot a vintage and policy, and the mean as a line: ``figures[panel][policy]``, as PNG."""
    figure = _figure()
    panels = figure.subplots(1, len(figures), squeeze=False)[0]
    for axes, (panel, of) in zip(panels, figures.items(), strict=True):
        for k, (marker, values) in enumerate(zip(_MARKERS * len(of), of.values(), strict=False)):
            at = k + np.linspace(-0.15, 0.15, len(values)) if len(values) > 1 else np.array([k])
            axes.plot(at, values, linestyle="", marker=marker, color=BEFORE, markersize=4)
            mean = float(np.mean(values))
            axes.plot([k - 0.3, k + 0.3], [mean, mean], color=FOR, linewidth=2)
            axes.annotate(
                f"{mean:,.1f}", (k + 0.3, mean), (2, 0), textcoords="offset points", va="center", color=BEFORE
            )
        axes.set_xticks(range(len(of)), list(of), rotation=20)
        axes.margins(x=0.12)
        _dressed(axes, panel, unit)
    figure.suptitle(title, color=BEFORE, fontsize=10, x=0.01, ha="left")
    return _png(figure)


def _figure() -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0.0)
    return figure


def _dressed(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, color=BEFORE, fontsize=10, loc="left")
    axes.set_ylabel(unit, color=BEFORE)
    axes.tick_params(colors=BEFORE, labelsize=8)
    axes.grid(color=BEFORE, alpha=0.25)
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_color(BEFORE)


def _png(figure: Any) -> bytes:  # noqa: ANN401 matplotlib is not imported for a type
    out = io.BytesIO()
    figure.savefig(out, format="png", transparent=True, metadata={"Software": None})
    return out.getvalue()


def _spread(count: int) -> list[int]:
    """Positions spread over a series, its ends among them."""
    return sorted(set(np.linspace(0, count - 1, min(count, _POINTS)).round().astype(int).tolist()))
