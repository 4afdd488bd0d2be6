"""What a proposal tells of ESG: facts with coverage, screens with reasons, dollars of tilts, ladder, screens' cost."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgScale
from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath
from di_advisor.domain.mandate import Mandate, NameBand, TradingMode
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.screen_costs import screen_costs
from di_advisor.propose.uplift_ladder import climb, rungs
from di_advisor.signals.esg import score_tilt
from di_advisor.testing.random_cases import random_case

CASE = random_case(7, names=40, lots_a_name=2, styles=2)
N = 40
G = np.random.default_rng(3)
SCORE = np.where(G.random(N) < 0.9, np.clip(5 + 2 * G.standard_normal(N), 0, 10), np.nan)
COAL = np.where(np.arange(N) % 9 == 4, 0.2, 0.0)
COAL[[0, 11]] = np.nan
SCALE = {
    "score": EsgScale(Direction.HIGHER_IS_BETTER, provider="one", topic="score"),
    "other": EsgScale(Direction.HIGHER_IS_BETTER, provider="two", topic="score"),
    "coal": EsgScale(Direction.LOWER_IS_BETTER, "%", "one"),
}
MARKET = replace(CASE.signals.market, esg={"score": SCORE, "other": 10 - SCORE, "coal": COAL}, esg_scale=SCALE)
SIGNALS = Signals(
    MARKET,
    replace(
        CASE.signals.account,
        can_buy=np.ones(N, dtype=np.bool_),
        can_sell=np.ones(N, dtype=np.bool_),
        lot_sellable=np.ones(len(CASE.signals.account.lots), dtype=np.bool_),
    ),
)
COAL_SCREEN = Exclusion("coal", conditions=(Condition("coal", 0.05),), source="one")


def propose(mandate: Mandate) -> Proposal:
    return plan_for(SIGNALS, mandate, CASE.tax, Clock(silent), never).proposal


def test_every_measure_is_told_before_and_after_with_its_coverage() -> None:
    proposal = propose(Mandate(risk_aversion=50.0, esg=(EsgWish("score", uplift_min=0.1),)))
    assert list(proposal.esg_frame["measure"]) == ["score", "other", "coal"]
    score = proposal.esg[0]
    assert score.after >= 1.1 * score.index * (1 - 1e-6)
    assert score.provider == "one"
    assert 0 < score.index_coverage < 1
    check = next(c for c in proposal.checks if c.rule == "ESG uplift: score")
    assert check.after == pytest.approx(score.after)
    assert check.before == pytest.approx(score.before)


def test_a_screen_tells_who_left_why_and_what_is_not_known() -> None:
    proposal = propose(Mandate(risk_aversion=50.0, exclusions=(COAL_SCREEN,)))
    [row] = proposal.screens
    assert len(proposal.screen_frame) == 1
    out = {f"R{i:05d}" for i in np.flatnonzero(COAL > 0.05)}
    assert {line.split(":")[0].removeprefix("EXCLUDED ") for line in row.reasons} == out
    assert all("rule coal >= 0.05; evidence coal 0.2; source one" in line for line in row.reasons)
    assert row.before > 0
    assert row.after == 0
    assert row.left == ()
    assert row.unknown == ("R00000", "R00011")
    assert any(n.startswith("Screen coal: ") and "not known for 2 names" in n for n in proposal.notes)
    assert not {t.security_id for t in proposal.trade_list if t.side.value == "buy"} & out


def test_a_sale_of_an_excluded_name_says_who_excludes_it() -> None:
    proposal = propose(Mandate(risk_aversion=50.0, exclusions=(COAL_SCREEN,)))
    out = {f"R{i:05d}" for i in np.flatnonzero(COAL > 0.05)}
    for trade in proposal.trade_list:
        assert ("EXCLUDED" in trade.sentence) == (trade.security_id in out)
        assert ("excluded" in trade.facts) == (trade.security_id in out)


@pytest.mark.parametrize("rounding", ["whole_shares", "fractional"])
@pytest.mark.parametrize("seed", range(4))
def test_after_rounding_no_more_is_left_than_the_glide_path_says(seed: int, rounding: str) -> None:
    case = random_case(seed, names=30, lots_a_name=3)
    account, market = case.signals.account, case.signals.market
    held = account.held_usd() / account.value_usd
    gain = np.bincount(account.lot_name, weights=account.lot_gain_usd, minlength=30)
    chosen = np.argsort(-gain)[:4].tolist()
    path = GlidePath(((market.as_of, 0.5),))
    coal = Exclusion("coal", frozenset(market.universe.security_ids[i] for i in chosen), glide=path)
    mandate = Mandate(risk_aversion=20.0, exclusions=(coal,), rounding=rounding)  # type: ignore[arg-type]
    planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never)
    for at in chosen:
        free = account.can_sell[at] and account.lot_sellable[account.lot_name == at].all()
        assert held[at] + planned.orders.net[at] <= (0.5 if free else 1.0) * held[at] + 1e-9


def test_what_cannot_be_sold_is_told_as_left() -> None:
    proposal = propose(Mandate(exclusions=(COAL_SCREEN,), mode=TradingMode.BUY_ONLY))
    [row] = proposal.screens
    assert len(proposal.screen_frame) == 1
    assert row.after == pytest.approx(row.before)
    assert len(row.left) > 0


def test_providers_that_disagree_are_named_where_a_wish_uses_one_of_them() -> None:
    used = propose(Mandate(risk_aversion=50.0, esg=(EsgWish("score", uplift_min=0.05),)))
    assert any(n.startswith("score and other disagree on ") for n in used.notes)
    assert not any("disagree" in n for n in propose(Mandate()).notes)


def test_a_tilt_is_a_term_of_its_own_whose_dollars_are_points_times_the_price() -> None:
    wish = EsgWish("score", usd_per_point=2000.0, uncovered="universe_mean")  # type: ignore[arg-type]
    proposal = propose(Mandate(risk_aversion=50.0, esg=(wish,), factor_tilts={"style0": 500.0}))
    filled = np.where(np.isfinite(SCORE), SCORE, np.nanmean(SCORE))
    index = float(filled @ SIGNALS.account.target_weight)
    moved = np.zeros(N)
    for trade in proposal.trade_list:
        sign = 1.0 if trade.side.value == "buy" else -1.0
        moved[MARKET.universe.positions[trade.security_id]] += sign * float(trade.value_usd)
    expected = -2000.0 * float((filled - index) @ moved) / SIGNALS.account.value_usd
    assert float(proposal.terms_usd["ESG tilt on score"]) == pytest.approx(expected, abs=0.02)
    assert "factor tilt style0" in proposal.terms_usd
    for trade in proposal.trade_list:
        assert trade.benefit_usd == -sum(trade.dollars.values(), Decimal(0))
    assert -sum(proposal.terms_usd.values(), Decimal(0)) == proposal.benefit_usd


def test_the_ladder_gives_turnover_and_tracking_error_in_turn_up_to_their_ends() -> None:
    steps = list(rungs(0.28, 0.002))
    assert steps[:6] == [(0.28, 0.002), (0.29, 0.002), (0.29, 0.003), (0.30, 0.003), (0.30, 0.004), (0.30, 0.005)]
    assert steps[-1] == (0.30, 0.01)
    assert list(rungs(None, 0.001))[-1] == (None, 0.005)
    assert len(set(steps)) == len(steps)


def test_the_ladder_climbs_the_same_rungs_for_the_same_inputs_and_stops_at_the_first_plan() -> None:
    mandate = Mandate(
        risk_aversion=50.0,
        tracking_error_max=0.006,
        turnover_max=0.25,
        name_band=NameBand(),
        esg=(EsgWish("score", uplift_min=0.15),),
    )
    first, second = (climb(SIGNALS, mandate, CASE.tax, propose) for _ in range(2))
    assert first.tried == second.tried
    assert len(first.tried) > 1
    assert all(r.refused for r in first.tried[:-1])
    assert first.tried[-1].refused == ""
    assert first.proposal is not None
    last = first.tried[-1]
    assert first.proposal.mandate.tracking_error_max == last.tracking_error_max
    assert first.proposal.after.tracking_error <= last.tracking_error_max
    assert list(first.frame.columns) == ["turnover_max", "tracking_error_max", "refused"]


def test_a_ladder_that_ends_without_a_plan_says_why_at_every_rung() -> None:
    mandate = Mandate(tracking_error_max=0.0004, esg=(EsgWish("score", uplift_min=0.5),))
    ladder = climb(SIGNALS, mandate, CASE.tax, propose)
    assert ladder.proposal is None
    assert all(r.refused for r in ladder.tried)
    assert ladder.tried[-1].tracking_error_max == pytest.approx(0.002)
    with pytest.raises(InputError, match="no cap on tracking error"):
        climb(SIGNALS, mandate.with_changes(tracking_error_max=None), CASE.tax, propose)


def test_the_cost_of_screens_is_told_for_each_alone_and_for_all_together() -> None:
    base = Mandate(risk_aversion=200.0, name_band=NameBand())
    largest = Exclusion("largest", frozenset({"R00001"}))
    frame = screen_costs(lambda some: propose(base.with_changes(exclusions=some)), (COAL_SCREEN, largest))
    assert list(frame["screens"]) == ["none", "coal", "largest", "all together"]
    assert list(frame["names_out"]) == [0, 4, 1, 5]
    assert frame["tracking_error_cost"].iloc[0] == 0
    assert frame["tracking_error"].iloc[3] > frame["tracking_error"].iloc[0]
    assert (frame["refused"] == "").all()


def test_a_trade_towards_a_combined_score_says_what_stands_behind_it() -> None:
    universe = CASE.signals.market.universe
    values = dict(zip(universe.security_ids, SCORE.tolist(), strict=True))
    raw = EsgMeasure("score", values, Direction.HIGHER_IS_BETTER, "P", topic="score", bounds=(0.0, 10.0))
    weight = dict(zip(universe.security_ids, SIGNALS.account.target_weight.tolist(), strict=True))
    tilt = score_tilt([raw], universe, weight, forced=True)
    figures = tilt.measure.aligned(universe)
    market = replace(MARKET, esg={"esg score": figures}, esg_scale={"esg score": tilt.measure.scale})
    mandate = Mandate(risk_aversion=50.0, esg=(tilt.wish(delta_min=0.3),))
    proposal = plan_for(Signals(market, SIGNALS.account), mandate, CASE.tax, Clock(silent), never).proposal
    told = [t for t in proposal.trade_list if "tilted" in t.facts]
    assert told
    for t in proposal.trade_list:
        good = figures[universe.positions[t.security_id]]
        towards = good != 0 and (good > 0) == (t.side is Side.BUY)
        assert towards == ("tilted" in t.facts)
        assert f"TILTED {t.ticker}: esg score {good:+.2f}: " in t.sentence or not towards
    known = {t.security_id: t.facts["tilted"] for t in told if values[t.security_id] == values[t.security_id]}
    assert all(f"P {values[i]:g} (" in line for i, line in known.items())
