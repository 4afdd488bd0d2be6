"""Three providers that disagree in scores, scales, directions and coverage."""

import numpy as np
import pytest

from di_advisor.sample.calibration import mean_rank_correlation
from di_advisor.sample.esg import BUSINESSES, PROVIDERS


def scores(world):
    """Scores by security and provider, higher better in each."""
    esg = world.esg
    better = np.where(esg["direction"] == "lower_is_better", -esg["score"], esg["score"])
    return esg.assign(better=better).pivot_table(index="security_id", columns="provider", values="better")


def test_the_mean_rank_correlation_of_the_providers_is_that_of_real_ones(world):
    table = scores(world)
    assert mean_rank_correlation(table.to_numpy()) == pytest.approx(0.54, abs=0.03)
    pairs = table.corr("spearman").to_numpy()[np.triu_indices(3, 1)]
    assert pairs.min() >= 0.38
    assert pairs.max() <= 0.72
    assert pairs.max() - pairs.min() > 0.15


def test_each_year_s_figures_disagree_as_much(world):
    for year in (2022, 2024):
        esg = world.esg_known_on(world.days[np.searchsorted(world.days, np.datetime64(f"{year}-12-01"))].astype(object))
        better = np.where(esg["direction"] == "lower_is_better", -esg["score"], esg["score"])
        table = esg.assign(better=better).pivot_table(index="security_id", columns="provider", values="better")
        assert mean_rank_correlation(table.to_numpy()) == pytest.approx(0.54, abs=0.05)


def test_scales_and_directions_differ_and_scores_keep_to_them(world):
    esg = world.esg
    assert set(esg["direction"]) == {"lower_is_better", "higher_is_better"}
    for provider in PROVIDERS:
        low, high = (float(x) for x in provider.scale.split(" to "))
        found = esg.loc[esg["provider"] == provider.name, "score"]
        assert found.between(low, high).all()
        assert found.max() > 0.7 * high


def test_every_provider_says_that_it_is_simulated(world):
    assert all("(simulated)" in p for p in set(world.esg["provider"]))


def test_coverage_has_gaps_and_more_of_them_among_the_small(world):
    market = world.market()
    size = dict(zip(market.universe.security_ids, market.characteristics["size"], strict=True))
    middle = np.median(list(size.values()))
    for provider, rows in world.esg.groupby("provider"):
        covered = set(rows["security_id"])
        large = np.mean([i in covered for i, s in size.items() if s > middle])
        small = np.mean([i in covered for i, s in size.items() if s <= middle])
        assert 0.55 < small < large <= 1.0, provider
    assert len(set.intersection(*(set(r["security_id"]) for _, r in world.esg.groupby("provider")))) > 300


def test_only_one_provider_gives_letters_and_they_follow_the_score(world):
    rated = world.esg[world.esg["rating"] != ""]
    assert rated["provider"].nunique() == 1
    order = ["CCC", "B", "BB", "BBB", "A", "AA", "AAA"]
    low = rated.groupby("rating")["score"].min()
    assert [low[r] for r in order if r in low] == sorted(low)
    assert len(low) >= 6


def test_figures_are_dated_and_nothing_later_is_shown(world):
    history = world.esg_history
    assert (history["known_at"] <= np.datetime64(world.as_of)).all()
    day = world.days[200].astype(object)
    known = world.esg_known_on(day)
    assert (known["known_at"] <= np.datetime64(day)).all()
    assert not known.duplicated(["provider", "security_id"]).any()
    first = world.esg_known_on(world.days[0].astype(object))
    assert first["provider"].nunique() == 3


def test_carbon_intensity_is_highest_where_fuel_is_burnt(world):
    sector = {s.security_id: s.sector for s in world.universe.securities}
    carbon = (
        world.esg.assign(sector=world.esg["security_id"].map(sector)).groupby("sector")["carbon_intensity"].median()
    )
    assert carbon["Utilities"] > 20 * carbon["Information Technology"]
    assert carbon["Energy"] > 5 * carbon["Consumer Discretionary"]
    assert carbon["Financials"] < 10


def test_providers_agree_on_reported_carbon_and_not_on_estimates(world):
    def spread(rows):
        table = np.log(rows.pivot_table(index="security_id", columns="provider", values="carbon_intensity"))
        return float(table.diff(axis=1).iloc[:, 1].std())

    esg = world.esg[world.esg["known_at"] >= np.datetime64("2026-01-01")]
    assert spread(esg[~esg["carbon_is_estimated"]]) < 0.02
    assert spread(esg[esg["carbon_is_estimated"]]) > 0.2


def test_business_involvement_is_a_fraction_of_revenue_and_one_provider_knows_brackets_only(world):
    esg = world.esg
    for business in BUSINESSES:
        known = esg[business].dropna()
        assert known.between(0, 1).all()
        assert (known > 0).any(), business
    brackets = esg[esg["provider"] == PROVIDERS[1].name]
    assert set(np.unique(brackets[list(BUSINESSES)])) <= {0.0, 0.05, 0.10, 0.50}
    assert esg[list(BUSINESSES)].isna().to_numpy().any()


def test_share_classes_of_one_issuer_have_one_set_of_figures(world):
    groups = {}
    for s in world.universe.securities:
        if s.identical_group:
            groups.setdefault(s.identical_group, []).append(s.security_id)
    compared = 0
    for pair in groups.values():
        rows = world.esg[world.esg["security_id"].isin(pair)].drop(columns="security_id")
        for _, both in rows.groupby("provider"):
            assert len(both) == 2
            assert both.iloc[0].equals(both.iloc[1].rename(both.index[0]))
            compared += 1
    assert compared >= 3
