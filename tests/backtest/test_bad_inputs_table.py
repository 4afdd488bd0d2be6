"""Published bad inputs where a backtest meets them: in what a replay is told, in its past, and in its file."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from di_advisor import errors
from di_advisor.advisor import Advisor
from di_advisor.backtest.past import Payout
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import Flow, ReplaySettings
from di_advisor.backtest.stored import from_bytes, to_bytes
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate, NameBand, TradingMode, WashPolicy
from di_advisor.domain.portfolio import Account, Portfolio
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import DiAdvisorError
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.policy.policies import Policy, policy_named
from di_advisor.policy.triggers import CashOutside
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor

RATES = TaxProfile(ConstantRates(short_term=0.4, long_term=0.2))
WISHES = Mandate(mode=TradingMode.TAX_UNAWARE, wash_policy=WashPolicy.IGNORE, risk_aversion=1e8)
DAYS = tuple(date(2024, 1, day) for day in (8, 9, 10, 11))
CASH = ReplaySettings(cash_usd=Decimal(10_000))


def past(*closes: str | None, index: float = 0.0, weights: dict[str, float] | None = None) -> HandPast:
    """Two names on four sessions; A closes as given."""
    held = weights or {"A": 0.5, "B": 0.5}
    prices = {"A": closes or ("100",) * 4, "B": ("50",) * 4}
    return HandPast(DAYS, prices, {DAYS[0]: held}, index_returns={DAYS[1]: index})


def walked(
    of: HandPast | None = None,
    settings: ReplaySettings = CASH,
    wishes: Mandate = WISHES,
    on: tuple[date, date] = (DAYS[0], DAYS[-1]),
) -> Replayed:
    policy = Policy("cash", (CashOutside(least_weight=0.01),))
    return replay(of or past(), *on, policy, wishes, RATES, settings, advisor=Advisor(OneFactor(), FlatCosts()))


def with_lots(*lots: TaxLot) -> Replayed:
    return walked(settings=ReplaySettings(cash_usd=1, portfolio=Portfolio("t", (Account("account", lots),))))


def lot(shares: str = "10", basis: str | None = "900", on: date | None = date(2023, 1, 3), name: str = "A") -> TaxLot:
    return TaxLot("L", "account", name, Decimal(shares), None if basis is None else Decimal(basis), on)


def stored(change: Callable[[bytes], bytes]) -> Replayed:
    return from_bytes(change(to_bytes(walked())))


def newer(content: bytes) -> bytes:
    text = gzip.decompress(content).partition(b"\n")[2].replace(b'"schema_version":', b'"schema_version":9')
    return gzip.compress(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)


REFUSED: dict[str, tuple[Callable[[], object], str, str]] = {
    "BI-001": (lambda: with_lots(lot(basis="NaN")), "InputError", "basis of lot L is not finite"),
    "BI-002": (lambda: walked(past("100", "inf", "100", "100")), "InputError", "price of A is not finite"),
    "BI-003": (lambda: with_lots(lot(shares="-10")), "InputError", "-10 shares"),
    "BI-004": (lambda: with_lots(lot(shares="0")), "InputError", "0 shares"),
    "BI-005": (lambda: with_lots(lot(basis="-1")), "InputError", "negative basis"),
    "BI-007": (lambda: Flow(DAYS[1], 0.1), "InputError", "is a float (0.1)"),  # type: ignore[arg-type]
    "BI-011": (lambda: Flow(DAYS[1], "9" * 30), "InputError", "more than 28 digits"),  # type: ignore[arg-type]
    "BI-014": (lambda: with_lots(lot(), lot(basis="1200")), "InputError", "Lot id L stands twice"),
    "BI-023": (lambda: with_lots(lot(on=None)), "InputError", "acquisition date None"),
    "BI-024": (lambda: with_lots(lot(basis=None)), "InputError", "with basis None"),
    "BI-027": (lambda: with_lots(lot(on=date(2024, 2, 1))), "InputError", "after the transfer on 2024-01-08"),
    "BI-028": (lambda: walked(on=(date(2099, 1, 1), date(2099, 2, 1))), "InputError", "0 sessions"),
    "BI-034": (lambda: walked(past("100", "NaN", "100", "100")), "InputError", "price of A is not finite"),
    "BI-035": (lambda: walked(past("100", "0", "100", "100")), "InputError", "0 USD"),
    "BI-062": (lambda: stored(lambda c: c[: len(c) // 2]), "DamagedStoreError", "cannot be read"),
    "BI-063": (lambda: stored(newer), "NewerSchemaError", "this program reads"),
    "BI-064": (lambda: stored(lambda _: b"\x80\x04\x95model"), "DamagedStoreError", "cannot be read"),
    "BI-080": (lambda: ReturnInputs(tax_year=2024, filing_status="maried"), "InputError", "married_joint"),  # type: ignore[arg-type]
    "BI-081": (lambda: ReturnInputs(tax_year=2024, carryover_short_usd=Decimal(-4_000)), "InputError", "minus sign"),
}
"""What is asked, and the error's name and a part of what it says with its hint."""

OF_ITS_OWN: dict[str, tuple[Callable[[], object], str]] = {
    "a dividend that is no number": (lambda: Payout("A", DAYS[1], DAYS[1], Decimal("NaN")), "payout of A"),
    "an index that is no number": (lambda: walked(past(index=float("nan"))), "return of the index is not finite"),
    "a use of losses that is none": (lambda: ReplaySettings(loss_use="elswhere"), "elsewhere"),  # type: ignore[arg-type]
    "taxes paid from nowhere": (lambda: ReplaySettings(tax_paid="bank"), "outside"),  # type: ignore[arg-type]
    "an index of which nothing trades": (lambda: walked(past(weights={"Z": 1.0})), "No name of hand has a price on"),
    "a policy that is none": (lambda: policy_named("montly"), "monthly"),
}
"""Beside the list: always an InputError."""

SAID_IN_A_ROW: dict[str, tuple[Callable[[], Replayed], str]] = {
    "BI-019": (lambda: walked(settings=ReplaySettings(cash_usd=1_000, flows=(Flow(DAYS[1], -5_000),))), "withdrawal"),
    "BI-054": (lambda: walked(wishes=Mandate(name_band=NameBand(active_max=0.01), max_names=1)), "contradict"),
}
"""What one day of a replay cannot do, and a part of the sentence of that day."""

GOES_ON = {
    "BI-033": lambda: walked(past("100", None, "100", "100")),
    "BI-040": lambda: walked(past(weights={"A": 0.5, "ZZZZ": 0.5})),
}
"""A name without a price that day is not traded, as `di_advisor.backtest.markets.tradable` says."""

WHERE_ELSE = {
    "BI-078": "backtest/test_past_digest.py::test_the_same_content_has_the_same_digest_and_any_other_has_another",
    "BI-079": "backtest/test_taxes_of_years.py::test_a_year_without_tables_takes_those_of_the_nearest",
}
"""Entries about which a backtest says something of its own, and where."""

NOT_MET = {
    "lots": "rows of custodians' files and sales in the books: tests/ledger",
    "dates": "dates of rows and events: tests/ledger",
    "prices": "with the files of a past: tests/data_adapters",
    "actions": "with the books that a replay writes: tests/ledger",
    "wash": "with the books that a replay writes: tests/ledger",
    "solver": "in every day's solve alike",
    "files": "files of other kinds",
    "export": "with the reports' writers: tests/report",
    "adapters": "with the past's sources: tests/data_adapters",
    "tax": "in the taxpayer's facts: tests/ledger",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_input_is_refused_with_what_is_wrong_and_what_to_do(name: str) -> None:
    asked, kind, says = REFUSED[name]
    with pytest.raises(getattr(errors, kind)) as caught:
        asked()
    assert type(caught.value).__name__ == kind
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_what_a_replay_is_told_wrongly_is_refused_with_what_is_allowed(name: str) -> None:
    asked, says = OF_ITS_OWN[name]
    with pytest.raises(errors.InputError) as caught:
        asked()
    assert says in str(caught.value)


@pytest.mark.parametrize("name", SAID_IN_A_ROW)
def test_what_a_day_cannot_do_is_said_in_its_row_and_the_replay_goes_on(name: str) -> None:
    asked, says = SAID_IN_A_ROW[name]
    replayed = asked()
    assert replayed.days[-1].day == DAYS[-1]
    assert any(says in row.note for row in replayed.rebalances)


@pytest.mark.parametrize("name", GOES_ON)
def test_a_name_without_a_price_is_left_alone_that_day(name: str) -> None:
    replayed = GOES_ON[name]()
    assert [row.day for row in replayed.days] == list(DAYS)
    assert all(0 < row.value_usd < 20_000 for row in replayed.days)


def test_every_entry_of_the_list_is_met_here_or_said_to_come_up_elsewhere(shared: Path) -> None:
    listed = {e["id"]: e for e in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    tables = (REFUSED, SAID_IN_A_ROW, GOES_ON, WHERE_ELSE)
    known = {name for table in tables for name in table}
    assert known <= set(listed)
    assert len(known) == sum(map(len, tables))
    assert {listed[name]["area"] for name in set(listed) - known} <= set(NOT_MET)
    for where in WHERE_ELSE.values():
        path, _, test = where.partition("::")
        assert f"def {test}(" in (Path(__file__).parents[1] / path).read_text(encoding="utf-8")
    assert issubclass(errors.InputError, DiAdvisorError)
