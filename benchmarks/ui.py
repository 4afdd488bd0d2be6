"""What showing a proposal costs: time and size of its HTML, and the way through the panel's pipe.

Problem: a result that shows itself is rendered each time a cell runs, and is stored in the notebook. Decision: a
real proposal of the sample, cut to 200 trades, rendered on one thread. Limits: the browser's own work is not measured.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks import Bar, median_cpu_seconds

__all__ = ["AREA", "bars"]

AREA = "ui"

_TRADES = 200
_BYTES_PER_KB = 1000


def bars() -> list[Bar]:
    """Measure rendering, size and transport of a proposal with 200 trades."""
    from di_advisor.report.page import html_report
    from di_advisor.report.views import proposal_html
    from di_advisor.ui.case import STARTING_MANDATE, STARTING_TAX
    from di_advisor.ui.child import propose_plainly
    from di_advisor.ui.choices import Choices
    from di_advisor.ui.plain import plain, restored

    choices = Choices.starting_from("concentrated", STARTING_MANDATE, STARTING_TAX)
    request = {"choices": plain(choices), "case": None, "risk": None, "costs": None}
    answer = propose_plainly(request, lambda _: None)
    proposal = restored(answer["proposal"])
    assert len(proposal.trade_list) >= _TRADES
    proposal = replace(proposal, trade_list=proposal.trade_list[:_TRADES])
    shown = f"{_TRADES} trades of the sample"
    size = len(proposal_html(proposal).encode()) / _BYTES_PER_KB
    again = {**request, "risk": answer["risk"], "costs": answer["costs"]}
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
            "ui.second_click",
            median_cpu_seconds(lambda: propose_plainly(again, lambda _: None)),
            2.0,
            unit="CPU s",
            compared_to="target; load the cached sample, propose, and make it plain, estimates at hand",
        ),
    ]
