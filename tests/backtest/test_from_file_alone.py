"""Replays from their files alone: events seen, shares and cash checked without the past, withdrawals refused once."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from di_advisor.advisor import Advisor
from di_advisor.backtest.conservation import check_conservation
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import Flow, ReplaySettings
from di_advisor.backtest.stored import from_bytes, to_bytes
from di_advisor.domain.events import Split, TaxTreatment
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import ConservationError
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import CashOutside
from di_advisor.report.backtest_events import met_table, refused_table
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor

RATES = TaxProfile(ConstantRates(short_term=0.4, long_term=0.2))
WISHES = Mandate(mode=TradingMode.TAX_UNAWARE, wash_policy=WashPolicy.IGNORE, risk_aversion=1e8)
SESSIONS = tuple(date(2024, 1, day) for day in (8, 9, 10, 11, 12))
POLICY = Policy("cash", (CashOutside(least_weight=0.01),))


def split(name: str, day: date) -> Split:
    return Split(
        event_id=f"split-{name}", on=day, security_id=name, new_per_old=Decimal(2), tax_treatment=TaxTreatment.SPLIT,
        source="by hand",
    )  # fmt: skip


def replayed(
    *flows: Flow,
    a: tuple[str, ...] = ("100",) * 5,
    settings: ReplaySettings | None = None,
    actions: tuple[Split, ...] = (),
) -> tuple[Replayed, HandPast]:
    closes = {"A": a, "B": ("50",) * 5, "C": ("10",) * 5}
    past = HandPast(SESSIONS, closes, {SESSIONS[0]: {"A": 0.5, "B": 0.5}}, actions)
    given = settings or ReplaySettings(cash_usd=Decimal(10_000), flows=flows)
    advisor = Advisor(OneFactor(), FlatCosts())
    return replay(past, SESSIONS[0], SESSIONS[-1], POLICY, WISHES, RATES, given, advisor=advisor), past


def test_actions_of_names_that_are_not_held_are_seen_kept_and_listed() -> None:
    both = (split("A", SESSIONS[2]), split("C", SESSIONS[3]))
    found, past = replayed(a=("100", "100", "50", "50", "50"), actions=both)
    again = from_bytes(to_bytes(found))
    assert again == found
    assert [e.event_id for e in again.seen] == ["split-C"]
    assert [row[1:] for row in met_table(again).rows if row[1] == "split"] == [
        ("split", "A", "booked"),
        ("split", "C", "seen, never held"),
    ]
    assert check_conservation(again, past).largest_usd == pytest.approx(0, abs=0.005)


def test_cash_shares_and_lots_are_checked_from_the_file_alone() -> None:
    found, _ = replayed(Flow(SESSIONS[1], Decimal(700)), Flow(SESSIONS[3], Decimal(-900)))
    again = from_bytes(to_bytes(found))
    checked = check_conservation(again)
    assert (checked.sessions, checked.holdings, checked.largest_usd) == (5, 5, None)
    lost = replace(again, events=tuple(e for e in again.events if not e.event_id.startswith("buy-A")))
    with pytest.raises(ConservationError, match="shares"):
        check_conservation(lost)
    rows = tuple(replace(row, cash_usd=row.cash_usd + 0.02) if row.day == SESSIONS[2] else row for row in again.days)
    with pytest.raises(ConservationError, match="2024-01-10"):
        check_conservation(replace(again, days=rows))


def test_the_law_of_wash_sales_comes_with_the_file() -> None:
    settings = ReplaySettings(cash_usd=Decimal(10_000), wash_sales=False)
    again = from_bytes(to_bytes(replayed(settings=settings)[0]))
    assert not again.wash_sales
    assert check_conservation(again).holdings == 5


def test_files_of_the_first_version_are_read_with_what_they_lack_left_empty() -> None:
    found, past = replayed()
    _, _, text = gzip.decompress(to_bytes(found)).partition(b"\n")
    document = json.loads(text)
    for name in ("seen", "refused", "wash_sales", "identical"):
        del document[name]
    del document["days"]["holdings"]
    old = json.dumps({**document, "schema_version": 1}).encode()
    read = from_bytes(gzip.compress(hashlib.sha256(old).hexdigest().encode() + b"\n" + old))
    assert (read.seen, read.refused, read.days[0].holdings) == ((), (), "")
    assert read.events == found.events
    checked = check_conservation(read, past)
    assert (checked.holdings, checked.unchecked) == (0, 5)


def test_a_row_that_lost_its_fingerprint_is_refused_where_others_have_one() -> None:
    found, _ = replayed()
    assert check_conservation(found).unchecked == 0
    rows = tuple(replace(row, holdings="") if row.day == SESSIONS[3] else row for row in found.days)
    with pytest.raises(ConservationError, match=r"2024-01-11 has no fingerprint.*1 of 5"):
        check_conservation(replace(found, days=rows))


def test_a_withdrawal_that_cannot_be_met_is_refused_once_and_the_account_goes_on() -> None:
    found, past = replayed(Flow(SESSIONS[1], Decimal(-50_000)), Flow(SESSIONS[3], Decimal(1_000)))
    (refused,) = found.refused
    assert (refused.day, refused.wanted_usd, refused.value_usd) == (SESSIONS[1], 50_000.0, 10_000.0)
    assert refused.possible_usd is not None
    assert 0 < refused.possible_usd < 10_000
    assert "leaves nothing of an account worth $10,000.00" in refused.why
    # Asked once; the deposit is invested although the withdrawal still waits.
    assert [(row.day, row.trades > 0) for row in found.rebalances] == [
        (SESSIONS[0], True),
        (SESSIONS[1], False),
        (SESSIONS[3], True),
    ]
    assert [row.flow_usd for row in found.days] == [10_000, 0, 0, 1_000, 0]
    table = refused_table(from_bytes(to_bytes(found)))
    assert table is not None
    assert table.rows[0][1] == "50,000.00"
    assert check_conservation(found, past).holdings == 5


def test_it_is_asked_for_again_and_paid_when_the_account_has_gained_what_lacked() -> None:
    flows = (Flow(SESSIONS[1], Decimal(-12_000)), Flow(SESSIONS[3], Decimal(9_000)))
    found, _ = replayed(*flows)
    (refused,) = found.refused
    assert refused.day == SESSIONS[1]
    assert refused.possible_usd is not None
    assert 8_000 <= refused.possible_usd < 10_000
    assert [row.flow_usd for row in found.days] == [10_000, 0, 0, 9_000 - 12_000, 0]
    risen, _ = replayed(flows[0], a=("100", "100", "104", "290", "290"))
    assert [row.flow_usd for row in risen.days] == [10_000, 0, 0, -12_000, 0], "10,200 lacked what 19,500 have"


def test_a_withdrawal_that_can_be_met_leaves_no_record() -> None:
    found, _ = replayed(Flow(SESSIONS[1], Decimal(-4_000)))
    assert found.refused == ()
    assert refused_table(found) is None
    assert found.days[1].flow_usd == -4_000
