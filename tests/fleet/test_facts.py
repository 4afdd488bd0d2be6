"""The hash of a fleet's facts: the same in every process, another one for whatever could change a record."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.universe import Security, Universe
from di_advisor.fleet.facts import FleetFacts
from di_advisor.registry import harvest_model
from di_advisor.signals import Harvesting

CLIENT = ClientProfile(0.4, 0.238)


def with_security(facts: FleetFacts, changed: Security) -> FleetFacts:
    """Facts with another first name of the universe, everything else as it is."""
    market = facts.market
    universe = Universe((changed, *market.universe.securities[1:]))
    risk, costs = replace(market.risk, universe=universe), replace(market.costs, universe=universe)
    return replace(facts, market=replace(market, universe=universe, risk=risk, costs=costs))


def test_the_same_facts_with_a_model_made_anew_have_the_same_hash(facts: FleetFacts) -> None:
    one, other = (replace(facts, harvest=Harvesting(harvest_model(), CLIENT)) for _ in range(2))
    assert one.harvest is not None
    assert other.harvest is not None
    assert one.harvest.model is not other.harvest.model
    assert one.digest() == other.digest() != facts.digest()
    assert replace(one, harvest=replace(one.harvest, review_days=30)).digest() != one.digest()


@pytest.mark.parametrize("change", [{"sector": "Other"}, {"identical_group": "G"}, {"country": "DE"}])
def test_what_a_name_is_counts_and_not_its_id_alone(facts: FleetFacts, change: dict[str, str]) -> None:
    first = facts.market.universe.securities[0]
    assert with_security(facts, first).digest() == facts.digest()
    assert with_security(facts, replace(first, **change)).digest() != facts.digest()


def test_factors_and_dividends_count_by_name(facts: FleetFacts) -> None:
    risk = facts.market.risk
    renamed = replace(risk, factors=(*risk.factors[:-1], "another"))
    assert replace(facts, market=replace(facts.market, risk=renamed)).digest() != facts.digest()
    figures = np.full(len(facts.market.universe), 0.5)
    bare = replace(facts.market, dividend_yield_per_year=None, qualified_share=None)
    one = replace(facts, market=replace(bare, dividend_yield_per_year=figures))
    other = replace(facts, market=replace(bare, qualified_share=figures))
    assert one.digest() != other.digest()
