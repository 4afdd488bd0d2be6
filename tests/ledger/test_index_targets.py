"""Weights of an index after a corporate action: they sum to one, and go where the index's rule says."""

import math
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import (
    CashMerger,
    Delisting,
    MixedMerger,
    SpinOff,
    Split,
    StockMerger,
    TaxTreatment,
    TickerChange,
    Worthless,
)
from di_advisor.domain.target import IndexWeights
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.index_targets import SpunOffMember, target_after

DAY = date(2024, 5, 1)
WEIGHTS = IndexWeights(date(2024, 1, 2), {"OLD": 0.2, "NEW": 0.3, "C": 0.5})
ON = {"event_id": "e", "on": DAY, "security_id": "OLD", "source": "test"}


def spin_off(**more) -> SpinOff:
    return SpinOff(
        tax_treatment=TaxTreatment.TAX_FREE, spun_security_id="SPUN", new_per_old=Fraction(1, 2), **ON, **more
    )


def mixed(new: str = "NEW") -> MixedMerger:
    return MixedMerger(
        tax_treatment=TaxTreatment.TAXABLE,
        new_security_id=new,
        new_per_old=Fraction(1),
        cash_per_share_usd=Fraction(25),
        value_per_new_usd=Fraction(75),
        **ON,
    )


def test_a_company_bought_for_cash_leaves_and_its_weight_goes_to_the_others():
    change = target_after(WEIGHTS, CashMerger(tax_treatment=TaxTreatment.TAXABLE, cash_per_share_usd=Fraction(9), **ON))
    assert (change.removed, change.moved_to, change.reinvested) == ("OLD", "", 0.2)
    assert dict(change.weights.weights) == pytest.approx({"NEW": 0.375, "C": 0.625})
    assert change.weights.effective == DAY


def test_weight_that_came_in_stock_goes_to_an_acquirer_that_is_a_member():
    merger = StockMerger(tax_treatment=TaxTreatment.TAX_FREE, new_security_id="NEW", new_per_old=Fraction(2), **ON)
    assert dict(target_after(WEIGHTS, merger).weights.weights) == pytest.approx({"NEW": 0.5, "C": 0.5})
    change = target_after(WEIGHTS, mixed())
    assert change.reinvested == pytest.approx(0.05)
    assert dict(change.weights.weights) == pytest.approx({"NEW": 0.45 / 0.95, "C": 0.5 / 0.95})


def test_an_acquirer_outside_the_index_gets_nothing():
    change = target_after(WEIGHTS, mixed("STRANGER"))
    assert (change.moved_to, change.reinvested) == ("", 0.2)
    assert "STRANGER" not in change.weights.weights


def test_a_spun_off_company_is_added_at_its_value_or_dropped():
    event = spin_off(value_per_old_usd=Fraction(30), value_per_new_usd=Fraction(20))
    added = target_after(WEIGHTS, event)
    assert added.added == "SPUN"
    assert dict(added.weights.weights) == pytest.approx({"OLD": 0.15, "NEW": 0.3, "C": 0.5, "SPUN": 0.05})
    dropped = target_after(WEIGHTS, event, spun_off=SpunOffMember.DROPPED)
    assert "SPUN" not in dropped.weights.weights
    assert dropped.reinvested == pytest.approx(0.05)


def test_a_spin_off_without_values_is_refused_although_its_basis_fractions_are_known():
    with pytest.raises(IncompleteDataError, match="no values right after"):
        target_after(WEIGHTS, spin_off(parent_fraction=Fraction(3, 4)))


@pytest.mark.parametrize(
    "event",
    [
        Split(tax_treatment=TaxTreatment.SPLIT, new_per_old=Fraction(2), **ON),
        TickerChange(tax_treatment=TaxTreatment.NONE, old_ticker="A", new_ticker="B", **ON),
    ],
)
def test_a_split_or_a_new_ticker_changes_no_weight(event):
    assert target_after(WEIGHTS, event).weights is WEIGHTS


def test_an_event_of_a_stranger_changes_nothing():
    event = Delisting(tax_treatment=TaxTreatment.NONE, **{**ON, "security_id": "STRANGER"})
    assert target_after(WEIGHTS, event).weights is WEIGHTS


def test_an_index_of_one_company_has_no_target_once_it_is_gone():
    event = Worthless(tax_treatment=TaxTreatment.WORTHLESS, **ON)
    with pytest.raises(InputError, match="is all of the index"):
        target_after(IndexWeights(DAY, {"OLD": 1.0}), event)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.booleans())
def test_weights_still_sum_to_one(raw, member):
    names = ["OLD", "NEW" if member else "X", "C", "D", "E", "F"][: len(raw)]
    weights = IndexWeights.rescaled(DAY, dict(zip(names, raw, strict=True)))
    change = target_after(weights, mixed())
    assert math.fsum(change.weights.weights.values()) == pytest.approx(1)
    assert all(weight >= weights.weights[name] * (1 - 1e-12) for name, weight in change.weights.weights.items())
