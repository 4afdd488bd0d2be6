"""Climate standards in the optimizer: intensity at most half, or 70 percent, of the index's, and which side binds."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from di_advisor.domain.esg_standards import ClimateData, climate_transition, paris_aligned
from di_advisor.domain.esg_table import Direction, EsgScale
from di_advisor.domain.mandate import Mandate, NameBand
from di_advisor.formulate import formulate
from di_advisor.formulate.esg import esg_rules
from di_advisor.solve import search_for
from di_advisor.testing.random_cases import random_case

N = 30
CASE = random_case(21, names=N, lots_a_name=1, styles=1)
FLAGS = np.ones(N, dtype=np.bool_)
ACCOUNT = replace(
    CASE.signals.account,
    can_buy=FLAGS,
    can_sell=FLAGS,
    lot_sellable=np.ones(len(CASE.signals.account.lots), dtype=np.bool_),
)
CARBON = np.exp(np.random.default_rng(5).normal(3.0, 1.5, N))
INDEX = float(CARBON @ ACCOUNT.target_weight / ACCOUNT.target_weight.sum())
AS_OF = CASE.signals.market.as_of


@pytest.mark.parametrize(("standard", "of_index"), [(paris_aligned, 0.50), (climate_transition, 0.70)])
@pytest.mark.parametrize(("base", "binding"), [(10.0, "cut"), (0.4, "pathway")])
def test_intensity_stays_under_the_stricter_of_the_cut_and_the_pathway(standard, of_index, base, binding) -> None:
    base_date = AS_OF - timedelta(days=800)
    wishes = standard(ClimateData("carbon", {}), base_value=base * INDEX, base_date=base_date)
    market = replace(
        CASE.signals.market, esg={"carbon": CARBON}, esg_scale={"carbon": EsgScale(Direction.LOWER_IS_BETTER)}
    )
    signals = replace(CASE.signals, market=market, account=ACCOUNT)
    mandate = wishes.added_to(
        Mandate(risk_aversion=20.0, cash_min=0.0, cash_max=0.0005, name_band=NameBand(active_max=0.2))
    )
    problem = formulate(signals, mandate, CASE.tax)
    plan = search_for(problem.block, lambda: False, 3).run().plan
    holdings = problem.block.holdings
    after = holdings.held + plan.net(holdings.lot_name)
    intensity = float(CARBON @ after / after.sum())
    (wish,) = [w for w in mandate.esg if w.pathway is not None]
    assert wish.pathway is not None
    limits = {"cut": of_index * INDEX, "pathway": wish.pathway.ceiling(AS_OF)}
    assert intensity <= min(limits.values()) * (1.0 + 1e-6)
    # The plan goes no further than it must: the side that binds is the stricter one, and the rule says so.
    assert min(limits, key=lambda k: limits[k]) == binding
    assert intensity >= limits[binding] * (1.0 - 1e-3)
    slack = {rule.name.partition(":")[0]: rule.slack(plan) for rule in esg_rules(signals, mandate, holdings)}
    assert min(slack, key=lambda k: abs(slack[k])) == f"ESG {binding}"
