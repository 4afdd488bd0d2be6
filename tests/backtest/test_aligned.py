"""Alignment and losses kept by wash windows, worked by hand, and what files and results make of them."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.advisor import Advisor
from di_advisor.backtest.aligned import aligned, locked_loss_usd
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.results import results_of
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.stored import from_bytes, to_bytes
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import CashOutside
from di_advisor.signals import estimate
from di_advisor.testing import portfolio
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor
from tests.policy.polled_world import MARKET, ON_TARGET, TARGET
from tests.policy.world import COSTS, RISK, UNIVERSE

RATES = TaxProfile(ConstantRates(short_term=0.4, long_term=0.2))
SESSIONS = tuple(date(2024, 1, day) for day in (8, 9, 10, 11))


def test_what_stands_on_its_target_is_aligned_and_what_does_not_is_by_hand() -> None:
    signals = estimate(portfolio(ON_TARGET), MARKET, TARGET, Mandate(), RISK, COSTS)
    on_target = aligned(signals, signals.account.held_usd(), 100_000.0)
    assert (on_target.correlation, on_target.sector_active) == (1.0, pytest.approx(0.0))
    held = np.array([0.5, 0.3, 0.2])
    found = aligned(signals, held * 100_000.0, 100_000.0)
    active = np.array([0.1, 0.0, -0.1])
    covariance = RISK.exposures @ RISK.factor_covariance_per_year @ RISK.exposures.T
    whole = covariance + np.diag(RISK.specific_variance_per_year)
    target = np.array([0.4, 0.3, 0.3])
    both = held @ whole @ target / math.sqrt((held @ whole @ held) * (target @ whole @ target))
    assert found.correlation == pytest.approx(both)
    assert found.factor_share == pytest.approx((active @ covariance @ active) / (active @ whole @ active))
    sectors = [s.sector for s in UNIVERSE.securities]
    off = {name: sum(a for a, s in zip(active, sectors, strict=True) if s == name) for name in sectors}
    assert found.sector_active == pytest.approx(max(map(abs, off.values())))


def replayed() -> Replayed:
    """500 A of 100 and 10 A of five days ago, now at 50: the large loss would be washed by the small purchase."""
    past = HandPast(SESSIONS, {"A": ("50",) * 4, "B": ("50",) * 4}, {SESSIONS[0]: {"A": 0.5, "B": 0.5}})
    lots = "A1 500 A @ 100.00 on 2023-06-05\nA2 10 A @ 60.00 on 2024-01-03\nB1 500 B @ 50.00 on 2022-01-03"
    settings = ReplaySettings(cash_usd=Decimal(0), portfolio=portfolio(lots))
    policy, advisor = Policy("cash", (CashOutside(least_weight=0.5),)), Advisor(OneFactor(), FlatCosts())
    return replay(past, SESSIONS[0], SESSIONS[-1], policy, Mandate(), RATES, settings, advisor=advisor)


def test_losses_that_a_window_keeps_stand_in_the_rows_and_are_averaged() -> None:
    found = replayed()
    assert {row.locked_loss_usd for row in found.days} == {25_000.0}, "a lot is locked whole; A2 itself washes nothing"
    results = results_of(found, RATES)
    assert results.locked == pytest.approx(25_000 / found.days[0].value_usd)
    assert results.correlation_ex_ante == pytest.approx(found.days[0].correlation)
    assert 0 < results.correlation_ex_ante <= 1
    assert from_bytes(to_bytes(found)) == found


def test_a_file_of_the_second_version_does_not_know_them_and_says_so() -> None:
    found = replayed()
    _, _, text = gzip.decompress(to_bytes(found)).partition(b"\n")
    document = json.loads(text)
    for name in ("correlation", "factor_share", "sector_active", "locked_loss_usd"):
        del document["days"][name]
    old = json.dumps({**document, "schema_version": 2}).encode()
    read = from_bytes(gzip.compress(hashlib.sha256(old).hexdigest().encode() + b"\n" + old))
    assert read.days[0] == replace(
        found.days[0], correlation=None, factor_share=None, sector_active=None, locked_loss_usd=None
    )
    results = results_of(read, RATES)
    assert all(math.isnan(x) for x in (results.locked, results.factor_share, results.sector_active_max))


def test_without_locks_nothing_is_kept() -> None:
    signals = estimate(portfolio(ON_TARGET), MARKET, TARGET, Mandate(), RISK, COSTS)
    assert locked_loss_usd(signals.account) == 0.0
