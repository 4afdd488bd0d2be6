"""Index weights after a corporate action: by the index's rule, and nothing lost."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.index_actions import IndexRule, MergedName, SpunName, apply_to_target
from di_advisor.errors import IncompleteDataError, InputError

WEIGHTS = {"X": 0.5, "Y": 0.3, "Z": 0.2}
COMMON = {"event_id": "a", "on": date(2021, 8, 2), "security_id": "X", "source": "letter"}
SPIN = ev.SpinOff(**COMMON, tax_treatment=TaxTreatment.TAX_FREE, spun_security_id="C", new_per_old="1/4")
CASH = ev.CashMerger(**COMMON, tax_treatment=TaxTreatment.TAXABLE, cash_per_share_usd="95")
PRICES = {"X": 90.0, "C": 40.0}


def stock(to: str) -> ev.StockMerger:
    return ev.StockMerger(**COMMON, tax_treatment=TaxTreatment.TAX_FREE, new_security_id=to, new_per_old=2)


def mixed(to: str) -> ev.MixedMerger:
    terms = {"new_per_old": 2, "cash_per_share_usd": 20, "value_per_new_usd": 15}
    return ev.MixedMerger(**COMMON, tax_treatment=TaxTreatment.TAXABLE, new_security_id=to, **terms)


def test_a_name_that_is_spun_off_takes_its_part_of_the_weight() -> None:
    after = apply_to_target(WEIGHTS, SPIN, PRICES)
    assert after.weights == pytest.approx({"X": 0.45, "Y": 0.3, "Z": 0.2, "C": 0.05})
    assert after.cash_weight == 0


def test_a_name_that_the_index_drops_goes_to_the_parent_or_into_cash() -> None:
    assert apply_to_target(WEIGHTS, SPIN, rule=IndexRule(spun=SpunName.TO_PARENT)).weights == WEIGHTS
    after = apply_to_target(WEIGHTS, SPIN, PRICES, IndexRule(spun=SpunName.TO_CASH))
    assert after.weights == pytest.approx({"X": 0.45, "Y": 0.3, "Z": 0.2})
    assert after.cash_weight == pytest.approx(0.05)
    assert after.reinvested() == pytest.approx({"X": 0.45 / 0.95, "Y": 0.3 / 0.95, "Z": 0.2 / 0.95})


def test_a_name_bought_for_cash_is_removed_and_its_weight_reinvested() -> None:
    after = apply_to_target(WEIGHTS, CASH)
    assert dict(after.weights) == {"Y": 0.3, "Z": 0.2}
    assert after.cash_weight == 0.5
    assert after.reinvested() == pytest.approx({"Y": 0.6, "Z": 0.4})


@pytest.mark.parametrize(
    ("event", "rule", "acquirer", "cash"),
    [
        (stock("Y"), MergedName.TO_MEMBER, 0.8, 0),
        (stock("N"), MergedName.TO_MEMBER, None, 0.5),
        (stock("N"), MergedName.TO_ACQUIRER, 0.5, 0),
        (stock("Y"), MergedName.TO_CASH, 0.3, 0.5),
        (mixed("Y"), MergedName.TO_MEMBER, 0.6, 0.2),
        (mixed("N"), MergedName.TO_MEMBER, None, 0.5),
    ],
)
def test_a_merger_moves_weight_to_the_acquirer_or_into_cash(event, rule, acquirer, cash) -> None:
    after = apply_to_target(WEIGHTS, event, rule=IndexRule(merged=rule))
    assert "X" not in after.weights
    assert after.weights.get(event.new_security_id) == (None if acquirer is None else pytest.approx(acquirer))
    assert after.cash_weight == pytest.approx(cash)


@pytest.mark.parametrize(
    "event",
    [
        ev.Split(**COMMON, tax_treatment=TaxTreatment.SPLIT, new_per_old=4),
        ev.ReturnOfCapital(**COMMON, tax_treatment=TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=1),
        ev.TickerChange(**COMMON, tax_treatment=TaxTreatment.NONE, old_ticker="A", new_ticker="B"),
        ev.Deposit(event_id="d", on=date(2021, 8, 2), account_id="A", amount_usd=1),
    ],
    ids=lambda e: type(e).__name__,
)
def test_what_changes_no_value_changes_no_weight(event: ev.Event) -> None:
    assert apply_to_target(WEIGHTS, event).weights == WEIGHTS


def test_an_action_on_a_name_outside_the_index_changes_nothing() -> None:
    assert apply_to_target({"Y": 1.0}, SPIN).weights == {"Y": 1.0}


def test_a_missing_price_is_asked_for_and_never_guessed() -> None:
    with pytest.raises(IncompleteDataError, match="price of C right after is not known"):
        apply_to_target(WEIGHTS, SPIN, {"X": 90.0})
    with pytest.raises(InputError, match="price of C is 0"):
        apply_to_target(WEIGHTS, SPIN, {"X": 90.0, "C": 0.0})
    with pytest.raises(InputError, match="No name is left"):
        apply_to_target({"X": 1.0}, CASH).reinvested()


@given(
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    st.sampled_from([SPIN, CASH, stock("Y"), stock("N"), mixed("Y"), mixed("N")]),
    st.builds(IndexRule, st.sampled_from(SpunName), st.sampled_from(MergedName)),
    st.floats(0.5, 500),
)
def test_no_weight_is_lost(weights, event, rule, price) -> None:
    before = dict(zip("XYZ", weights, strict=True))
    after = apply_to_target(before, event, {"X": price, "C": 40.0, "Y": 33.0}, rule)
    assert math.fsum([*after.weights.values(), after.cash_weight]) == pytest.approx(math.fsum(weights))
    assert min(after.weights.values()) >= 0
