"""The value of waiting in the signals: which lots get one, from which states, and what the optimizer sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.advisor import Advisor
from di_advisor.domain.harvest import ClientProfile, HarvestWorth, LotStates
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.ports import HarvestModel
from di_advisor.registry import harvest_model
from di_advisor.signals import Harvesting, HarvestUse, estimate
from di_advisor.signals.waiting import lot_states, name_volatility_per_year
from di_advisor.testing import portfolio
from tests.signals.small_world import AS_OF, SmallWorld

CLIENT = ClientProfile(0.408, 0.238)
BOOK = f"""
    GAIN   10 IBM  @ 200.00 on 2020-01-02
    LOSS   10 IBM  @ 300.00 on {AS_OF.replace(year=AS_OF.year - 1, month=AS_OF.month)}
    NEW     4 MSFT @ 600.00 on {AS_OF}
"""


class Told:
    """A harvest model that says one thousandth of each lot's value, and remembers what it was told."""

    lots: LotStates

    def worth(self, lots: LotStates, client: ClientProfile, *, review_days: int) -> HarvestWorth:
        self.lots, self.asked = lots, (client, review_days)
        zero, no = np.zeros(len(lots.value_usd)), np.zeros(len(lots.value_usd), dtype=np.bool_)
        return HarvestWorth(zero, zero, zero, lots.value_usd / 1000, no, no, "none", "a test's")


def test_each_lot_with_a_basis_gets_the_models_dollars(small_world: SmallWorld) -> None:
    model = Told()
    assert isinstance(model, HarvestModel)
    w = small_world
    book = portfolio(BOOK, cash_usd="1000")
    harvesting = Harvesting(model, CLIENT, 14)
    signals = estimate(book, w.market, w.target, Mandate(), w.risk, w.costs, harvest=harvesting)
    assert signals.account.continuation_usd.tolist() == [2.501, 2.501, 2.0]
    assert signals.market.provenance["harvest"] == "a test's"
    assert model.asked == (CLIENT, 14)
    assert model.lots.gain_usd.tolist() == [501.0, -499.0, -400.0]
    assert model.lots.days_to_long_term.tolist() == [0, 1, 366]
    assert model.lots.age_days.tolist()[1:] == [365, 0]
    assert model.lots.volatility_per_year == pytest.approx(name_volatility_per_year(w.risk)[signals.account.lot_name])


def test_another_wish_that_locks_keeps_what_the_model_said_of_the_lots(small_world: SmallWorld) -> None:
    w = small_world
    asked = Advisor().workspace(
        portfolio(BOOK, cash_usd="1000"),
        market=w.market,
        target=w.target,
        mandate=Mandate(),
        tax=TaxProfile(ConstantRates(0.408, 0.238)),
        risk=w.risk,
        costs=w.costs,
        harvest=Harvesting(Told(), CLIENT, 14),
    )
    sold = asked.signals.account.lots[0].security_id
    for changes in (
        {"do_not_sell": frozenset({sold})},
        {"wash_policy": WashPolicy.PRICE},
        {"mode": TradingMode.SELL_ONLY},
    ):
        account = asked.under(**changes).signals.account
        assert account is not asked.signals.account
        assert account.lots == asked.signals.account.lots
        assert account.continuation_usd.tolist() == [2.501, 2.501, 2.0], changes


class Picks:
    """A harvest model that would sell the second lot alone, whatever it is told."""

    def worth(self, lots: LotStates, client: ClientProfile, *, review_days: int) -> HarvestWorth:  # noqa: ARG002
        zero, tax = np.zeros(len(lots.value_usd)), -0.25 * lots.gain_usd
        picked = np.array([False, True, False])
        return HarvestWorth(tax, zero, zero, zero - 7.0, picked, picked, "none", "a test's")


def test_where_only_ripe_losses_count_they_count_in_full_and_the_others_save_nothing(small_world: SmallWorld) -> None:
    w = small_world
    harvesting = Harvesting(Picks(), CLIENT, 7, HarvestUse.RIPE)
    book = portfolio(BOOK, cash_usd="1000")
    signals = estimate(book, w.market, w.target, Mandate(), w.risk, w.costs, harvest=harvesting)
    assert signals.account.continuation_usd.tolist() == [0.0, 0.0, -0.25 * 400.0]  # a gain, ripe, kept
    assert signals.market.provenance["harvest"] == "a test's; only which losses are ripe"


def test_nothing_is_worth_waiting_for_where_nothing_is_taxed_or_the_basis_is_not_known(small_world: SmallWorld) -> None:
    w = small_world
    signals = estimate(portfolio(BOOK, cash_usd="1000"), w.market, w.target, Mandate(), w.risk, w.costs)
    assert not signals.account.continuation_usd.any()
    states, rows = lot_states(replace(signals.account, kind=AccountKind.IRA), signals.market)
    assert len(states.value_usd) == len(rows) == 0
    known = replace(signals.account, lot_known=np.array([True, False, True]))
    assert lot_states(known, signals.market)[1].tolist() == [0, 2]


def test_the_registered_model_answers_and_refuses_another_review_interval(small_world: SmallWorld) -> None:
    w = small_world
    book = portfolio(BOOK, cash_usd="1000")

    def asked(days: int) -> np.ndarray:
        harvesting = Harvesting(harvest_model("program", review_days=28), CLIENT, days)
        return estimate(
            book, w.market, w.target, Mandate(), w.risk, w.costs, harvest=harvesting
        ).account.continuation_usd

    worth = asked(28)
    assert worth.shape == (3,)
    assert np.isfinite(worth).all()
    assert (worth[1:] < 0).all()  # a loss is worth less tax tomorrow, and may grow: waiting has a price
    with pytest.raises(InputError, match="reviews every 7 days, the harvest model was made for every 28"):
        asked(7)


def test_the_volatility_of_a_name_is_that_of_its_own_variance(small_world: SmallWorld) -> None:
    risk = small_world.risk
    each = [np.sqrt(risk.variance_per_year(np.eye(len(risk.universe))[i])) for i in range(len(risk.universe))]
    assert name_volatility_per_year(risk) == pytest.approx(each)
