"""ESG wishes become rules that say what they mean, in their own unit, and tilts that are worth what was said."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.esg_standards import ClimateData, climate_transition, paris_aligned
from di_advisor.domain.esg_table import Direction, EsgScale
from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered, not_below_index
from di_advisor.domain.exclusions import Exclusion, GlidePath
from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import Band, Mandate, NameBand
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import IncompleteDataError, InfeasibleError, InputError
from di_advisor.formulate import formulate
from di_advisor.formulate.esg_average import AverageLimit, shown
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import slack_in_rows
from di_advisor.solve import search_for, solve
from di_advisor.solve.solution import Solution
from di_advisor.testing.random_cases import random_case

NAN = float("nan")
CASE = random_case(7, names=40, lots_a_name=2, styles=2)
N = 40
G = np.random.default_rng(7)
SCORE = np.where(G.random(N) < 0.9, np.clip(5 + 2 * G.standard_normal(N), 0, 10), NAN)
CARBON = np.where(G.random(N) < 0.9, np.exp(G.normal(3.0, 1.6, N)), NAN)


def signals_with(**esg: FloatArray) -> Signals:
    account = replace(
        CASE.signals.account,
        can_buy=np.ones(N, dtype=np.bool_),
        can_sell=np.ones(N, dtype=np.bool_),
        lot_sellable=np.ones(len(CASE.signals.account.lots), dtype=np.bool_),
    )
    scale = {"carbon": EsgScale(Direction.LOWER_IS_BETTER, "t/$M")}
    return Signals(replace(CASE.signals.market, esg={"score": SCORE, "carbon": CARBON} | esg, esg_scale=scale), account)


def problem_with(mandate: Mandate, **esg: FloatArray) -> Problem:
    return formulate(signals_with(**esg), mandate, CASE.tax)


def solved(problem: Problem) -> Solution:
    return search_for(problem.block, lambda: False, 3).run()


def weights(problem: Problem, plan: Plan) -> FloatArray:
    holdings = problem.block.holdings
    return np.asarray(holdings.held + plan.net(holdings.lot_name), dtype=np.float64)


def averages(problem: Problem, plan: Plan, values: FloatArray) -> tuple[float, float]:
    """Of the plan and of the index, over covered names, straight from the definition."""
    k = np.isfinite(values)
    w, b = weights(problem, plan)[k], problem.block.holdings.target[k]
    return float(values[k] @ w / w.sum()), float(values[k] @ b / b.sum())


def esg_rule(problem: Problem, start: str = "ESG") -> AverageLimit:
    return next(r for r in problem.rules if isinstance(r, AverageLimit) and r.name.startswith(start))


@pytest.mark.parametrize(("standard", "left"), [(paris_aligned, 0.50), (climate_transition, 0.70)])
def test_a_standard_halves_the_intensity_or_cuts_three_tenths_to_a_millionth(standard: object, left: float) -> None:
    found = standard(ClimateData("carbon", {}), base_value=1e9, base_date=date(2026, 1, 1))  # type: ignore[operator]
    problem = problem_with(found.added_to(Mandate(risk_aversion=50.0)))
    solution = solved(problem)
    after, index = averages(problem, solution.plan, CARBON)
    assert after <= left * index * (1 + 1e-6)
    assert after == pytest.approx(left * index, rel=1e-5), "the cut binds, the path does not"
    assert esg_rule(problem, "ESG cut").binds(solution.plan)
    assert not esg_rule(problem, "ESG pathway").binds(solution.plan)


def test_the_binding_side_is_the_path_where_the_path_is_lower() -> None:
    index = averages(problem_with(Mandate()), Plan(np.zeros(len(CASE.signals.account.lots)), np.zeros(N)), CARBON)[1]
    day = CASE.signals.market.as_of
    path = Pathway(0.5 * index, day.replace(year=day.year - 2))
    problem = problem_with(Mandate(risk_aversion=50.0, esg=(EsgWish("carbon", cut_min=0.3, pathway=path),)))
    solution = solved(problem)
    assert averages(problem, solution.plan, CARBON)[0] == pytest.approx(0.5 * index * 0.8649, rel=1e-5)
    assert esg_rule(problem, "ESG pathway").binds(solution.plan)
    assert not esg_rule(problem, "ESG cut").binds(solution.plan)


@given(seed=st.integers(0, 10_000), policy=st.sampled_from(list(Uncovered)))
def test_the_row_and_the_average_agree_on_every_plan(seed: int, policy: Uncovered) -> None:
    g = np.random.default_rng(seed)
    wish = EsgWish("score", uplift_min=0.1, uncovered=policy, coverage_min=0.8)
    problem = problem_with(Mandate(esg=(wish,)))
    holdings = problem.block.holdings
    plan = Plan(holdings.lot_weight * g.random(len(holdings.lot_weight)), g.uniform(0, 0.01, N))
    for rule in (r for r in problem.rules if isinstance(r, AverageLimit)):
        [row] = rule.rows(problem.block.segments)
        assert row.on_active is not None
        room = row.upper - float(row.on_active @ (holdings.active + plan.net(holdings.lot_name)))
        counted = float(rule.counted @ (holdings.held + plan.net(holdings.lot_name)))
        assert room == pytest.approx(slack_in_rows(rule, plan) * counted, abs=1e-12)


def test_uncovered_names_count_in_the_index_as_in_the_portfolio() -> None:
    limits = {}
    for policy in Uncovered:
        rule = esg_rule(problem_with(Mandate(esg=(EsgWish("score", uplift_min=0.1, uncovered=policy),))))
        limits[policy] = rule.limit
        assert rule.limit == pytest.approx(1.1 * rule.index_value)
        assert "Names without a figure" in rule.sentence
    assert len({round(x, 9) for x in limits.values()}) == len(limits), "the policy moves the index's average"


def test_leaving_names_out_does_not_let_a_portfolio_flee_into_what_is_not_covered() -> None:
    known = SCORE.copy()
    known[:20] = NAN  # half the index, by weight most of it
    mandate = Mandate(risk_aversion=50.0, esg=(EsgWish("score", uplift_min=0.2, coverage_min=0.4, forced=True),))
    problem = problem_with(mandate, score=known)
    index_coverage = esg_rule(problem, "ESG coverage").index_value
    wish = EsgWish("score", uplift_min=0.2, coverage_min=min(index_coverage, 0.4), forced=True)
    floor = mandate.with_changes(esg=(wish,))
    problem = problem_with(floor, score=known)
    w = weights(problem, solved(problem).plan)
    assert w[np.isfinite(known)].sum() / w.sum() >= min(index_coverage, 0.4) - 1e-9


@pytest.mark.parametrize("wish", [EsgWish("z", uplift_min=0.1), EsgWish("z", cut_min=0.1)])
def test_a_relative_wish_on_a_scale_with_negative_figures_names_the_additive_one(wish: EsgWish) -> None:
    with pytest.raises(InputError, match=r"no meaning: .*Ask for points instead: EsgWish\(..., delta_min"):
        problem_with(Mandate(esg=(wish,)), z=np.linspace(-1.0, 2.0, N))
    with pytest.raises(InputError, match="index average is"):
        problem_with(Mandate(esg=(wish,)), z=np.linspace(-2.0, -1.0, N))


def test_points_are_added_in_the_good_direction_also_below_zero() -> None:
    z = np.linspace(-2.0, 0.5, N)
    for direction, sign in ((Direction.HIGHER_IS_BETTER, 1), (Direction.LOWER_IS_BETTER, -1)):
        wish = EsgWish("z", delta_min=0.1, direction=direction)
        problem = problem_with(Mandate(risk_aversion=50.0, esg=(wish,)), z=z)
        after, index = averages(problem, solved(problem).plan, z)
        assert sign * (after - index) >= 0.1 - 1e-7


def test_a_measure_that_is_not_there_or_covers_no_target_is_refused() -> None:
    with pytest.raises(InputError, match="'sbti', which is not there"):
        problem_with(Mandate(esg=(EsgWish("sbti", floor=0.1),)))
    with pytest.raises(IncompleteDataError, match="covers no name"):
        problem_with(Mandate(esg=(EsgWish("sbti", floor=0.1),)), sbti=np.full(N, NAN))


def test_two_limits_of_one_kind_on_one_measure_have_names_of_their_own() -> None:
    problem = problem_with(Mandate(esg=(EsgWish("score", floor=1.0), EsgWish("score", floor=0.5, uncovered="zero"))))  # type: ignore[arg-type]
    names = [r.name for r in problem.rules]
    assert names.count("ESG floor: score") == 1
    assert "ESG floor: score (2)" in names


def test_sentences_carry_the_ask_the_index_and_the_unit() -> None:
    problem = problem_with(Mandate(esg=(EsgWish("carbon", cut_min=0.5), not_below_index("nace"))), nace=np.ones(N))
    text = esg_rule(problem, "ESG cut").sentence
    assert "average carbon is at most" in text
    assert "t/$M (-50 %; the index has" in text
    assert "100 %" in esg_rule(problem, "ESG points").sentence


@pytest.mark.parametrize(
    ("value", "unit", "towards", "text"),
    [
        (158.6488, "t/$M", 0, "158.65 t/$M"),
        (0.123456, "%", 0, "12.346 %"),
        (7.123459, "", -1, "7.1234"),
        (7.123411, "", 1, "7.1235"),
        (0.0, "", 0, "0"),
        (12345678.0, "", 0, "12,345,678"),
    ],
)
def test_figures_are_shown_to_five_digits_on_the_safe_side(value: float, unit: str, towards: float, text: str) -> None:
    assert shown(value, unit, towards=towards) == text


def test_a_point_of_a_score_is_worth_what_the_wish_says() -> None:
    problem = problem_with(Mandate(esg=(EsgWish("score", usd_per_point=1000.0),)), score=np.nan_to_num(SCORE, nan=5.0))
    term = next(t for t in problem.terms if t.name.startswith("ESG tilt"))
    holdings = problem.block.holdings
    best, worst = (int(f(np.nan_to_num(SCORE, nan=5.0))) for f in (np.argmax, np.argmin))
    lot = int(np.flatnonzero(holdings.lot_name == worst)[0])
    sells, buys = np.zeros(len(holdings.lot_weight)), np.zeros(N)
    sells[lot] = buys[best] = min(holdings.lot_weight[lot], 0.01)
    points = (np.nan_to_num(SCORE, nan=5.0)[best] - np.nan_to_num(SCORE, nan=5.0)[worst]) * buys[best]
    assert term.value_usd(Plan(sells, buys)) == pytest.approx(-1000.0 * points)
    assert "is worth $1,000.00" in term.sentence


@pytest.mark.parametrize("seed", range(6))
def test_raising_a_risk_score_never_raises_the_names_weight_in_a_tilt(seed: int) -> None:
    g = np.random.default_rng(seed)
    risk = g.uniform(5, 60, N)
    name = int(g.integers(N))
    wish = EsgWish("risk", usd_per_point=3000.0, direction=Direction.LOWER_IS_BETTER)
    mandate = Mandate(risk_aversion=50.0, esg=(wish,), cash_min=0.0, cash_max=0.0005, name_band=NameBand())
    before = problem_with(mandate, risk=risk)
    worse = risk.copy()
    worse[name] += 30.0
    after = problem_with(mandate, risk=worse)
    w0, w1 = (weights(p, solved(p).plan)[name] for p in (before, after))
    assert w1 <= w0 + 0.0005 * before.block.holdings.target[name] + 1e-7


def test_a_factor_is_tilted_towards_what_is_paid_for() -> None:
    found = {}
    for worth in (-20_000.0, 0.0, 20_000.0):
        problem = problem_with(Mandate(risk_aversion=50.0, factor_tilts={"style0": worth}))
        active = problem.block.holdings.active + solved(problem).plan.net(problem.block.holdings.lot_name)
        found[worth] = float(problem.block.risk.exposures[:, problem.block.risk.factors.index("style0")] @ active)
    assert found[-20_000.0] < found[0.0] < found[20_000.0]
    with pytest.raises(InputError, match="It has: market"):
        problem_with(Mandate(factor_tilts={"momentum": 1.0}))


def one_sector_out(sector: str) -> Exclusion:
    ids = frozenset(s.security_id for s in CASE.signals.market.universe.securities if s.sector == sector)
    return Exclusion(f"all of {sector}", ids)


@pytest.mark.parametrize("half_width", [1e-6, 0.01, 0.3])
def test_a_band_does_not_bring_back_a_sector_that_exclusions_empty(half_width: float) -> None:
    mandate = Mandate(risk_aversion=50.0, exclusions=(one_sector_out("S2"),), sector_band=Band.within(half_width))
    problem = problem_with(mandate)
    solution = solved(problem)
    of_sector = np.array([s.sector == "S2" for s in CASE.signals.market.universe.securities])
    assert (weights(problem, solution.plan)[of_sector] < 1e-12).all()
    told = [n for n in problem.notes if "S2" in n]
    target = float(problem.block.holdings.target[of_sector].sum())
    assert bool(told) == (target > half_width)
    rules = {r.name: r for r in problem.rules}
    assert "points of its target at most" in rules["sector band: S2"].sentence or not told
    for rule in problem.rules:
        assert rule.slack(solution.plan) >= -1e-7, rule.sentence


def test_a_band_that_is_broken_for_other_reasons_is_not_relaxed() -> None:
    problem = problem_with(Mandate(sector_band=Band(0.9, 0.95), exclusions=(Exclusion("one", frozenset({"R00000"})),)))
    assert [r.lower for r in problem.rules if r.name == "sector band: S1"] == [0.9]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("days", "left"), [(-1, 0.5), (1, 1.0)])
def test_a_glide_path_leaves_its_fraction_of_names_with_gains_and_nothing_of_others(days: int, left: float) -> None:
    account = CASE.signals.account
    gain = np.bincount(account.lot_name, weights=account.lot_gain_usd, minlength=N)
    held = account.held_usd() / account.value_usd
    gaining, losing = int(np.argmax(gain)), int(np.argmin(gain))
    day = CASE.signals.market.as_of
    path = GlidePath(((day + timedelta(days=days), 0.5), (day + timedelta(days=400), 0.0)), gain_min=0.05)
    ids = frozenset(f"R{i:05d}" for i in (gaining, losing))
    problem = problem_with(Mandate(risk_aversion=50.0, exclusions=(Exclusion("coal", ids, glide=path),)))
    w = weights(problem, solved(problem).plan)
    assert w[gaining] <= left * held[gaining] + 1e-9
    assert problem.block.active_upper[gaining] + problem.block.holdings.target[gaining] == pytest.approx(
        left * held[gaining]
    )
    assert w[losing] == pytest.approx(0, abs=1e-12)


def test_a_weight_at_the_start_of_the_path_counts_instead_of_todays() -> None:
    account, day = CASE.signals.account, CASE.signals.market.as_of
    gaining = int(np.argmax(np.bincount(account.lot_name, weights=account.lot_gain_usd, minlength=N)))
    name, held = f"R{gaining:05d}", float(account.held_usd()[gaining] / account.value_usd)
    path = GlidePath(((day, 0.5),), start_weight={name: 1.2 * held})
    problem = problem_with(Mandate(exclusions=(Exclusion("coal", frozenset({name}), glide=path),)))
    most = problem.block.active_upper[gaining] + problem.block.holdings.target[gaining]
    assert most == pytest.approx(0.6 * held)


@pytest.mark.parametrize(
    ("band", "low", "high"),
    [
        (GroupBand(GroupKind.SECTOR, "S1", 0.0, 0.10), 0.0, 0.10),
        (GroupBand(GroupKind.SECTOR, "S1", 0.25, 0.30), 0.25, 0.30),
        (GroupBand(GroupKind.SECTOR, "S1", 0.5, 0.8, MeasuredAs.MULTIPLE), None, None),
        (GroupBand(GroupKind.NAME, "R00000", 0.0, 0.02), 0.0, 0.02),
    ],
)
def test_a_group_keeps_its_weight_absolute_or_in_multiples(
    band: GroupBand, low: float | None, high: float | None
) -> None:
    problem = problem_with(Mandate(risk_aversion=50.0, group_bands=(band,), name_band=NameBand()))
    securities = CASE.signals.market.universe.securities
    of_group = np.array([band.group in (s.sector, s.security_id) for s in securities])
    weight = float(weights(problem, solved(problem).plan)[of_group].sum())
    target = float(problem.block.holdings.target[of_group].sum())
    if low is None or high is None:
        low, high = band.lower * target, band.upper * target
    assert low - 1e-7 <= weight <= high + 1e-7
    rule = next(r for r in problem.rules if r.name.endswith((band.group, "R00000")))
    assert rule.measure(solved(problem).plan) * (target if band.measured is MeasuredAs.MULTIPLE else 1) == (
        pytest.approx(weight)
    )
    assert band.relative_to_index is (band.measured is MeasuredAs.MULTIPLE)


def test_bands_on_groups_that_are_not_there_are_refused() -> None:
    with pytest.raises(InputError, match="There are: S0"):
        problem_with(Mandate(group_bands=(GroupBand(GroupKind.SECTOR, "Energy", 0, 1),)))
    with pytest.raises(InputError, match="A group band names 1 security"):
        problem_with(Mandate(group_bands=(GroupBand(GroupKind.NAME, "nobody", 0, 1),)))
    with pytest.raises(InputError, match="NameBand"):
        GroupBand(GroupKind.NAME, "")


def test_no_name_passes_the_largest_weight_unless_it_is_there_already() -> None:
    problem = problem_with(Mandate(name_band=NameBand(weight_max=0.03)))
    held = problem.block.holdings.held
    w = weights(problem, solved(problem).plan)
    assert (w <= np.maximum(held, 0.03) + 1e-9).all()
    assert w.max() > 0.029


def test_the_smallest_relaxation_that_is_named_is_enough_and_reads_in_the_wishs_own_unit() -> None:
    mandate = Mandate(tracking_error_max=0.008, esg=(EsgWish("score", uplift_min=0.25),), name_band=NameBand())
    with pytest.raises(InfeasibleError) as caught:
        solve(problem_with(mandate))
    error = caught.value
    assert str(error).startswith("Average score: +25 % needs at least ")
    assert "bps of tracking error; you allow 80.0." in str(error)
    [text] = [t for t in error.facts["relaxations"] if t.startswith("average score at least")]
    reached = float(text.partition("(")[2].partition(" %")[0]) / 100
    assert 0 < reached < 0.25
    enough = mandate.with_changes(esg=(EsgWish("score", uplift_min=reached),))
    assert solve(problem_with(enough)).residual <= 1e-6
    needed = float(str(error).partition("needs at least ")[2].partition(" bps")[0]) / 1e4
    assert solve(problem_with(mandate.with_changes(tracking_error_max=needed))).residual <= 1e-6
