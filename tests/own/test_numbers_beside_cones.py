"""Questions about trades beside a cone, where the number of names leaves no room without the trade."""

from decimal import Decimal

import own_wishes_under_test as wishes

from di_advisor.domain.mandate import NameBand, Rounding
from di_advisor.formulate.own import OwnWishes
from di_advisor.propose.counterfactual import counterfactuals
from di_advisor.propose.planned import Clock, never, plan_for, silent
from di_advisor.testing.random_cases import random_case


def test_a_name_that_has_to_be_sold_out_has_no_plan_without_that() -> None:
    case = random_case(2, names=12, lots_a_name=2, styles=2)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        name_band=NameBand(),
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        participation_max=None,
        cash_max=0.1,
        max_names=7,
        rounding=Rounding.WHOLE_SHARES,
        min_trade_usd=Decimal(0),
    )
    planned = plan_for(case.signals, mandate, case.tax, Clock(silent), never, OwnWishes((wishes.Crowding(),)))
    found = counterfactuals(planned)
    assert len(found) == len(planned.proposal.trade_list)
    assert any(each.worse_usd is None and "there is no plan" in each.sentence for each in found)
