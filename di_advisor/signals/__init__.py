"""Estimate: market, models, ledger and mandate become arrays that the optimizer can read."""

from __future__ import annotations

from di_advisor.signals.account import estimate_account
from di_advisor.signals.estimate import estimate
from di_advisor.signals.market import estimate_market
from di_advisor.signals.waiting import Harvesting, HarvestUse, with_waiting

__all__ = ["HarvestUse", "Harvesting", "estimate", "estimate_account", "estimate_market", "with_waiting"]
