"""Washed losses count towards no budget in the independent check."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate
from di_advisor.testing.final_account import FinalAccount
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_situations import with_washes
from di_advisor.testing.rule_check import FinalOrders, broken_wishes
from di_advisor.testing.wash_check import washed_losses

SITUATION = with_washes(np.random.default_rng(4), random_case(5, names=12, lots_a_name=2, value_usd=2e6).signals)
SIGNALS, ACCOUNT = SITUATION.signals, SITUATION.signals.account
WASHES = ACCOUNT.washes
MANDATE = Mandate(cash_max=1.0, rounding="fractional").with_changes(**SITUATION.changes)  # type: ignore[arg-type]


def a_washable_lot() -> int:
    assert WASHES is not None
    return int(np.flatnonzero(WASHES.lot_washable)[0])


def test_of_a_loss_only_the_shares_that_meet_a_purchase_are_washed() -> None:
    assert WASHES is not None
    at = a_washable_lot()
    name = int(ACCOUNT.lot_name[at])
    meets = sum(Decimal(p.shares) for p in WASHES.purchases if p.group == WASHES.group[name])
    lot = ACCOUNT.lots[at]
    shares = Decimal(lot.shares)
    per_share = -ACCOUNT.lot_gain_usd[at] / float(shares)
    found = washed_losses(FinalAccount(SIGNALS, MANDATE, FinalOrders({at: shares}, {})))
    assert sum(found.values()) == pytest.approx(per_share * float(min(meets, shares)), rel=1e-9)
    assert found[bool(ACCOUNT.lot_long_term[at])] > 0


def test_a_budget_that_a_washed_loss_would_keep_is_broken() -> None:
    at = a_washable_lot()
    shares = Decimal(ACCOUNT.lots[at].shares)
    orders = FinalOrders({at: shares}, {})
    loss = -float(ACCOUNT.lot_gain_usd[at])
    washed = sum(washed_losses(FinalAccount(SIGNALS, MANDATE, orders)).values())
    for limit, kept in ((-loss + 0.5 * washed, False), (-loss + washed + 50.0, True)):
        asked = MANDATE.with_changes(gain_budget_usd=Decimal(round(limit)))
        seen = {b.wish for b in broken_wishes(SIGNALS, asked, orders)}
        assert ("gain_budget_usd" in seen) is not kept


def test_a_purchase_that_washes_a_loss_sold_before_raises_the_gain_of_the_year() -> None:
    assert WASHES is not None
    waiting = WASHES.losses[0]
    name = WASHES.group.index(waiting.group)
    orders = FinalOrders({}, {name: Decimal(waiting.shares)})
    found = washed_losses(FinalAccount(SIGNALS, MANDATE, orders))
    assert found[False] >= float(waiting.loss_usd) - 0.01
