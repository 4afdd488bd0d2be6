"""The card of a harvest surrogate: what it was trained on, and what following it costs clients that it has not seen.

Problem: a learner that is right on average may harm a client in a corner. Decision: the program itself values the
learned rule and every rule of thumb for unseen clients, and the card says mean, worst, and the lowest value over never
harvesting; and what moves its answers, from exact contributions. Limits: clients and names are those that are sampled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.units import PERCENT_PER_UNIT, bps_from_fraction
from di_models.harvest.profiles import BOX, FEATURES, Case, Labels
from di_models.harvest.program import Grid, solve, value_bps_per_year
from di_models.harvest.rules import never, rules_of_thumb
from di_models.harvest.surrogate import HarvestSurrogate, surrogate_rule

__all__ = ["card_facts", "card_markdown", "measured"]

_ROWS = 2_000
_QUANTILES = (0.05, 0.5, 0.95)
_LIMITS = (
    "Right for one review interval only; another is refused.",
    "One lot at a time; losses are used at once, without limit, at constant rates; only losses are harvested.",
    "Prices are geometric Brownian motion with the stated drift, and the replacement is perfect.",
    "Outside the sampled box, and for losses beyond half of the basis, the exact program answers instead.",
    "Labels are the program's: its assumptions are not tested here (benchmarks.harvest_value does so on real prices).",
)


def measured(
    surrogate: HarvestSurrogate, cases: Sequence[Case], *, told: Callable[[int, int], None] | None = None
) -> dict[str, FloatArray]:
    """Value over never harvesting, bps a year, of each policy for each client, shape (clients,) each.

    ``program`` is the exact one, ``learned`` the surrogate with its margin; the others are rules of thumb.
    """
    grid = Grid()
    rows: list[list[float]] = []
    names: list[str] = []
    for done, case in enumerate(cases, start=1):
        thumbs = {k: r for k, r in rules_of_thumb(case.profile, case.market).items() if k != "never"}
        rules = (never, None, surrogate_rule(surrogate, case, grid), *thumbs.values())
        solved = [
            solve(case.profile, case.market, step_days=surrogate.step_days, grid=grid, rule=rule) for rule in rules
        ]
        rows.append([value_bps_per_year(each, solved[0]) for each in solved[1:]])
        names = ["program", "learned", *thumbs]
        if told is not None:
            told(done, len(cases))
    return dict(zip(names, np.array(rows).T, strict=True))


def card_facts(
    surrogate: HarvestSurrogate,
    labels: Labels,
    volatilities: FloatArray,
    unseen: Mapping[str, FloatArray],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Facts of the card, as JSON.

    Parameters
    ----------
    surrogate : HarvestSurrogate
        Fitted.
    labels : Labels
        What it was fitted on.
    volatilities : ndarray of shape (n,)
        Of the market's names.
    unseen : Mapping of str to ndarray
        From `measured`.
    about : Mapping
        ``trained_on, simulated, learned_on, review_days, clients, seed``.
    """
    parts = surrogate.contributions(labels.columns[:: max(len(labels.advantage) // _ROWS, 1)])[:, :-1]
    effect = np.abs(parts).mean(axis=0)
    order = np.argsort(-effect, kind="stable")
    best = unseen["program"]
    facts = {
        "title": "Harvest surrogate",
        **about,
        "unit": "USD a lot; learned per dollar of price",
        "labels": len(labels.advantage),
        "margin": surrogate.margin,
        "settings": surrogate.get_params(),
        "volatilities": {f"{q:.0%}": float(np.quantile(volatilities, q)) for q in _QUANTILES},
        "names": len(volatilities),
        "box": {name: list(ends) for name, ends in BOX.items()},
        "unseen_clients": len(best),
        "unseen": [
            {
                "policy": name,
                "value": float(value.mean()),
                "regret": float((best - value).mean()),
                "worst": float((best - value).max()),
                "lowest": float(value.min()),
            }
            for name, value in unseen.items()
        ],
        "effects": [{"feature": FEATURES[j], "effect": float(effect[j])} for j in order.tolist()],
        "limits": list(_LIMITS),
    }
    found: dict[str, Any] = json.loads(json.dumps(facts, allow_nan=False))
    return found


def card_markdown(facts: Mapping[str, Any]) -> str:
    """The card to read; everything in it is this package's own."""
    volatility = ", ".join(f"{name}: {value * PERCENT_PER_UNIT:.0f} %" for name, value in facts["volatilities"].items())
    simulated = " (simulated names)" if facts["simulated"] else ""
    lines = [
        f"# {facts['title']}{simulated}",
        "",
        f"What selling a lot now is worth against waiting {facts['review_days']} days, until the next review.",
        f"Learned from the exact program on {facts['learned_on']}. Unit: {facts['unit']}.",
        "",
        "## Training",
        "",
        f"- {facts['clients']:,} sampled clients, a quarter of them for the margin; {facts['labels']:,} states",
        f"- half of the clients with the volatility of one of {facts['names']:,} names (quantiles {volatility})",
        "- the other half anywhere in the box, half of all near its edges",
        f"- conformal margin {facts['margin']:.3f} of a state's scale (cost + 2 % of volatility x rate)",
        f"- seed {facts['seed']}, day {facts['trained_on']}",
        "",
        f"## {facts['unseen_clients']} unseen clients, bps a year over never harvesting",
        "",
        "| policy | mean | regret | worst regret | lowest value |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row['policy']} | {row['value']:.1f} | {row['regret']:.2f} | {row['worst']:.1f} | {row['lowest']:.1f} |"
            for row in facts["unseen"]
        ),
        "",
        "## What moves it: mean size of each exact contribution, bps of price",
        "",
        "| feature | effect |",
        "| --- | --- |",
        *(f"| {row['feature']} | {bps_from_fraction(row['effect']):.2f} |" for row in facts["effects"]),
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in facts["limits"]),
    ]
    return "\n".join(lines) + "\n"
