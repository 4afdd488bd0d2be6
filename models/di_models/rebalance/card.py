"""What a trained model of rebalancing value says of itself: figures as JSON, and a page.

All figures are out of fold; intervals are of 90 %, with whole clusters of days drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.rebalance_state import FEATURES
from di_advisor.units import bps_from_fraction
from di_models.rebalance.learner import RebalanceLearner, clustered_skill

__all__ = ["card_facts", "card_markdown"]

_BINS = 5
_SHOWN = 8


def card_facts(
    learner: RebalanceLearner,
    columns: FloatArray,
    label: FloatArray,
    unsteadied: FloatArray,
    parts: Mapping[str, FloatArray],
    cluster: NDArray[Any],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Figures of the card; amounts in bps of the account's value.

    Parameters
    ----------
    learner : RebalanceLearner
        Fitted on what follows.
    columns, parts, cluster
        As of `RolloutTable`.
    label : ndarray of shape (m,)
        As it was learned, the luck of the index taken out.
    unsteadied : ndarray of shape (m,)
        As it came, with all luck in it.
    about : Mapping
        What the recipe says.
    """
    base, said = learner.out_of_fold(columns, label, cluster)
    _, of = np.unique(cluster, return_inverse=True)
    mean = np.full(len(label), label.mean())
    skills = {
        "model against fixed thresholds": clustered_skill(label, said, base, of, seed=learner.seed),
        "model against the mean": clustered_skill(label, said, mean, of, seed=learner.seed),
        "fixed thresholds against the mean": clustered_skill(label, base, mean, of, seed=learner.seed),
        "model against the mean, all luck in the label": clustered_skill(
            unsteadied, said, np.full(len(label), unsteadied.mean()), of, seed=learner.seed
        ),
    }
    order = np.array_split(np.argsort(said, kind="stable"), _BINS)
    acts = said - learner.margin > 0
    effect = np.abs(learner.contributions(columns)[:, :-1]).mean(axis=0)
    top = np.argsort(-effect, kind="stable")[:_SHOWN]
    return {
        **about,
        "rollouts": len(label),
        "clusters": int(of.max()) + 1,
        "gate_open": learner.share > 0,
        "share": round(learner.share, 4),
        "margin_bps": _bps(learner.margin),
        "label_bps": {"mean": _bps(label.mean()), "standard deviation": _bps(label.std())}
        | {f"mean {name}": _bps(each.mean()) for name, each in parts.items()},
        "unsteadied_standard_deviation_bps": _bps(unsteadied.std()),
        "skill": {k: [round(s.value, 3), round(s.lower, 3), round(s.upper, 3)] for k, s in skills.items()},
        "calibration_bps": [[len(b), _bps(said[b].mean()), _bps(label[b].mean())] for b in order],
        "above_bound": {
            "days": int(acts.sum()),
            "mean_label_bps": _bps(label[acts].mean()) if acts.any() else None,
            "other_mean_label_bps": _bps(label[~acts].mean()) if (~acts).any() else None,
        },
        "effects_bps": [[FEATURES[i], _bps(effect[i])] for i in top.tolist() if effect[i] > 0],
    }


def _bps(fraction: float) -> float:
    return round(bps_from_fraction(float(fraction)), 3)


def card_markdown(facts: Mapping[str, Any]) -> str:
    """The page."""
    f = facts
    gate = "open" if f["gate_open"] else "closed: the model says what the fixed thresholds know, and nothing else"
    head = (
        f"Learned on {f['learned_on']}, {f['trained_on']}. {f['rollouts']:,} rollouts in {f['clusters']:,} months; "
        "labels are differences of two branches of one replay, simulated, never observed."
    )
    says = (
        f"Says: bps of an account's value that rebalancing today is worth more than rebalancing {f['wait_sessions']} "
        f"sessions later; after tax ({f['short_rate']:.3f} short, {f['long_rate']:.3f} long, {f['later_rate']:.3f} on "
        "gains left open), cost, and the mandate's price of risk."
    )
    noise = (
        f"Label: {', '.join(f'{k} {v:.2f}' for k, v in f['label_bps'].items())} bps. Two kinds of luck are not in it: "
        "what prices did to the difference of the branches' holdings, whose mean is zero where active positions are no "
        f"bets, and what the index's move explains of the rest ({f['luck_taken_out']:.2f} of its variance). With both "
        f"the standard deviation is {f['unsteadied_standard_deviation_bps']:.1f} bps."
    )
    limits = (
        "Limits: constant rates, losses of use elsewhere; accounts of the size and the cost in the table; the bound is "
        "for the mean over days like the asked one. Worth is taken right after the second rebalance, so what a fresh "
        "basis is worth later is only in the later rate."
    )
    bound = f"Lower bound: the value less {f['margin_bps']:.2f} bps."
    effects = ", ".join(f"{k} {v:.2f}" for k, v in f["effects_bps"]) or "none"
    lines = [
        "# Value of rebalancing now",
        "",
        head,
        "",
        says,
        "",
        f"Gate: {gate} (share of the trees {f['share']:.2f}). {bound}",
        "",
        "| out of fold, squared error | skill | 90 % from | to |",
        "| --- | --- | --- | --- |",
        *(f"| {k} | {v[0]:.3f} | {v[1]:.3f} | {v[2]:.3f} |" for k, v in f["skill"].items()),
        "",
        noise,
        "",
        "| fifth of days by prediction | days | predicted bps | came bps |",
        "| --- | --- | --- | --- |",
        *(f"| {i + 1} | {n} | {p:.2f} | {c:.2f} |" for i, (n, p, c) in enumerate(f["calibration_bps"])),
        "",
        _above(f["above_bound"]),
        "",
        f"Mean absolute contribution, bps: {effects}.",
        "",
        limits,
    ]
    return "\n".join(lines) + "\n"


def _above(found: Mapping[str, Any]) -> str:
    if not found["days"]:
        return "On no day of the table is the lower bound above zero."
    other = found["other_mean_label_bps"]
    rest = "" if other is None else f", on the others {other:.2f} bps"
    return f"Lower bound above zero on {found['days']} days, which were worth {found['mean_label_bps']:.2f} bps{rest}."
