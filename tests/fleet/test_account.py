"""An account travels as bytes and comes back equal; generated accounts follow from their number alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.fleet.account import FleetAccount, account_from_bytes, account_to_bytes
from di_advisor.fleet.generated import SampleFleet
from tests.fleet.older_bodies import older_body

DAY = date(2026, 3, 2)
TAX = TaxProfile(ConstantRates(0.37, 0.2))


def everything() -> FleetAccount:
    lots = (
        TaxLot("L1", "A", "X", Decimal("10.5"), Decimal("100.10"), DAY),
        TaxLot("L2", "A", "X", Fraction(1, 3), Fraction(200, 7), DAY, date(2025, 1, 2)),
        TaxLot("L3", "A", "Y", Decimal(4), None, None, state=LotState.BASIS_PENDING),
        TaxLot("L4", "A", "Y", Decimal(4), Decimal(1), None, state=LotState.TERM_UNKNOWN),
    )
    fills = (
        Fill("X", Side.BUY, Decimal(3), DAY, lot_id="L1", replaced=True, purchase_id="p"),
        Fill("Z", Side.SELL, Fraction(2, 3), DAY, Decimal("-5.25")),
    )
    taxable = Account("A", lots, (CashItem(Decimal("12.34"), DAY),), fills, reinvests_dividends=True)
    ira = Account("B", (), (), (), AccountKind.IRA)
    mandate = Mandate(tracking_error_max=0.01, sector_band=Band.within(0.02), do_not_buy=frozenset({"X"}))
    locks = (Lock("X", LockKind.NO_SELL, "A break with the custodian.", DAY),)
    return FleetAccount("one", Portfolio("ann", (taxable, ira)), "A", mandate, TAX, "world", locks=locks)


def test_an_account_comes_back_from_its_bytes_as_it_was() -> None:
    account = everything()
    body = account_to_bytes(account)
    assert account_from_bytes(body) == account
    assert account_to_bytes(account_from_bytes(body)) == body


def test_bytes_that_are_no_account_are_refused_with_what_is_missing() -> None:
    with pytest.raises(InputError, match="KeyError: 'client'"):
        account_from_bytes(b"{}")
    with pytest.raises(InputError, match="cannot be read"):
        account_from_bytes(b"no json")


def test_an_account_needs_a_label_and_a_portfolio_that_holds_it() -> None:
    with pytest.raises(InputError, match="no label"):
        replace(everything(), label="")
    with pytest.raises(InputError, match="no account 'C'"):
        replace(everything(), account_id="C")


def test_a_generated_account_follows_from_seed_and_number_alone(six: SampleFleet) -> None:
    again = SampleFleet(six.world, 1_000, seed=3, names=40, lots_a_name=3)
    assert list(six) == [again.account(i) for i in range(6)]
    assert six.account(1) != SampleFleet(six.world, 6, seed=4, names=40, lots_a_name=3).account(1)
    assert six.find("A000002") == six.account(2)
    for wrong in ("A000006", "A2", "B000001", "A-00001"):
        with pytest.raises(InputError, match="no account"):
            six.find(wrong)


def test_generated_accounts_have_lots_of_different_ages_cash_fills_and_gains_of_both_signs(six: SampleFleet) -> None:
    account = six.account(0)
    lots = account.portfolio.lots
    price = dict(zip(six._stage.ids, six._stage.price_usd, strict=True))
    gains = [x.shares * price[x.security_id] - x.basis_total_usd for x in lots if x.basis_total_usd is not None]
    assert min(gains) < 0 < max(gains)
    assert len({x.acquired for x in lots}) > 10
    assert account.portfolio.account(account.account_id).cash_usd(six.world.as_of) > 0
    assert account.portfolio.account(account.account_id).fills


def plain() -> FleetAccount:
    label = 'odd "lots":[["x"]] label'
    lots = tuple(TaxLot(f"L{i}", "A", "XY"[i // 2], Decimal(i + 1), Decimal(f"{9 + i}.50"), DAY) for i in range(4))
    other = tuple(TaxLot(f"B{i}", "B", "Y", Decimal(7), Decimal("3.25"), DAY, date(2025, 1, 2)) for i in range(2))
    accounts = (Account("A", lots), Account("B", other, kind=AccountKind.TAXABLE))
    return FleetAccount(label, Portfolio("ann", accounts), "A", Mandate(), TAX)


@pytest.mark.parametrize("written", [account_to_bytes, older_body])
def test_lots_of_several_accounts_come_back_each_to_its_own(written: Callable[[FleetAccount], bytes]) -> None:
    account = plain()
    read = account_from_bytes(written(account))
    assert read == account
    assert [len(a.lots) for a in read.portfolio.accounts] == [4, 2]
    assert all(isinstance(a.lots, LotColumns) for a in read.portfolio.accounts)
    assert account_to_bytes(read) == account_to_bytes(account)


def test_an_account_of_an_earlier_version_is_read_whatever_it_holds() -> None:
    assert account_from_bytes(older_body(everything())) == everything()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"L1","L2"', b'"L1","L2","L9"', "differ in length"),
        (b'"L1"', b'"L0"', "stands twice"),
        (b'"9.50"', b'"much"', "cannot be read"),
        (b'["B0","B1"]', b'["B0","B1"', "cannot be read"),
    ],
)
def test_lots_of_an_earlier_version_that_are_none_are_refused(old: bytes, new: bytes, says: str) -> None:
    body = older_body(plain())
    assert old in body
    with pytest.raises(InputError, match=says):
        account_from_bytes(body.replace(old, new, 1))


def test_an_account_whose_lots_are_a_number_is_refused() -> None:
    body = older_body(plain())
    first = body.index(b'"lots":[[')
    end = body.index(b"]]", first) + 2
    with pytest.raises(InputError, match="cannot be read"):
        account_from_bytes(body[:first] + b'"lots":1' + body[end:])
