"""What the other side of a wash sale would cost, worked out by hand and against every set of sides."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InfeasibleError
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.planned import never
from di_advisor.sample.household import sample_household
from di_advisor.signals.household_locks import WashSide
from di_advisor.signals.market import estimate_market
from di_advisor.solve.household import washes
from di_advisor.solve.household.washes import coordinate
from tests.household.world import LOOSE, account, market, target

WORLD = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
IRA = account(
    "ira",
    "ann",
    "M 1 Y @ 100 on 2020-01-02",
    cash_usd="10000",
    kind=AccountKind.IRA,
    mandate=LOOSE.with_changes(cash_max=0.02),
)


def test_where_the_next_dollar_of_loss_is_worth_nothing_those_taken_are_worth_what_they_save() -> None:
    taxable = account("taxable", "ann", "L 100 X @ 200 on 2026-03-02", cash_usd="10")
    house = Household("by hand", (Filer("ann", ("ann",)),), (taxable, IRA), target("X", "Y"))
    year = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(100_000))
    (decision,) = propose(house, WORLD, {"ann": year}).decisions
    # 3,000 of loss meet income at 22 % (26 USC 1211(b)): 660, less 0.30 for selling; Y costs the IRA 97 more than X.
    assert decision.what == "no_buy"
    assert decision.other_side_usd == pytest.approx(660 - 0.30 - 97, abs=0.5)
    assert decision.sentence == (
        "No account buys X: taxable sells it at a loss. "
        f"The other way round would cost about ${decision.other_side_usd:,.2f} more."
    )


def test_where_the_other_way_leaves_no_plan_it_is_said_in_words() -> None:
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(5_000))
    taxable = account("taxable", "ann", "L 100 X @ 130 on 2026-03-02", cash_usd="10", mandate=raising)
    house = Household("by hand", (Filer("ann", ("ann",)),), (taxable, IRA), target("X", "Y"))
    (decision,) = propose(house, WORLD, {"ann": TaxProfile(ConstantRates(0.35, 0.15))}).decisions
    assert decision.sentence == (
        "No account buys X: taxable sells it at a loss. The other way round leaves no plan that keeps all rules."
    )


def test_it_is_the_best_of_all_sets_of_sides_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sample_household()
    signals = estimate_market(made.market, made.risk, made.costs)
    coordination = facts_of(made.household, signals, made.taxes, never)
    found = coordinate(coordination)
    assert len(found.sides) == len(found.other_side_usd) == 2
    at_a_loss = [made.market.universe.positions[name] for name in ("OAK", "ELM", "MOSS")]
    for group, side in found.sides.items():
        other = next(s for s in WashSide if s is not side)
        rest = [g for g in at_a_loss if g != group]
        values = []
        for ways in itertools.product((None, *WashSide), repeat=len(rest)):
            sides = {group: other} | {g: way for g, way in zip(rest, ways, strict=True) if way is not None}
            try:
                joint = coordination.joint(sides)
            except InfeasibleError:
                continue
            values += [] if joint.clashing else [joint.objective_usd]
        assert found.other_side_usd[group] == pytest.approx(min(values) - found.objective_usd, abs=0.05)
    monkeypatch.setattr(washes, "_COMPARED", 1)
    ((group, usd),) = replace(found).other_side_usd.items()
    assert usd == pytest.approx(found.other_side_usd[group], abs=0.01)
    assert made.market.universe.security_ids[group] == "OAK"  # the most dollars
