"""Accounts of 20 to 60 names that move over four quarters: where plans over stages wash in their relaxation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.transition import TransitionWish
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.transition import formulate_transition
from di_advisor.testing.random_cases import random_case

__all__ = ["middling"]

_NAMES = (20, 40, 60)
_LOSSES = (0.05, 0.3, 0.6)
_QUARTERS = 4
_BUDGET = 0.01


def middling(seed: int) -> StagedProblem:
    """The problem of a seed: a share of lots at a loss, every second with a least trade, every fifth with a count."""
    names, share = _NAMES[seed % 3], _LOSSES[(seed // 3) % 3]
    case = random_case(seed, names=names, lots_a_name=2, styles=4)
    account = case.signals.account
    few = np.random.default_rng(seed).random(len(account.lots)) < share
    gain = np.where(few, -np.abs(account.lot_gain_usd), np.abs(account.lot_gain_usd))
    still = np.zeros(len(account.lots))
    signals = replace(case.signals, account=replace(account, lot_gain_usd=gain, continuation_usd=still))
    mandate = Mandate(
        rounding=Rounding.FRACTIONAL,
        min_trade_weight=0.002 if seed % 2 else 0.0,
        max_trades=names // 2 if seed % 5 == 0 else None,
    )
    budget = int(_BUDGET * account.value_usd)
    wish = TransitionWish.quarterly(signals.market.as_of, _QUARTERS, gain_budget_usd=budget)
    return formulate_transition(signals, mandate, case.tax, wish)
