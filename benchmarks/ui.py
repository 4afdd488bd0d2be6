"""What showing a proposal costs: time and size of its HTML, and the way through the panel's pipe.

Problem: a result that shows itself is rendered each time a cell runs, and is stored in the notebook. Decision: a
real proposal of the sample, cut to 200 trades, rendered on one thread. Limits: the browser's own work is not measured.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from time import process_time

from benchmarks import Bar, median_cpu_seconds

__all__ = ["AREA", "bars"]

AREA = "ui"

_TRADES = 200
_DIALS = 7
_BYTES_PER_KB = 1000


def bars() -> list[Bar]:
    """Measure rendering, size and transport of a proposal with 200 trades."""
    from di_advisor.report.page import html_report
    from di_advisor.report.views import proposal_html
    from di_advisor.runs.spec import RunSpec, SampleSource
    from di_advisor.ui.desk import Desk
    from di_advisor.ui.plain import plain, restored
    from di_advisor.ui.verbs.proposing import propose

    desk, silent = Desk(), _Silent()
    spec = RunSpec(SampleSource(), "concentrated")
    proposal = desk.propose(spec, silent)
    assert len(proposal.trade_list) >= _TRADES
    proposal = replace(proposal, trade_list=proposal.trade_list[:_TRADES])
    shown = f"{_TRADES} trades of the sample"
    size = len(proposal_html(proposal).encode()) / _BYTES_PER_KB
    dials = iter(range(1, 10_000))

    def moved() -> None:
        """One dial moved, to a place where it has not been, and its answer through the pipe."""
        asked = spec.with_wishes(tracking_error_max=0.01 - next(dials) * 1e-6)
        restored(plain(propose(desk, {"spec": asked}, silent)))

    def first_figures() -> float:
        """CPU seconds from a moved dial to the certified figures before rounding, through the pipe."""
        begun = process_time()
        moved()
        return silent.first_at - begun

    return [
        Bar.at_most("ui.html_size", size, 400.0, unit="kB", compared_to=f"target; {shown}"),
        Bar.at_most(
            "ui.render_inline",
            median_cpu_seconds(lambda: proposal_html(proposal)),
            0.2,
            unit="CPU s",
            compared_to=f"target; {shown}",
        ),
        Bar.at_most(
            "ui.render_page",
            median_cpu_seconds(lambda: html_report(proposal)),
            0.3,
            unit="CPU s",
            compared_to=f"target; {shown}",
        ),
        Bar.at_most(
            "ui.moved_dial",
            median_cpu_seconds(moved),
            0.2,
            unit="CPU s",
            compared_to="target; propose from the open workspace, draw it, make it plain, restore it",
        ),
        Bar.at_most(
            "ui.first_figures",
            median(first_figures() for _ in range(_DIALS)),
            0.2,
            unit="CPU s",
            compared_to="target; a moved dial until the certified figures before rounding are through the pipe",
        ),
    ]


class _Silent:
    """Nobody listens; only when the first figures came is kept."""

    first_at = 0.0

    def phase(self, text: str) -> None:
        pass

    def progress(self, fraction: float, text: str) -> None:
        pass

    def partial(self, content: object) -> None:
        from di_advisor.ui.plain import plain, restored

        restored(plain(content))
        self.first_at = process_time()
