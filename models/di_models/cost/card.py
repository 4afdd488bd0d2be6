"""The card of a trained cost model: written by the training run, from what it saw and how it was tested.

Problem: a model without its circumstances is a number without a unit. Decision: one mapping of plain facts
(`ModelCard.facts`), stored as JSON and shown as Markdown; everything that came from the user's files (names of
venues, the data's origin) is escaped. Limits: it says how the model did on *this* history; orders of another desk, or
of another year, are not in it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from di_advisor.domain.trade_history import TradeHistory
from di_models.cost.card_text import card_markdown
from di_models.cost.features import Conditions
from di_models.cost.law import LawFit
from di_models.cost.learned import LearnedCostModel
from di_models.cost.validation import OutOfSample, power_line, promotion, scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ModelCard", "data_sha256", "make_card"]

_CONSTANTS = ("spread_capture", "log_impact", "exponent")
_NINETY = 1.6449
_DIGITS = 24
"""Binary digits of a figure that count in the hash of the data."""

_LIMITS = (
    "Average cost of a scheduled order against the price at arrival; commissions and fees are not in it.",
    "Sizes outside those seen are extrapolated by the law, and curves end where they end.",
    "Orders were not assigned to venues or algorithms by chance: an effect may be that of the orders sent there.",
    "The noise of a trade is far larger than its cost: judge it on hundreds of orders, never on one.",
)
_SIMULATED = "The orders are simulated: until your own fills are loaded it says nothing about your costs."


@dataclass(frozen=True, repr=False)
class ModelCard:
    """What a training run says of its model.

    Attributes
    ----------
    facts : mapping
        JSON: ``title, trained_on, seed, simulated, data, law, prior_scale, gate, sizes, walk_forward, promotion,
        power, effects, limits, versions``. Rates in bps; ``walk_forward`` is null where the history was too short.
    """

    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The facts."""
        return dict(self.facts)

    def as_markdown(self) -> str:
        """The card to read; every name from outside is escaped."""
        return card_markdown(self.facts)

    def __repr__(self) -> str:
        data = self.facts["data"]
        return f"<ModelCard: {data['orders']:,} orders of {data['days']:,} days; {self.facts['promotion']['sentence']}>"

    def _repr_markdown_(self) -> str:
        return self.as_markdown()

    @property
    def promoted(self) -> bool:
        """Whether the model replaces the prior by the rule fixed in advance."""
        return bool(self.facts["promotion"]["promoted"])

    def plot(self) -> Figure:
        """Calibration: mean realised against mean predicted cost by decile of the prediction, out of sample.

        Returns
        -------
        matplotlib.figure.Figure
            Without points where nothing was predicted out of sample.
        """
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.5, 4.0), layout="constrained")
        axes = figure.subplots()
        found = self.facts["walk_forward"]
        if found is not None:
            predicted, realised, error = np.array(found["deciles"]).T
            axes.errorbar(predicted, realised, yerr=_NINETY * error, fmt="o", color="tab:blue", label="deciles, 90 %")
            top = float(max(predicted.max(), 1.0))
            axes.plot([0.0, top], [0.0, top], color="tab:gray", linewidth=1.0, label="predicted = realised")
            axes.legend(frameon=False)
        axes.set_xlabel("predicted cost, bps")
        axes.set_ylabel("realised cost, bps")
        axes.set_title("Out of sample" + (", simulated orders" if self.facts["simulated"] else ""))
        return figure


def make_card(
    model: LearnedCostModel, history: TradeHistory, tested: OutOfSample | None, *, trained_on: date, seed: int = 0
) -> ModelCard:
    """Card of a model trained on a history.

    Parameters
    ----------
    model : LearnedCostModel
        Trained on all of the history.
    history : TradeHistory
        What it was trained on.
    tested : OutOfSample or None
        From `walk_forward` over the same history; None where there were too few days.
    trained_on : date
        The day to write on the card.
    seed : int
        Of the resampling by day.
    """
    walked, verdict, power = None, None, "Not tested out of sample: what the orders can resolve is not known."
    if tested is not None:
        found = scores(tested, seed=seed)
        walked, verdict = _walked(tested, asdict(found)), asdict(promotion(found))
        power = power_line(found.noise_bps, len(history))
    facts = {
        "title": "Learned cost model",
        "trained_on": trained_on.isoformat(),
        "seed": model.seed,
        "simulated": model.simulated_,
        "data": _data(history),
        "law": _law(model.fit_),
        "prior_scale": model.fit_.prior_scale,
        "gate": {
            "share": model.gate_.share,
            "slope": model.gate_.slope,
            "standard_error": float(model.gate_.standard_error) if np.isfinite(model.gate_.standard_error) else None,
        },
        **_stopped(model),
        "sizes": asdict(model.sizes_),
        "walk_forward": walked,
        "promotion": verdict
        or {"promoted": False, "sentence": "The prior stays: there were too few days to test the model out of sample."},
        "power": power,
        "effects": _effects(model, history),
        "limits": [*([_SIMULATED] if model.simulated_ else []), *_LIMITS],
        "versions": _versions(),
    }
    return ModelCard(json.loads(json.dumps(facts, allow_nan=False)))  # as it will be read back


def _stopped(model: LearnedCostModel) -> dict[str, Any]:
    """How the number of trees was chosen, where it was asked for."""
    found = model.stopping_
    return {} if found is None else {"stopping": asdict(found) | {"sentence": found.sentence}}


def data_sha256(history: TradeHistory) -> str:
    """SHA-256 of the columns, the same on every machine: figures count by 24 binary digits, as their last ones do not.

    The last bits of exponentials and sums differ between processors that offer different vector instructions.
    """
    digest = hashlib.sha256()
    for name in history.columns():
        values = getattr(history, name)
        digest.update(name.encode())
        if values.dtype.kind == "U":
            digest.update("\0".join(values.tolist()).encode())
        elif values.dtype.kind == "M":
            digest.update(values.astype("datetime64[ns]").astype("<i8").tobytes())
        else:
            mantissa, exponent = np.frexp(values.astype(np.float64))
            kept = np.ldexp(np.round(np.ldexp(mantissa, _DIGITS)), exponent - _DIGITS)
            digest.update(kept.astype("<f8").tobytes())
    return digest.hexdigest()


def _data(history: TradeHistory) -> dict[str, Any]:
    sources, counts = np.unique(history.arrival_price_source, return_counts=True)
    days = np.unique(history.day)
    return {
        "sha256": data_sha256(history),
        "provenance": history.provenance,
        "orders": len(history),
        "days": len(days),
        "names": len(np.unique(history.security_id)),
        "first_day": str(days[0]) if len(days) else None,
        "last_day": str(days[-1]) if len(days) else None,
        "arrival_prices": dict(zip(sources.tolist(), counts.tolist(), strict=True)),
        "venues": sorted({str(v) for v in history.venue.tolist() if v}),
        "algos": sorted({str(a) for a in history.algo.tolist() if a}),
        "order_types": sorted({str(a) for a in history.order_type.tolist() if a}),
    }


def _law(fit: LawFit) -> list[dict[str, Any]]:
    def at(law: Any) -> tuple[float, float, float]:  # noqa: ANN401 - a law
        return law.spread_capture, float(np.log(law.impact)), law.exponent

    prior_sd = (fit.prior.spread_capture_sd, fit.prior.log_impact_sd, fit.prior.exponent_sd)
    rows = []
    for name, prior, sd, posterior, error, share in zip(
        _CONSTANTS, at(fit.prior.law), prior_sd, at(fit.law), fit.standard_errors, fit.prior_share, strict=True
    ):
        log = name == "log_impact"
        ends = [(m, m - _NINETY * s, m + _NINETY * s) for m, s in ((prior, sd), (posterior, error))]
        before, after = ([float(np.exp(v)) if log else float(v) for v in each] for each in ends)
        rows.append({"constant": name.removeprefix("log_"), "prior": before, "posterior": after, "prior_share": share})
    return rows


def _walked(tested: OutOfSample, found: dict[str, Any]) -> dict[str, Any]:
    """Scores as JSON, with the standard error of the realised mean of each decile."""
    order = np.array_split(np.argsort(tested.predicted_bps, kind="stable"), len(found["deciles"]))
    cost = tested.history.cost_bps
    errors = [float(cost[part].std() / max(np.sqrt(len(part)), 1.0)) for part in order]
    found["deciles"] = [[*pair, error] for pair, error in zip(found["deciles"], errors, strict=True)]
    return found


def _effects(model: LearnedCostModel, history: TradeHistory) -> list[dict[str, Any]]:
    """Mean size of each column's exact contribution, as a fraction of the law's cost, with the gate's share."""
    if model.trees_ is None:
        return []
    parts = model.trees_.contributions(model.levels_.matrix(Conditions.of(history)))[:, :-1]
    mean = model.gate_.share * np.abs(parts).mean(axis=0)
    found = [{"feature": name, "effect": float(v)} for name, v in zip(model.levels_.names(), mean, strict=True)]
    return sorted(found, key=lambda row: (-row["effect"], row["feature"]))


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    found = {name: version(name) for name in ("lightgbm", "numpy", "scikit-learn", "scipy")}
    return {"python": ".".join(platform.python_version_tuple()[:2]), **found}
