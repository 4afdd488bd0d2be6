"""Replays and comparisons of policies for notebooks and as a page: one sentence, the picture, the tables.

The sentence says who won and by how much, also where the advisor lost. Every figure stands with its unit; what a figure
means is said under the table. The page holds no script and loads nothing.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from di_advisor.backtest.attribution import PARTS, Attribution
from di_advisor.backtest.bootstrap import Difference
from di_advisor.backtest.comparison import ComparedRun, PolicyComparison
from di_advisor.backtest.twin import etf_twin
from di_advisor.report.backtest_chart import comparison_png, replay_png
from di_advisor.report.backtest_events import met_table, refused_table
from di_advisor.report.markup import as_html, escaped, folded
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, count_of, day, money, percent, printable, sentence_case, signed, usd
from di_advisor.units import bps_from_fraction

__all__ = ["backtest_page", "cadence_table", "comparison_bundle", "difference_sentence", "run_bundle"]

_WHOLE: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-backtest">{}</div>')
_SAYS: Final = Markup('<div style="margin:4px 0">{}</div>')
_PICTURE: Final = Markup('<img src="data:image/png;base64,{}" alt="{}" style="max-width:100%">')
_PAGE: Final = Markup(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
div.di-backtest {{ overflow-x: auto; }}
</style></head><body><h1>{}</h1>{}</body></html>
"""
)
_ENOUGH_BLOCKS: Final = 5
_DEFINITIONS: Final = (
    "Tax alpha is the after-tax excess return over an ETF on the same index, bought with the same money on the same "
    "days and taxed alike, less the pre-tax excess; the second also sells everything at the end. Tracking error is ex "
    "ante, the largest right after a rebalance. Past figures, simulated or not, promise nothing."
)


def run_bundle(compared: ComparedRun) -> dict[str, str]:
    """One replay by media type."""
    lead, replayed = _run_sentence(compared), compared.replayed
    tables = [_measures(compared), _parts(compared.attribution), _by_age(compared), met_table(replayed)]
    refused = refused_table(replayed)
    tables += [] if refused is None else [refused]
    return _bundle(lead, _run_picture(compared), tables, compared.replayed.past)


def comparison_bundle(comparison: PolicyComparison) -> dict[str, str]:
    """A comparison by media type."""
    tables = [cadence_table(comparison)]
    if comparison.failures:
        rows = tuple((name, what) for name, what in comparison.failures.items())
        tables.append(Table("Runs that failed", (Column("Run"), Column("Why")), rows))
    return _bundle(_comparison_sentence(comparison), _comparison_picture(comparison), tables, comparison.past)


def cadence_table(comparison: PolicyComparison) -> Table:
    """Means over vintages, one row a policy."""
    rows = []
    laws = sorted({r.run.settings.wash_sales for r in comparison.runs}, reverse=True)
    for wash in laws:
        for policy in comparison.policies:
            runs = comparison.of(policy, wash_sales=wash)
            if runs:
                rows.append(_means(policy if wash else f"{policy}, without the wash-sale law", runs))
    columns = (
        Column("Policy"),
        Column("Vintages", align=Align.RIGHT),
        Column("Tax alpha", "bps a year", Align.RIGHT),
        Column("All sold", "bps a year", Align.RIGHT),
        Column("After-tax advantage", "$", Align.RIGHT),
        Column("", align=Align.BARS),
        Column("Losses realised", "% of money in", Align.RIGHT),
        Column("Cost", "bps a year", Align.RIGHT),
        Column("Turnover", "% a year", Align.RIGHT),
        Column("Tracking error, most", "bps", Align.RIGHT),
        Column("Over the cap", align=Align.RIGHT),
        Column("Proposals", align=Align.RIGHT),
    )
    return Table("Policies, means over vintages", columns, tuple(rows))


def difference_sentence(ours: str, theirs: str, found: Difference) -> str:
    """A difference of after-tax wealth in words, whether it is clear or not."""
    verdict = "more" if found.mean > 0 else "less"
    text = f"{sentence_case(ours)} ends with {usd(abs(found.mean))} {verdict} after tax than {theirs} on average of "
    text += f"{count_of(found.vintages, 'vintage')} ({percent(found.level, 0)} % interval {usd(found.low)} to "
    text += f"{usd(found.high)}): "
    text += "the interval leaves zero out" if found.clear else "not clear, the interval holds zero"
    few = found.blocks < _ENOUGH_BLOCKS
    return printable(f"{text}; so few vintages make the interval itself rough." if few else f"{text}.")


def backtest_page(comparison: PolicyComparison, title: str = "Backtest of policies") -> str:
    """A comparison, and the first run of each policy, as a page that stands alone."""
    parts = [Markup(comparison_bundle(comparison)["text/html"])]  # noqa: S704 - written by this module, escaped
    for policy in comparison.policies:
        runs = comparison.of(policy) or comparison.of(policy, wash_sales=False)
        parts.append(Markup("<h2>{}, from {}</h2>").format(printable(policy), day(runs[0].run.start)))
        parts.append(Markup(run_bundle(runs[0])["text/html"]))  # noqa: S704 - the same
    name = printable(title)
    return str(_PAGE.format(name, name, Markup("").join(parts)))


def _bundle(lead: str, picture: bytes, tables: Sequence[Table], past: str) -> dict[str, str]:
    note = f"{sentence_case(printable(past))}. {_DEFINITIONS}"
    first, *others = tables
    drawn = _PICTURE.format(base64.b64encode(picture).decode("ascii"), lead) if picture else Markup("")
    rest = Markup("").join(folded(t.caption, as_html(t)) for t in others)
    html = _WHOLE.format(_SAYS.format(escaped(lead)) + drawn + as_html(first) + rest + _SAYS.format(escaped(note)))
    return {
        "text/html": str(html),
        "text/markdown": "\n\n".join([markdown_escaped(lead), *map(as_markdown, tables), markdown_escaped(note)]),
        "text/plain": "\n\n".join([printable(lead), *(as_text(t) for t in tables), note]),
    }


def _run_sentence(compared: ComparedRun) -> str:
    found = compared.results
    verdict = "more" if found.advantage_usd >= 0 else "less"
    return printable(
        f"{sentence_case(found.policy)} from {day(found.first)} to {day(found.last)}: after tax, all sold, the account "
        f"ends with {usd(abs(found.advantage_usd))} {verdict} than its ETF twin; tax alpha "
        f"{_bps(found.measures.tax_alpha_step_up)} bps a year, "
        f"{_bps(found.measures.tax_alpha_liquidation)} bps with everything sold."
    )


def _comparison_sentence(comparison: PolicyComparison) -> str:
    means = {
        p: math.fsum(r.results.advantage_usd for r in runs) / len(runs)
        for p in comparison.policies
        if (runs := comparison.of(p) or comparison.of(p, wash_sales=False))
    }
    best, worst = max(means, key=lambda p: means[p]), min(means, key=lambda p: means[p])
    count = len({r.run.start for r in comparison.runs})
    text = f"Over {count_of(count, 'vintage')} the largest after-tax advantage over the ETF twin is that of {best}, "
    text += f"{usd(means[best])} on average"
    return printable(f"{text}; the smallest that of {worst}, {usd(means[worst])}." if best != worst else f"{text}.")


def _means(label: str, runs: Sequence[ComparedRun]) -> tuple[Cell, ...]:
    def mean(of: Sequence[float]) -> float:
        return math.fsum(of) / len(of)

    results = [r.results for r in runs]
    advantage = mean([r.advantage_usd for r in results])
    return (
        label,
        f"{len(runs)}",
        signed(bps(mean([r.measures.tax_alpha_step_up or 0.0 for r in results]))),
        signed(bps(mean([r.measures.tax_alpha_liquidation or 0.0 for r in results]))),
        signed(money(advantage)),
        Bars((advantage,), f"{usd(advantage)} after tax over the twin"),
        percent(mean([sum(r.harvested) for r in results]), 1),
        bps(mean([r.measures.cost_per_year for r in results])),
        percent(mean([r.turnover_per_year for r in results]), 0),
        bps(max(r.tracking_error_after_max for r in results)),
        f"{sum(r.over_cap for r in results)}",
        f"{mean([r.proposals for r in results]):,.1f}",
    )


def _measures(compared: ComparedRun) -> Table:
    found, past = compared.results, compared.results.measures
    rows: list[tuple[Cell, ...]] = [
        ("Return before tax", "% a year", percent(past.pre_tax), percent(found.twin_pre_tax)),
        ("Return after tax, step-up", "% a year", percent(past.after_tax_step_up), "-"),
        (
            "Return after tax, all sold",
            "% a year",
            percent(past.after_tax_liquidation),
            percent(found.twin_after_tax_liquidation),
        ),
        (
            "Wealth after tax, all sold",
            "$",
            money(found.wealth_liquidation_usd),
            money(found.twin_wealth_liquidation_usd),
        ),
        ("Tracking error, realised", "bps a year", _bps(past.tracking_error), "-"),
        ("Tracking error, ex ante, mean and most", "bps a year", _mean_and_most(found), "-"),
        ("Beta; correlation with the index", "", f"{found.beta:.3f}; {found.correlation:.4f}", "-"),
        ("Correlation ex ante; active variance by factors", "%", _alignment(found), "-"),
        ("Sector farthest from the target", "% of weight", _known(found.sector_active_max), "-"),
        ("Trading cost", "bps a year", bps(past.cost_per_year), "-"),
        ("Turnover, one way", "% a year", percent(found.turnover_per_year, 0), "-"),
        ("Losses washed", "% of money in", percent(found.washed), "-"),
        ("Losses that wash windows kept, mean of days", "% of money in", _known(found.locked), "-"),
        ("Proposals; refused or without a gain", "", f"{found.proposals}; {found.refused}", "-"),
    ]
    columns = (
        Column("Measure"),
        Column("Unit"),
        Column("Account", align=Align.RIGHT),
        Column("Twin", align=Align.RIGHT),
    )
    return Table("Measures", columns, tuple(rows))


def _alignment(found: Any) -> str:  # noqa: ANN401
    return f"{_known(found.correlation_ex_ante)}; {_known(found.factor_share)}"


def _known(fraction: float) -> str:
    """Percent; a file of an older version does not know it."""
    return "not kept" if math.isnan(fraction) else percent(fraction)


def _mean_and_most(found: Any) -> str:  # noqa: ANN401
    return f"{bps(found.tracking_error_mean)}; {bps(found.tracking_error_max)}"


def _parts(found: Attribution) -> Table:
    yearly = found.per_year()
    rows = tuple(
        (sentence_case(name), PARTS[name], signed(money(usd_)), signed(bps(yearly[name])), Bars((usd_,), usd(usd_)))
        for name, usd_ in found.parts_usd.items()
    )
    total = (
        "After-tax advantage", "", signed(money(found.advantage_usd)), signed(bps(sum(yearly.values()))), "",
    )  # fmt: skip
    columns = (
        Column("Part"),
        Column("What it is"),
        Column("Over the twin", "$", Align.RIGHT),
        Column("A year", "bps of the mean value", Align.RIGHT),
        Column("", align=Align.BARS),
    )
    return Table("Where the advantage over the ETF twin comes from", columns, rows, (total,))


def _by_age(compared: ComparedRun) -> Table:
    total = 0.0
    rows = []
    for year, lost in enumerate(compared.results.harvested, start=1):
        total += lost
        rows.append((f"{year}", percent(lost), percent(total), Bars((lost,), f"{percent(lost)} %")))
    columns = (
        Column("Year of the account"),
        Column("Losses realised", "% of money in", Align.RIGHT),
        Column("So far", "%", Align.RIGHT),
        Column("", align=Align.BARS),
    )
    return Table("Harvest yield by age", columns, tuple(rows))


def _run_picture(compared: ComparedRun) -> bytes:
    run, found = compared.run, compared.results
    twin = etf_twin(compared.replayed, run.tax, run.settings)
    return replay_png(compared.replayed, twin, found.harvested, run.mandate.tracking_error_max)


def _comparison_picture(comparison: PolicyComparison) -> bytes:
    def by_policy(figure: str) -> dict[str, list[float]]:
        return {
            p: [
                float(bps_from_fraction(getattr(r.results.measures, figure) or 0.0))
                for r in comparison.of(p) or comparison.of(p, wash_sales=False)
            ]
            for p in comparison.policies
        }

    panels = {"before liquidation": by_policy("tax_alpha_step_up"), "all sold": by_policy("tax_alpha_liquidation")}
    return comparison_png(panels, "Tax alpha: a dot a vintage, a line their mean", "bps a year")


def _bps(value: float | None) -> str:
    return "-" if value is None else bps(value)
