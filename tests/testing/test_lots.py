"""The mini-language of lots: what it reads, exactly, and what it refuses."""

import doctest
import importlib
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import InputError
from di_advisor.testing import lot, lots, portfolio


def test_a_line_gives_id_shares_security_total_basis_and_date() -> None:
    x = lot("L1 10 ACME @ 90.00 on 2025-01-02", account_id="mine")
    assert (x.lot_id, x.account_id, x.security_id) == ("L1", "mine", "ACME")
    assert (x.shares, x.basis_total_usd) == (Decimal(10), Decimal("900.00"))
    assert (x.acquired, x.held_since, x.state) == (date(2025, 1, 2), date(2025, 1, 2), LotState.KNOWN)


def test_the_security_may_be_left_out() -> None:
    assert lot("L1 10 @ 90.00 on 2025-01-02").security_id == "ACME"
    assert lot("L1 10 @ 90.00 on 2025-01-02", security_id="IBM").security_id == "IBM"
    assert lot("L1 10 BRK.B @ 90.00 on 2025-01-02", security_id="IBM").security_id == "BRK.B"
    assert lot("L1 10 for for 90.00 on 2025-01-02").security_id == "for"


def test_a_total_basis_and_a_ratio_of_shares_stay_exact() -> None:
    x = lot("L2 1/3 ACME for 1000 on 2025-01-02")
    assert (x.shares, x.basis_total_usd) == (Fraction(1, 3), Decimal(1000))
    assert lot("L2 1/3 ACME @ 0.10 on 2025-01-02").basis_total_usd == Fraction(1, 30)
    assert lot("L2 0.1 ACME @ 0.2 on 2025-01-02").basis_total_usd == Decimal("0.02")


def test_a_tacked_holding_period_is_a_date_of_its_own() -> None:
    x = lot("L3 10 ACME @ 90.00 on 2025-01-02 since 2024-06-01")
    assert (x.acquired, x.held_since) == (date(2025, 1, 2), date(2024, 6, 1))


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("L4 10 ACME @ ? on 2025-01-02", LotState.BASIS_PENDING),
        ("L5 10 ACME @ 90.00 on ?", LotState.TERM_UNKNOWN),
        ("L6 10 ACME for ? on ?", LotState.BASIS_PENDING),
    ],
)
def test_a_question_mark_is_a_typed_unknown(line: str, state: LotState) -> None:
    assert lot(line).state is state


@pytest.mark.parametrize(
    "line", ["", "L1 ten ACME @ 90.00 on 2025-01-02", "L1 10 ACME 90.00 on 2025-01-02", "L1 10 ACME @ 90"]
)
def test_a_line_that_is_no_lot_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(InputError, match=r"does not read as a lot.*L1 10 ACME @ 90\.00 on 2025-01-02"):
        lot(line)


def test_lines_are_read_in_order_without_comments_and_blanks() -> None:
    text = """
        # the old ones
        A 1 ACME @ 1 on 2020-01-02   # bought low

        B 2 ACME @ 2 on 2021-01-02
    """
    assert [x.lot_id for x in lots(text)] == ["A", "B"]


def test_a_portfolio_of_one_account_has_its_cash_at_once() -> None:
    book = portfolio("A 1 ACME @ 1 on 2020-01-02", cash_usd="12.50", account_id="roth", kind=AccountKind.ROTH)
    (account,) = book.accounts
    assert account.cash_usd(date(2020, 1, 2)) == Decimal("12.50")
    assert (account.account_id, account.kind, account.lots[0].account_id) == ("roth", AccountKind.ROTH, "roth")


def test_the_example_in_the_documentation_runs() -> None:
    tried = doctest.testmod(importlib.import_module(lots.__module__))
    assert (tried.attempted > 0, tried.failed) == (True, 0)
