"""Calibration of a cost model as a picture: what was predicted out of sample against what was paid, by decile.

Drawn for white and black pages alike, as frontiers are, and the same figures stand in a table beside it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from di_advisor.report.markup import BEFORE, FOR

__all__ = ["calibration_png"]

_INCHES = (5.2, 3.4)
_DOTS = 110
_NINETY = 1.6449


def calibration_png(deciles: Sequence[Sequence[float]], title: str) -> bytes:
    """The picture as PNG.

    Parameters
    ----------
    deciles : sequence of (float, float, float)
        Mean predicted and realised cost and the standard error of the latter, bps.
    title : str
        What the orders were.

    Returns
    -------
    bytes
        Empty where there is no decile.
    """
    if not len(deciles):
        return b""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0.0)
    axes = figure.subplots()
    predicted, realised, error = np.array(deciles, dtype=np.float64).T
    top = float(max(predicted.max(), realised.max(), 1.0))
    axes.plot([0.0, top], [0.0, top], color=BEFORE, linewidth=1.0, linestyle="--", label="predicted = paid")
    axes.errorbar(predicted, realised, yerr=_NINETY * error, fmt="o", color=FOR, label="tenth of the orders, 90 %")
    axes.set_title(title, color=BEFORE, fontsize=10, loc="left")
    axes.set_xlabel("predicted cost, bps", color=BEFORE)
    axes.set_ylabel("paid, bps", color=BEFORE)
    axes.tick_params(colors=BEFORE, labelsize=8)
    axes.set_facecolor("none")
    axes.grid(color=BEFORE, alpha=0.25)
    axes.legend(frameon=False, labelcolor=BEFORE, fontsize=8)
    for spine in axes.spines.values():
        spine.set_color(BEFORE)
    out = io.BytesIO()
    figure.savefig(out, format="png", transparent=True, metadata={"Software": None})
    return out.getvalue()
