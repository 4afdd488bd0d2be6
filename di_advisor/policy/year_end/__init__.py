"""Year-end planning: what is realised, what more is worth realising by the last trade date, gifts, scenarios.

>>> from di_advisor.policy.year_end import plan_year_end
>>> plan = plan_year_end(workspace, give_usd=20_000)  # doctest: +SKIP
>>> plan.scenarios.frame  # doctest: +SKIP

Not tax advice.
"""

from __future__ import annotations

from di_advisor.policy.year_end.advice import Advice, Beyond, Step, advice
from di_advisor.policy.year_end.dates import YearDates, year_dates
from di_advisor.policy.year_end.donations import Charity, Deduction, GiftPlan, deduction_of, gift_plan
from di_advisor.policy.year_end.filer import LaterTax, filer_of, later_tax, with_realised
from di_advisor.policy.year_end.offers import LotOffer, PartSale
from di_advisor.policy.year_end.plan import YearEndPlan, YearEndWishes, plan_year_end
from di_advisor.policy.year_end.scenarios import Scenarios, room_at_zero_usd, scenarios
from di_advisor.policy.year_end.standing import Standing, standing
from di_advisor.policy.year_end.stretches import Stretch, Way, stretches
from di_advisor.policy.year_end.valuing import WAYS, Scenario, ScenarioTrade

__all__ = [
    "WAYS",
    "Advice",
    "Beyond",
    "Charity",
    "Deduction",
    "GiftPlan",
    "LaterTax",
    "LotOffer",
    "PartSale",
    "Scenario",
    "ScenarioTrade",
    "Scenarios",
    "Standing",
    "Step",
    "Stretch",
    "Way",
    "YearDates",
    "YearEndPlan",
    "YearEndWishes",
    "advice",
    "deduction_of",
    "filer_of",
    "gift_plan",
    "later_tax",
    "plan_year_end",
    "room_at_zero_usd",
    "scenarios",
    "standing",
    "stretches",
    "with_realised",
    "year_dates",
]
