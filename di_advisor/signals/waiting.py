"""The value of waiting: a harvest model's answer for an account's lots, put into its signals.

Problem: the optimizer sees today's tax and today's cost; that a loss may also be taken next week, at another price or
at another rate, it must be told. Decision: lots become the states that a `HarvestModel` reads (loss, age, time to
long-term, the risk model's volatility of the name), and its answer becomes ``AccountSignals.continuation_usd``;
lots whose basis or dates are not known, and accounts in which nothing is taxed, get 0. A model's figure is the
advantage over one wait, a small part of the tax saved, while the optimizer charges active risk for a year: added up as
they are, few losses are worth their risk. `HarvestUse.RIPE` takes from the model only which lots are ripe. Limits: a
lot's lock is not looked at here, locks keep it from being sold.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.harvest import ClientProfile, HarvestWorth, LotStates
from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import AccountSignals, MarketSignals, Signals
from di_advisor.ledger.days import day_array
from di_advisor.ledger.holding_period import long_term_from_many
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ports import HarvestModel

__all__ = ["HarvestUse", "Harvesting", "lot_states", "name_volatility_per_year", "with_waiting"]


class HarvestUse(StrEnum):
    """What is taken from a harvest model's answer."""

    WORTH = "worth"
    """Its dollars: the value of selling a lot now against later."""
    RIPE = "ripe"
    """Which losses it would take now: those count in full, all others save no tax today. Gains stay as they are."""


@dataclass(frozen=True)
class Harvesting:
    """A harvest model and what it must be told besides the lots.

    Attributes
    ----------
    model : HarvestModel
        For example ``registry.harvest_model()``.
    client : ClientProfile
        Rates, horizon, discount rate.
    review_days : int
        How often the policy looks at the account.
    use : HarvestUse
        What is taken from the model's answer.
    """

    model: HarvestModel
    client: ClientProfile
    review_days: int = 7
    use: HarvestUse = HarvestUse.WORTH


def with_waiting(signals: Signals, harvesting: Harvesting) -> tuple[Signals, HarvestWorth]:
    """Signals with ``continuation_usd``, and the model's whole answer on the lots with a basis, in their order.

    Raises
    ------
    InputError
        If the model was made for another review interval.
    """
    states, rows = lot_states(signals.account, signals.market)
    worth = harvesting.model.worth(states, harvesting.client, review_days=harvesting.review_days)
    continuation = np.zeros(len(signals.account.lots))
    ripe = harvesting.use is HarvestUse.RIPE
    continuation[rows] = _unripe_usd(worth) if ripe else worth.continuation_usd
    told = f"{worth.provenance}; only which losses are ripe" if ripe else worth.provenance
    provenance = {**signals.market.provenance, "harvest": told}
    market = dataclasses.replace(signals.market, provenance=provenance)
    return Signals(market, dataclasses.replace(signals.account, continuation_usd=continuation)), worth


def _unripe_usd(worth: HarvestWorth) -> FloatArray:
    """What takes today's saving from the losses that the model would keep, shape (L,)."""
    keep = (worth.tax_now_usd > 0) & ~worth.says_sell
    return np.where(keep, -worth.tax_now_usd, 0.0)


def lot_states(account: AccountSignals, market: MarketSignals) -> tuple[LotStates, NDArray[np.int64]]:
    """States of the lots whose basis and dates are known, and their rows among the account's lots."""
    taxed = account.kind not in RETIREMENT_KINDS
    rows = np.flatnonzero(account.lot_known & (account.lot_value_usd > 0) & taxed)
    lots = [account.lots[i] for i in rows.tolist()]
    today = np.datetime64(market.as_of, "D")
    since = day_array([lot.held_since for lot in lots if lot.held_since is not None])
    volatility = name_volatility_per_year(market.risk)[account.lot_name[rows]]
    states = LotStates(
        value_usd=account.lot_value_usd[rows],
        gain_usd=account.lot_gain_usd[rows],
        age_days=(today - since).astype(np.int64),
        days_to_long_term=np.maximum((long_term_from_many(since) - today).astype(np.int64), 0),
        volatility_per_year=volatility,
    )
    return states, rows


def name_volatility_per_year(risk: FactorRisk) -> FloatArray:
    """Total volatility of each name, shape (n,), as a fraction."""
    explained = np.einsum("ij,jk,ik->i", risk.exposures, risk.factor_covariance_per_year, risk.exposures)
    return np.asarray(np.sqrt(np.maximum(explained, 0.0) + risk.specific_variance_per_year), dtype=np.float64)
