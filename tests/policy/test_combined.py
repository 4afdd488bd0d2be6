"""One proposal takes everything of a day together: cash is conserved, dollars add up, every cause is told."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor import Advisor, Mandate
from di_advisor.domain.allocation import Allocation
from di_advisor.domain.events import Deposit, Dividend
from di_advisor.domain.portfolio import Side
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.policy.combined import CombinedDay, combined_day, planned_withdrawals_usd
from di_advisor.policy.index_events import IndexChange, index_known_on
from tests.policy.trading_world import TODAY, facts, net_shares, owner

JAN, SOON = date(2026, 1, 2), date(2026, 11, 25)
CHANGE = IndexChange(date(2026, 11, 16), SOON, "reconstitution", enters={"E": None}, leaves=("D",))
LARGE = index_known_on(TODAY, IndexWeights(JAN, {"A": 0.4, "B": 0.3, "D": 0.3}), [CHANGE]).component("large", 0.8)
SMALL = TargetComponent("small", 0.2, (IndexWeights(JAN, {"F": 0.5, "G": 0.5}),))
TARGET = Target((LARGE, SMALL), (Allocation(SOON, {"large": 0.7, "small": 0.3}),))
PRICES = {"B": "80"}
HELD = """
    A1 320 A @ 60.00 on 2020-01-02
    B1 300 B @ 130.00 on 2025-03-02
    D1 240 D @ 90.00 on 2019-01-02
    F1 100 F @ 100.00 on 2020-01-02
    G1 100 G @ 100.00 on 2020-01-02
"""
"""Worth 100,000 with B at 80: B stands at a loss of 15,000, short-term, and can be harvested."""
CASH = [("2500", TODAY), ("120.50", TODAY), ("-6000", date(2026, 11, 24))]
EVENTS = [
    Deposit(event_id="in", on=TODAY, account_id="account", amount_usd="2500"),
    Dividend(event_id="div", on=TODAY, account_id="account", security_id="A", amount_usd="120.50"),
]


@pytest.fixture(scope="module")
def combined() -> CombinedDay:
    return combined_day(
        Advisor(),
        owner(HELD, CASH),
        target=TARGET,
        mandate=Mandate(cash_max=0.005, replacements={"B": ("C",)}),
        account_id="account",
        events=EVENTS,
        horizon_sessions=4,
        **facts(PRICES),
    )


def test_one_proposal_takes_everything_of_the_day_together(combined: CombinedDay) -> None:
    plan = combined.propose()
    net = net_shares(plan)
    assert net["D"] < 0 < net["E"]  # the reconstitution, three sessions ahead
    assert net["F"] > 0
    assert net["G"] > 0  # the allocation
    losses = [t for t in plan.trade_list if t.gain_usd is not None and t.gain_usd < 0]
    assert {t.security_id for t in losses} == {"B"}  # the harvest
    assert plan.after.set_aside_usd == 6000  # the withdrawal
    assert plan.after.cash_usd <= Decimal("0.005") * plan.weighed_usd  # the deposit and the dividend are invested


def test_cash_and_shares_are_conserved_and_the_dollars_add_up(combined: CombinedDay) -> None:
    plan = combined.propose()
    sold = sum((t.value_usd for t in plan.trade_list if t.side is Side.SELL), Decimal(0))
    bought = sum((t.value_usd for t in plan.trade_list if t.side is Side.BUY), Decimal(0))
    cost = plan.terms_usd["trading cost"]
    left = plan.after.cash_usd + plan.after.set_aside_usd
    assert abs(Decimal("2620.50") + sold - bought - cost - left) <= Decimal("0.02")
    assert sum((t.benefit_usd for t in plan.trade_list), Decimal(0)) == plan.benefit_usd
    held = {"A1": 320, "B1": 300, "D1": 240, "F1": 100, "G1": 100}
    for lot, shares in held.items():
        assert sum(t.shares for t in plan.trade_list if t.lot_id == lot) <= shares


def test_the_origins_of_all_trades_add_up_to_what_is_traded(combined: CombinedDay) -> None:
    plan = combined.propose()
    origins = combined.origins(plan, JAN)
    by_name = {o.security_id: o for o in origins}
    for o in origins:
        assert o.allocation_usd + o.index_usd + o.account_usd == pytest.approx(o.traded_usd)
    assert by_name["E"].index_usd > 0
    assert by_name["F"].allocation_usd > 0
    assert by_name["F"].index_usd == 0
    traded = sum((1 if t.side is Side.BUY else -1) * float(t.value_usd) for t in plan.trade_list)
    assert sum(o.traded_usd for o in origins) == pytest.approx(traded)


def test_every_cause_is_told(combined: CombinedDay) -> None:
    assert combined.reasons == (
        "Announced for the target: 1 leave (T-D) and 1 enter (T-E); today's weights are on their way there.",
        "Dividends of $120.50 (T-A) are invested with everything else.",
        "Deposits of $2,500.00 are invested with everything else.",
        "Withdrawals of $6,000.00 planned until 2026-11-27 are raised and left aside.",
        "The allocation changes on 2026-11-25 to 7,000.0 bps large, 3,000.0 bps small; today's is on its way there.",
    )
    plan = combined.propose()
    assert set(combined.reasons) <= set(plan.notes)


def test_a_withdrawal_beyond_the_horizon_is_left_for_later() -> None:
    account = owner(HELD, [*CASH, ("-9000", date(2027, 1, 15))]).accounts[0]
    assert planned_withdrawals_usd(account, TODAY, date(2026, 11, 27)) == 6000
    assert planned_withdrawals_usd(account, TODAY, date(2027, 1, 15)) == 15_000
