"""Mergers for stock and cash by hand: cash is what was paid a share, whatever the deal is for tax."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from di_advisor.advisor import Advisor
from di_advisor.backtest.conservation import check_conservation
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.domain.events import MixedMerger, SpinOff, TaxTreatment
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import ConservationError
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import CashOutside
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor

SESSIONS = tuple(date(2024, 1, day) for day in (8, 9, 10))
BEFORE, AFTER = {"A": 0.5, "C": 0.5}, {"A": 0.5, "D": 0.5}
MERGER = MixedMerger(
    event_id="merger", on=SESSIONS[1], source="by hand", security_id="C", tax_treatment=TaxTreatment.TAXABLE,
    new_security_id="D", new_per_old=Decimal("0.25"), cash_per_share_usd=Decimal(4), value_per_new_usd=Decimal(40),
)  # fmt: skip
SPIN = SpinOff(
    event_id="spin", on=SESSIONS[1], source="by hand", security_id="C", tax_treatment=TaxTreatment.TAXABLE,
    spun_security_id="D", new_per_old=Decimal("0.25"), value_per_new_usd=Decimal(40),
)  # fmt: skip


def _past(d_usd: str, action: MixedMerger | SpinOff) -> HandPast:
    closes = {"A": ("100",) * 3, "C": ("20", None, None), "D": (None, d_usd, d_usd)}
    if isinstance(action, SpinOff):
        closes["C"] = ("20", "10", "10")
    value = replace(action, value_per_new_usd=Decimal(d_usd))
    return HandPast(SESSIONS, closes, {SESSIONS[0]: BEFORE, SESSIONS[1]: AFTER}, actions=(value,))


@pytest.mark.parametrize("d_usd", ["40", "120"], ids=["at a loss", "at a gain"])
@pytest.mark.parametrize(
    ("action", "paid_usd"),
    [
        (MERGER, 500 * 4),
        (replace(MERGER, tax_treatment=TaxTreatment.REORGANISATION_WITH_BOOT), 500 * 4),
        (SPIN, 0),
    ],
    ids=["taxable deal", "reorganisation", "taxable spin-off"],
)
def test_what_comes_in_shares_is_no_cash(action: MixedMerger | SpinOff, paid_usd: int, d_usd: str) -> None:
    past = _past(d_usd, action)
    done = replay(
        past,
        SESSIONS[0],
        SESSIONS[-1],
        Policy("never", (CashOutside(least_weight=0.9),)),
        Mandate(mode=TradingMode.TAX_UNAWARE, wash_policy=WashPolicy.IGNORE, risk_aversion=1e8, cash_max=0.9),
        TaxProfile(ConstantRates(short_term=0.4, long_term=0.2)),
        ReplaySettings(cash_usd=Decimal(20_000)),
        advisor=Advisor(OneFactor(), FlatCosts()),
    )
    assert done.days[0].cash_usd == pytest.approx(0.0)
    assert done.days[1].cash_usd == pytest.approx(paid_usd)
    assert check_conservation(done, past).largest_usd < 0.005
    rows = (done.days[0], replace(done.days[1], cash_usd=paid_usd + 0.01), *done.days[2:])
    with pytest.raises(ConservationError, match="2024-01-09"):
        check_conservation(replace(done, days=rows), past)
