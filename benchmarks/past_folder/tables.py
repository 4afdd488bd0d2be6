"""Tables of a comparison, as text: measures by policy, the cap, cadences beside published figures, decay, differences.

Policies may have been run on different vintages, such as quarterly ones and some of these: every mean says over how
many it is, cadences stand beside each other on the vintages that all have, and differences are of shared vintages.
Limits: published figures are of other indexes, years, rates and rules: their shape can be compared, not their digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import numpy as np

from benchmarks.past_folder.reading import of_cadence, of_decay, of_differences, of_wash
from di_advisor.backtest.comparison import ComparedRun, PolicyComparison
from di_advisor.backtest.results import ReplayResults
from di_advisor.units import BPS_PER_UNIT, PERCENT_PER_UNIT

__all__ = ["PUBLISHED", "all_tables"]

PUBLISHED: dict[str, str] = {
    "annual": "Vanguard 38, 164",
    "quarterly": "Vanguard 107, 264",
    "monthly": "Vanguard 123, 284; Chaudhuri, Burnham and Lo 108, with the wash rule 82",
    "opportunistic": "Vanguard daily 136, 310",
}
"""Tax alpha in bps a year, by policy; of Vanguard's two investors (`benchmarks.past_folder.reading`)."""

_WEEK_YEARS = 0.02
_DAYS_PER_YEAR = 365.25
_START_USD = 1_000_000.0
_CAP_ROOM = 1e-6
_NEARED = "Traded to"
"""How the note of a replay begins where locks let the cap only be neared."""


def all_tables(compared: PolicyComparison, *, ours: str, years: float, seed: int) -> str:
    """All tables that a comparison allows.

    Parameters
    ----------
    compared : PolicyComparison
        From accounts that started with a million USD.
    ours : str
        The policy that the others are compared with.
    years : float
        Length of a run, for the blocks of the bootstrap: as many vintages as overlap.
    seed : int
        Of the bootstrap.
    """
    parts = []
    for wash in (True, False):
        if any(compared.of(p, wash_sales=wash) for p in compared.policies):
            law = "with" if wash else "without"
            parts.append(f"\nMeasures {law} the law of wash sales (means over vintages, a year)\n")
            parts.append(_measures(compared, wash=wash))
            parts += [f"\nAlignment and wash sales {law} the law\n", _alignment(compared, wash=wash)]
            parts += [f"\nDays over the cap {law} the law, at the close after trades\n", _cap(compared, wash=wash)]
    shared = _shared(compared)
    parts += ["\nTax alpha by cadence, beside published figures\n", _cadence(compared, None), of_cadence(compared.runs)]
    if shared and any(r.run.start not in shared for r in compared.runs):
        parts += [f"\nThe same on the {len(shared)} vintages that all have\n", _cadence(compared, shared)]
    washed = _wash(compared)
    parts += ["\nWash sales\n", washed] if washed else []
    for wash in (True, False):
        if any(compared.of(p, wash_sales=wash) for p in compared.policies):
            parts += ["\nLosses harvested by age of the vintage, % of starting capital\n", _decay(compared, wash=wash)]
            break
    for wash in (True, False):
        apart = _differences(compared, ours, years, seed, wash=wash)
        law = "with" if wash else "without"
        if apart:
            parts += [f"\n{ours} against the others {law} the law of wash sales, net of cost\n", apart]
            parts.append(of_differences(ours))
    return "\n".join(parts)


def _bps(value: float) -> str:
    return f"{value * BPS_PER_UNIT:.0f}"


def _percent(value: float) -> str:
    return f"{value * PERCENT_PER_UNIT:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    width = [max(len(r[k]) for r in (head, *rows)) for k in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        pairs = enumerate(zip(cells, width, strict=True))
        return "  ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in pairs)

    return "\n".join([line(head), "-" * len(line(head)), *(line(r) for r in rows)])


def _results(compared: PolicyComparison, policy: str, *, wash: bool) -> list[ReplayResults]:
    return [r.results for r in compared.of(policy, wash_sales=wash)]


def _mean(results: Sequence[ReplayResults], name: str) -> float:
    return float(np.mean([r.figures()[name] for r in results]))


def _measures(compared: PolicyComparison, *, wash: bool) -> str:
    """The five measures by policy; tracking error also as the largest of any run."""
    head = (
        "policy", "vintages", "after-tax liq. %", "step-up %", "pre-tax less twin bps", "tax alpha liq. bps",
        "step-up bps", "cost bps", "turnover %", "TE realised %", "TE max ex ante %", "TE max traded %", "beta",
        "correlation", "proposals", "refused",
    )  # fmt: skip
    rows, over = [], 0
    for policy in compared.policies:
        some = _results(compared, policy, wash=wash)
        if not some:
            continue
        over += sum(r.over_cap for r in some)
        rows.append(
            (
                policy,
                str(len(some)),
                _percent(_mean(some, "after_tax_liquidation")),
                _percent(_mean(some, "after_tax_step_up")),
                _bps(_mean(some, "pre_tax") - _mean(some, "twin_pre_tax")),
                _bps(_mean(some, "tax_alpha_liquidation")),
                _bps(_mean(some, "tax_alpha_step_up")),
                f"{_mean(some, 'cost_per_year') * BPS_PER_UNIT:.2f}",
                f"{_mean(some, 'turnover_per_year') * PERCENT_PER_UNIT:.0f}",
                _percent(_mean(some, "tracking_error")),
                _percent(max(r.tracking_error_max for r in some)),
                _percent(max(r.tracking_error_after_max for r in some)),
                f"{_mean(some, 'beta'):.3f}",
                f"{_mean(some, 'correlation'):.4f}",
                f"{_mean(some, 'proposals'):.0f}",
                f"{_mean(some, 'refused'):.1f}",
            )
        )
    return f"{_table(head, rows)}\nProposals carried out that left an account over the cap: {over}."


def _alignment(compared: PolicyComparison, *, wash: bool) -> str:
    """Factors, sectors, and losses that wash sales took or their windows kept; nan where older files do not know."""
    head = (
        "policy", "correlation ex ante %", "active variance by factors %", "sector farthest off %",
        "washed, % of start", "kept by windows, mean of days, % of start",
    )  # fmt: skip
    rows = []
    for policy in compared.policies:
        if some := _results(compared, policy, wash=wash):
            means = [_percent(_mean(some, name)) for name in ("correlation_ex_ante", "factor_share")]
            farthest = _percent(max(r.sector_active_max for r in some))
            rows.append((policy, *means, farthest, *(_percent(_mean(some, name)) for name in ("washed", "locked"))))
    unknown = any("nan" in row for row in rows)
    return _table(head, rows) + ("\nnan: finished by an older version, whose files do not hold it." if unknown else "")


def _cap(compared: PolicyComparison, *, wash: bool) -> str:
    """How often, how far and why an account closed a day over the mandate's cap."""
    head = ("policy", "days", "over the cap", "runs concerned", "largest %", "why")
    rows = []
    for policy in compared.policies:
        runs = compared.of(policy, wash_sales=wash)
        if runs:
            over = [(r, _over_cap(r)) for r in runs]
            why = sum((Counter(word for _, word in found) for _, found in over), Counter[str]())
            rows.append(
                (
                    policy,
                    str(sum(len(r.replayed.days) for r in runs)),
                    str(sum(why.values())),
                    str(sum(1 for _, found in over if found)),
                    _percent(max((error for _, found in over for error, _ in found), default=0.0)),
                    ", ".join(f"{word}: {n}" for word, n in why.most_common()),
                )
            )
    return _table(head, rows)


def _over_cap(compared: ComparedRun) -> list[tuple[float, str]]:
    """Tracking error of each day that closed over the cap, and what was done about it on the day."""
    cap = compared.run.mandate.tracking_error_max
    notes = {row.day: row.note for row in compared.replayed.rebalances}
    found = []
    for row in compared.replayed.days:
        if cap is not None and row.tracking_error > cap * (1 + _CAP_ROOM):
            note = notes.get(row.day)
            if note is None:
                word = "the policy was not called"
            elif note.startswith(_NEARED):
                word = "locks; traded as near as they let"
            else:
                word = "no trade was found" if note else "traded"
            found.append((row.tracking_error, word))
    return found


def _shared(compared: PolicyComparison) -> frozenset[date]:
    """Vintages that every policy has finished, under whatever law it was run."""
    of = [
        {r.run.start for r in compared.of(policy, wash_sales=wash)}
        for policy in compared.policies
        for wash in (True, False)
    ]
    return frozenset.intersection(*(frozenset(starts) for starts in of if starts))


def _cadence(compared: PolicyComparison, only: frozenset[date] | None) -> str:
    rows = []
    for policy in compared.policies:
        cells = [policy]
        for wash in (True, False):
            runs = compared.of(policy, wash_sales=wash)
            some = [r.results for r in runs if only is None or r.run.start in only]
            cells += [str(len(some)) if some else ""]
            cells += [_bps(_mean(some, f"tax_alpha_{v}")) if some else "" for v in ("step_up", "liquidation")]
        rows.append((*cells, PUBLISHED.get(policy, "")))
    head = (
        "policy", "wash rule: vintages", "step-up bps", "liq. bps", "no rule: vintages", "step-up bps", "liq. bps",
        "published, bps a year",
    )  # fmt: skip
    return _table(head, rows)


def _wash(compared: PolicyComparison) -> str:
    """What the rule costs in losses: without it against with it, on the vintages that both have."""
    rows = []
    for policy in compared.policies:
        lawful, free = (
            {r.run.start: r.results for r in compared.of(policy, wash_sales=wash)} for wash in (True, False)
        )
        both = sorted(lawful.keys() & free.keys())
        if not both:
            continue
        a, b = (float(np.mean([sum(of[s].harvested) for s in both])) for of in (lawful, free))
        washed = float(np.mean([lawful[s].washed for s in both]))
        more = f"{(b / a - 1) * PERCENT_PER_UNIT:+.1f}" if a > 0 else ""
        rows.append((policy, str(len(both)), _percent(a), _percent(b), more, _percent(washed)))
    head = (
        "policy", "vintages", "losses with the rule, % of start", "without the rule", "more without it, %",
        "washed, % of start",
    )  # fmt: skip
    return f"{_table(head, rows)}\n{of_wash()}" if rows else ""


def _decay(compared: PolicyComparison, *, wash: bool) -> str:
    """By year of the vintage, and in total so far."""
    most = max(_whole_years(r.results) for r in compared.runs)
    rows = []
    for policy in compared.policies:
        some = _results(compared, policy, wash=wash)
        cells, total = [], 0.0
        for year in range(most):
            known = [r.harvested[year] for r in some if _whole_years(r) > year]
            total += float(np.mean(known)) if known else 0.0
            cells.append(f"{_percent(float(np.mean(known)))} ({_percent(total)})" if known else "")
        rows.append((policy, *cells))
    head = ("policy", *(f"year {k + 1} (so far)" for k in range(most)))
    return f"{_table(head, rows)}\n{of_decay()}"


def _whole_years(results: ReplayResults) -> int:
    """Years of a run that are whole, and one at least; a week more or less does not count."""
    return max(1, int(results.years + _WEEK_YEARS))


_APART = (
    ("wealth_liquidation_usd", "after-tax wealth, liquidation, % of start", PERCENT_PER_UNIT / _START_USD),
    ("wealth_step_up_usd", "after-tax wealth, step-up, % of start", PERCENT_PER_UNIT / _START_USD),
    ("tax_alpha_liquidation", "tax alpha, liquidation, bps a year", BPS_PER_UNIT),
    ("tax_alpha_step_up", "tax alpha, step-up, bps a year", BPS_PER_UNIT),
    ("pre_tax", "return before tax, bps a year", BPS_PER_UNIT),
)
"""What is compared: figure, words, and its multiple that is shown. Return before tax, in which nobody has skill, is
where wealth gets its noise from; tax alpha is without it."""


def _differences(compared: PolicyComparison, ours: str, years: float, seed: int, *, wash: bool) -> str:
    rows = []
    for policy in compared.policies:
        mine, theirs = ({r.run.start for r in compared.of(p, wash_sales=wash)} for p in (ours, policy))
        if policy == ours or len(mine & theirs) < 2:
            continue
        mean_block = _overlap(sorted(mine & theirs), years)
        for figure, words, shown in _APART:
            d = compared.difference(ours, policy, figure, seed=seed, mean_block=mean_block, wash_sales=wash)
            cells = (f"{x * shown:.{2 if shown < 1 else 0}f}" for x in (d.mean, d.low, d.high))
            rows.append((f"{ours} - {policy}", words, str(d.vintages), *cells, "yes" if d.clear else "no"))
    head = ("policies", "figure", "vintages", "mean", "5 %", "95 %", "clear of zero")
    return _table(head, rows) if rows else ""


def _overlap(starts: Sequence[date], years: float) -> float:
    """Vintages that a run overlaps with."""
    apart = (starts[-1] - starts[0]).days / (len(starts) - 1)
    return max(1.0, years * _DAYS_PER_YEAR / apart)
