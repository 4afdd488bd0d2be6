"""Tilts in the optimizer: a worse score never raises a weight, thin coverage is refused, and each trade says why."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgScale
from di_advisor.domain.esg_wishes import EsgWish, Uncovered, not_below_index
from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import IncompleteDataError
from di_advisor.formulate import formulate
from di_advisor.signals.esg import ScoreTilt, score_tilt
from di_advisor.solve import search_for
from di_advisor.testing.random_cases import random_case

N = 24
CASE = random_case(11, names=N, lots_a_name=1, styles=1)
IDS = CASE.signals.market.universe.security_ids
FLAGS = np.ones(N, dtype=np.bool_)
ACCOUNT = replace(
    CASE.signals.account,
    can_buy=FLAGS,
    can_sell=FLAGS,
    lot_sellable=np.ones(len(CASE.signals.account.lots), dtype=np.bool_),
)
RISK_SCORES = np.random.default_rng(4).uniform(5.0, 50.0, N)


def signals_with(scores: FloatArray) -> Signals:
    scale = {"risk score": EsgScale(Direction.LOWER_IS_BETTER)}
    market = replace(CASE.signals.market, esg={"risk score": scores}, esg_scale=scale)
    return Signals(market, ACCOUNT)


def weights(signals: Signals, mandate: Mandate) -> FloatArray:
    problem = formulate(signals, mandate, CASE.tax)
    plan = search_for(problem.block, lambda: False, 3).run().plan
    holdings = problem.block.holdings
    return np.asarray(holdings.held + plan.net(holdings.lot_name), dtype=np.float64)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, N - 1), st.floats(0.5, 40.0), st.sampled_from([2e3, 2e4]))
def test_raising_a_risk_score_never_raises_a_weight(at: int, more: float, usd_per_point: float) -> None:
    mandate = Mandate(
        risk_aversion=20.0,
        cash_min=0.0,
        cash_max=0.0005,
        name_band=NameBand(active_max=0.05),
        esg=(EsgWish("risk score", usd_per_point=usd_per_point),),
    )
    worse = RISK_SCORES.copy()
    worse[at] += more
    before, after = (weights(signals_with(scores), mandate)[at] for scores in (RISK_SCORES, worse))
    assert after <= before + 5e-5  # what little may come out of cash is shared out over all names


@pytest.mark.parametrize(
    "asked", [{"usd_per_point": 10.0}, {"uplift_min": 0.01}, {"delta_min": 0.1}], ids=["price", "uplift", "points"]
)
def test_a_tilt_on_scores_that_cover_too_little_is_refused_unless_forced(asked: dict[str, float]) -> None:
    thin = RISK_SCORES.copy()
    heaviest = np.argsort(-CASE.signals.account.target_weight)
    held = CASE.signals.account.target_weight[heaviest].cumsum()
    thin[heaviest[: int(np.searchsorted(held, 0.45)) + 1]] = np.nan
    for policy in (Uncovered.LEAVE_OUT, Uncovered.SECTOR_MEDIAN):
        mandate = Mandate(esg=(EsgWish("risk score", uncovered=policy, **asked),))  # type: ignore[arg-type]
        with pytest.raises(IncompleteDataError, match=r"risk score covers 0\.\d+ of the weight.*forced=True"):
            formulate(signals_with(thin), mandate, CASE.tax)
    forced = Mandate(esg=(EsgWish("risk score", forced=True, **asked),))  # type: ignore[arg-type]
    formulate(signals_with(thin), forced, CASE.tax)
    formulate(signals_with(thin), Mandate(esg=(EsgWish("risk score", ceiling=99.0),)), CASE.tax)


def test_flags_where_unknown_means_no_need_no_coverage() -> None:
    few = np.where(np.arange(N) < 3, 1.0, np.nan)
    market = replace(CASE.signals.market, esg={"target set": few})
    formulate(Signals(market, CASE.signals.account), Mandate(esg=(not_below_index("target set"),)), CASE.tax)


def combined() -> ScoreTilt:
    universe = CASE.signals.market.universe
    values = dict(zip(IDS, RISK_SCORES.tolist(), strict=True))
    raw = EsgMeasure("risk score", values, Direction.LOWER_IS_BETTER, "P", topic="score", bounds=(0.0, 60.0))
    return score_tilt([raw], universe, dict(zip(IDS, CASE.signals.account.target_weight.tolist(), strict=True)))


def test_a_combined_score_is_a_measure_like_any_other_and_moves_the_portfolio_by_what_is_asked() -> None:
    tilt = combined()
    market = replace(
        CASE.signals.market,
        esg={"esg score": tilt.measure.aligned(CASE.signals.market.universe)},
        esg_scale={"esg score": tilt.measure.scale},
    )
    signals = Signals(market, ACCOUNT)
    held = weights(signals, Mandate(risk_aversion=20.0, cash_max=0.0005, esg=(tilt.wish(delta_min=0.25),)))
    score, target = market.esg["esg score"], signals.account.target_weight
    assert score @ held / held.sum() >= score @ target / target.sum() + 0.25 - 1e-6
