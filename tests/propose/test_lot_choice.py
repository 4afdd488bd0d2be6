"""Why this lot: the same shares from another lot, by term, to the cent; locked ones with their reason."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.propose.counterfactual import Place, place_of
from di_advisor.propose.lot_choice import lot_choice
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.testing.random_cases import RandomCase, random_case

WISHES = Mandate(risk_aversion=20.0, rounding=Rounding.FRACTIONAL)


def planned(seed: int) -> tuple[RandomCase, Planned]:
    case = random_case(seed, names=16, lots_a_name=4)
    return case, plan_for(case.signals, WISHES, case.tax, Clock(silent), never)


@pytest.mark.parametrize("seed", range(6))
def test_another_lot_would_be_worse_by_its_tax_and_the_dollars_add_up(seed: int) -> None:
    case, plan = planned(seed)
    account, seen = case.signals.account, 0
    rates = case.tax.rates
    for trade in (t for t in plan.proposal.trade_list if t.side is Side.SELL):
        place = place_of(plan, trade)
        found = lot_choice(plan, place)
        if found is None or found.worse_usd is None:
            continue
        assert sum(found.dollars.values(), Decimal(0)) == found.worse_usd
        assert set(found.dollars) == {t.name for t in plan.problem.terms}
        assert found.dollars["active risk"] == 0, "the same name and amount"
        other = next(i for i, lot in enumerate(account.lots) if lot.lot_id == found.other_lot_id)
        price = case.signals.market.price_usd[place.name]

        def tax(at: int, shares: Decimal, price: Decimal = price) -> float:
            rate = rates.long_term if account.lot_long_term[at] else rates.short_term
            return rate * float(account.lot_gain_usd[at] / account.lot_value_usd[at]) * float(shares * price)

        expected = tax(other, found.shares) - tax(place.lot, found.shares)
        assert float(found.dollars["tax"]) == pytest.approx(expected, abs=0.02)
        # within a name lots are sold cheapest first: only round-off and the curve of costs can say otherwise
        assert found.worse_usd >= Decimal("-0.02")
        assert found.lot_id in found.sentence
        assert found.other_lot_id in found.sentence
        assert f"${found.worse_usd:,} worse" in found.sentence or found.worse_usd <= 0
        seen += 1
    assert seen >= 2


def test_a_locked_lot_is_out_with_its_reason() -> None:
    case, plan = planned(2)
    account = case.signals.account
    trade = next(t for t in plan.proposal.trade_list if t.side is Side.SELL)
    place = place_of(plan, trade)
    other = next(i for i in np.flatnonzero(account.lot_name == place.name).tolist() if i != place.lot)
    lot = account.lots[other]
    sellable = account.lot_sellable.copy()
    sellable[other] = False
    lock = Lock(lot.security_id, LockKind.NO_SELL, "It was given with a promise to keep it.", lot_id=lot.lot_id)
    signals = replace(case.signals, account=replace(account, lot_sellable=sellable, locks=(lock,)))
    again = plan_for(signals, WISHES, case.tax, Clock(silent), never)
    found = lot_choice(again, place)
    assert found is not None
    assert found.locked[lot.lot_id] == "It was given with a promise to keep it."
    assert f"Lot {lot.lot_id} is out: It was given with a promise to keep it." in found.sentence


def test_a_purchase_and_a_single_lot_have_no_choice() -> None:
    _, plan = planned(1)
    assert lot_choice(plan, Place(0, -1)) is None
    case = random_case(1, names=16, lots_a_name=1)
    single = plan_for(case.signals, WISHES, case.tax, Clock(silent), never)
    trade = next(t for t in single.proposal.trade_list if t.side is Side.SELL)
    assert lot_choice(single, place_of(single, trade)) is None
