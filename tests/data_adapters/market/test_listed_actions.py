"""Listed actions become the ledger's events: splits by the law, dividends only as somebody states them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.domain.events import DividendKind, ReverseSplit, Split, TaxTreatment
from di_advisor.errors import ConflictingEventError, InputError, RowsError
from di_data.corporate_actions.rows import SpinOffRow
from di_data.market.listed_actions import (
    DividendKinds,
    StatedKind,
    actions_of_bars,
    dividend_events,
    merged_actions,
    ratio_events,
)
from tests.data_adapters.market.market_bodies import PROVENANCE, bar, ticker

EX = date(2024, 2, 9)
COMMON = DividendKinds(otherwise=StatedKind("common", "the payer's 1099-DIV of last year"))
OTHER = replace(PROVENANCE, provider="Somebody else")


def ids(symbol: str, _on: date) -> str:
    return f"US:{symbol}"


def dividend(cash: str = "0.24", paid: date | None = date(2024, 2, 15), **named) -> DeclaredAction:
    return DeclaredAction(ticker("ACME"), EX, PROVENANCE, cash_usd=Decimal(cash), paid_on=paid, **named)


def ratio(value: Fraction, provenance=PROVENANCE) -> DeclaredAction:
    return DeclaredAction(ticker("ACME"), EX, provenance, new_per_old=value)


def expected(*actions: DeclaredAction, shares: int = 30, kinds: DividendKinds = COMMON):
    return dividend_events(actions, ids, account_id="A1", shares_before=lambda _s, _d: Fraction(shares), kinds=kinds)


def test_rows_of_prices_hold_dividends_and_ratios():
    held = [bar("ACME", "2024-02-09", 50, dividend_usd=0.24, split_ratio=2.0), bar("ACME", "2024-02-12", 50)]
    assert [(a.cash_usd, a.new_per_old) for a in actions_of_bars(held)] == [
        (Decimal("0.24"), None),
        (None, Fraction(2)),
    ]


def test_ratios_become_splits_and_reverse_splits_whose_treatment_the_law_gives():
    (split,) = ratio_events([ratio(Fraction(4))], ids).events
    (reverse,) = ratio_events([ratio(Fraction(1, 15))], ids).events
    assert (type(split), split.new_per_old, split.on, split.tax_treatment) == (Split, 4, EX, TaxTreatment.SPLIT)
    assert (type(reverse), reverse.new_per_old) == (ReverseSplit, Fraction(1, 15))
    assert "Somebody, a file" in split.source


def test_the_factor_of_a_spin_off_is_no_split():
    with pytest.raises(RowsError, match="no ratio of a split"):
        ratio_events([ratio(Fraction("1.0481"))], ids)
    spun = SpinOffRow("ACME", "BABY", EX, *(Fraction(1),) * 5, "a file, line 2")
    with pytest.raises(RowsError, match="belongs to a spin-off"):
        ratio_events([ratio(Fraction(2))], ids, [spun])


def test_the_same_action_of_two_sources_is_one_and_gains_the_days_that_the_other_knows():
    (one,) = merged_actions([dividend(paid=None)], [replace(dividend(), provenance=OTHER)])
    assert (one.provenance.provider, one.paid_on) == ("Somebody", date(2024, 2, 15))
    assert len(merged_actions([ratio(Fraction(2)), dividend()], [ratio(Fraction(2), OTHER)])) == 2


def test_two_ratios_for_one_day_are_a_conflict_that_names_both_sources():
    with pytest.raises(ConflictingEventError, match="Somebody says ratio 2, Somebody else says 3"):
        merged_actions([ratio(Fraction(2))], [ratio(Fraction(3), OTHER)])


def test_a_dividend_is_an_event_of_the_account_with_the_kind_that_is_stated():
    (event,) = expected(dividend(), ratio(Fraction(2)))
    assert (event.amount_usd, event.on, event.ex_on) == (Fraction("7.2"), date(2024, 2, 15), EX)
    assert (event.security_id, event.account_id, event.kind) == ("US:ACME", "A1", DividendKind.COMMON)
    assert "1099-DIV" in event.source


def test_what_a_dividend_is_for_tax_is_never_inferred():
    with pytest.raises(RowsError, match="never inferred"):
        expected(dividend(), kinds=DividendKinds())
    reit = DividendKinds({"US:ACME": StatedKind(DividendKind.REIT, "the payer")})
    assert expected(dividend(), kinds=reit)[0].kind is DividendKind.REIT
    with pytest.raises(InputError, match="without a source"):
        StatedKind("common", " ")


def test_a_dividend_without_a_payment_day_is_an_error_unless_no_share_was_held():
    with pytest.raises(RowsError, match=r"when ACME pays .* is not known"):
        expected(dividend(paid=None))
    assert expected(dividend(paid=None), shares=0) == ()


@pytest.mark.parametrize("named", [{}, {"cash_usd": Decimal(1), "new_per_old": Fraction(2)}, {"cash_usd": Decimal(0)}])
def test_an_action_is_cash_or_a_ratio_above_zero(named):
    with pytest.raises(InputError):
        DeclaredAction(ticker("ACME"), EX, PROVENANCE, **named)
