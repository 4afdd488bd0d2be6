"""What a fleet keeps of an account is what `Advisor.propose` proposes for it, figure by figure."""

import json
from decimal import Decimal

import pytest

from di_advisor.domain.mandate import Band, Mandate, Rounding, WashPolicy
from di_advisor.domain.portfolio import Side
from di_advisor.errors import UnfinishedError
from di_advisor.fleet.account import account_to_bytes
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import DESK, SampleFleet
from di_advisor.fleet.record import FleetRecord, read_row
from di_advisor.fleet.solving import FleetWork, solved, workspace_for
from di_advisor.sample.world import SampleWorld

WISHES = {
    "a desk's": DESK[0],
    "fractions": Mandate(sector_band=Band.within(0.03), rounding=Rounding.FRACTIONAL),
    "washes priced": Mandate(wash_policy=WashPolicy.PRICE, min_trade_usd=Decimal(250)),
    "money taken out": Mandate(withdrawal_usd=Decimal(5_000)),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_record_is_the_proposal_without_its_words(world: SampleWorld, facts: FleetFacts, wish: str) -> None:
    account = SampleFleet(world, 2, seed=5, wishes=(WISHES[wish],), names=40, lots_a_name=3).account(1)
    record = read_row(json.loads(solved(FleetWork(facts), account_to_bytes(account))))
    assert isinstance(record, FleetRecord)
    proposal = workspace_for(facts, account).propose()
    trades = {(t.security_id, t.side, t.lot_id): t for t in proposal.trade_list}
    assert len(trades) == len(record.orders) > 0
    for order in record.orders:
        trade = trades[order.security_id, order.side, order.lot_id]
        assert (order.shares, order.price_usd) == (trade.shares, trade.price_usd)
        assert (order.gain_usd, order.long_term) == (trade.gain_usd, trade.long_term)
    assert dict(record.terms_usd) == proposal.terms_usd
    assert record.benefit_usd == proposal.benefit_usd
    assert record.certificate == proposal.certificate
    assert record.value_usd == proposal.before.value_usd
    assert record.cash_usd == proposal.after.cash_usd
    assert record.tracking_error_before == proposal.before.tracking_error
    assert record.tracking_error_after == proposal.after.tracking_error
    sold = sum(t.value_usd for t in proposal.trade_list if t.side is Side.SELL)
    assert abs(record.traded_usd(Side.SELL) - sold) <= Decimal("0.01") * len(trades)


def test_an_account_whose_budget_of_solves_runs_out_says_so(six: SampleFleet, facts: FleetFacts) -> None:
    with pytest.raises(UnfinishedError, match="budget of 1 solves ran out") as caught:
        solved(FleetWork(facts, solves_max=1), account_to_bytes(six.account(0)))
    assert caught.value.facts == {"solves_max": 1}
