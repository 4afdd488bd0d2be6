"""The same bias statistics for skfolio's factor model, for whoever has skfolio installed.

Problem: the choice of an own estimator needs a figure beside it, and skfolio is not a dependency. Decision: run by
hand, ``python -m benchmarks.risk_skfolio``, with skfolio installed and the folder of shared input present. skfolio's
`CharacteristicsFactorModel` gets this project's exposures and sizes, zero-sum sectors, a covariance with half-lives
of 40 and 252 days and regime adjustment, and everything else at its defaults. Limits: not tuned, as ours is; names
of unknown sector go to the first sector, because its one-hot factors know no mixture.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.risk_bias import FAMILIES, walk_forward
from benchmarks.risk_history import IndexHistory, read_index_history
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.risk import FactorRisk
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk import FactorRiskModel
from di_models.risk.exposures import dated_exposures, refresh_rows
from di_models.risk.history import aligned_returns

__all__ = ["skfolio_risk"]

_WARM_UP_DAYS = 126
_FITTED_DAYS = 756
_EVERY_DAYS = 10


def skfolio_risk(history: IndexHistory, market: Market) -> FactorRisk:
    """Risk of a market by skfolio's `CharacteristicsFactorModel` on this project's exposures."""
    containers, fields, exposure, descriptor, prior, moments = (
        importlib.import_module(f"skfolio.{name}")
        for name in (
            "containers",
            "containers._asset_panel._fields",
            "factor_exposure",
            "descriptor",
            "prior",
            "moments",
        )
    )
    past = aligned_returns(market, history.returns, window_days=_WARM_UP_DAYS + _FITTED_DAYS, outlier_sigmas=10.0)
    rows = refresh_rows(len(past.dates), every=5, warm_up=_WARM_UP_DAYS)
    dated = dated_exposures(market, past, None, rows)
    first = int(rows[0])
    known = np.searchsorted(rows, np.arange(first, len(past.dates)), side="right") - 1
    sector = np.maximum(market.universe.sector_of, 0)
    shape = (len(known), len(sector))
    panel = {
        "returns": fields.Field2D(past.values[first:]),
        "market_cap": fields.Field2D(dated.size_weights[known]),
        "sector": fields.FieldCategorical(
            np.broadcast_to(sector, shape).copy(), levels=np.array(market.universe.sectors)
        ),
    }
    factors = [
        ("market", exposure.GlobalFactor()),
        ("sector", exposure.OneHotCategoricalFactors("sector", family="sector")),
    ]
    for j, style in enumerate(dated.styles):
        name = style.replace(" ", "_")
        panel[name] = fields.Field2D(dated.values[known][:, :, 1 + len(dated.sectors) + j])
        as_given = exposure.FixedWeightedFactor(
            descriptors=[(name, descriptor.Passthrough(name))],
            outlier_transformer="passthrough",
            scoring_transformer="passthrough",
        )
        factors.append((f"style_{name}", as_given))
    model = prior.CharacteristicsFactorModel(
        factors=factors,
        constrained_families=[("sector", None)],
        factor_prior_estimator=prior.EmpiricalPrior(
            mu_estimator=moments.EWMu(),
            covariance_estimator=moments.RegimeAdjustedEWCovariance(half_life=40, corr_half_life=252),
        ),
    )
    model.fit(
        characteristics=containers.AssetPanel(
            fields=panel, observations=past.dates[first:], asset_names=np.array(market.universe.security_ids)
        )
    )
    return _as_factor_risk(market, model.factor_model_)


def _as_factor_risk(market: Market, fitted: object) -> FactorRisk:
    def figures(name: str) -> FloatArray:
        return np.asarray(getattr(fitted, name), dtype=np.float64)

    values, vectors = np.linalg.eigh(figures("factor_covariance"))
    specific = figures("idio_covariance")
    specific = np.diag(specific) if specific.ndim == 2 else specific
    return FactorRisk(
        universe=market.universe,
        factors=tuple(str(f).replace("style_", "style ") for f in getattr(fitted, "factor_names", ())),
        exposures=np.nan_to_num(figures("loading_matrix")),
        factor_covariance_per_year=(vectors * np.maximum(values, 0.0)) @ vectors.T * TRADING_DAYS_PER_YEAR,
        specific_variance_per_year=np.where(np.isfinite(specific), specific, np.nanmedian(specific))
        * TRADING_DAYS_PER_YEAR,
        provenance="skfolio CharacteristicsFactorModel",
    )


def main() -> None:
    """Write one line a model: pooled bias statistic and share of quarters inside 0.8 to 1.2, by family."""
    shared = Path(os.environ.get("DI_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    history = read_index_history(shared)
    rows = np.arange(history.row(date(2016, 3, 31)), len(history.returns.dates), _EVERY_DAYS, dtype=np.int64)
    for name, estimate in (
        ("di_models", lambda market: FactorRiskModel().estimate(market, history.returns)),
        ("skfolio", lambda market: skfolio_risk(history, market)),
    ):
        start = time.process_time()
        record = walk_forward(history.returns, history.market, estimate, rows=rows, seed=1)
        shown = ", ".join(f"{f} {record.pooled(f):.3f} {record.quarters_inside(f):.2f}" for f in FAMILIES)
        sys.stdout.write(f"{name}: {shown} ({(time.process_time() - start) / len(rows):.2f} CPU s an estimate)\n")


if __name__ == "__main__":
    main()
