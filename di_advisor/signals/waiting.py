"""The value of waiting: a harvest model's answer for an account's lots, put into its signals.

Problem: the optimizer sees today's tax and today's cost; that a loss may also be taken next week, at another price or
at another rate, it must be told. Decision: lots become the states that a `HarvestModel` reads (loss, age, time to
long-term, the risk model's volatility of the name), and its answer becomes ``AccountSignals.continuation_usd``;
lots whose basis or dates are not known, and accounts in which nothing is taxed, get 0. Limits: a lot's lock is not
looked at here, locks keep it from being sold.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

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

__all__ = ["Harvesting", "lot_states", "name_volatility_per_year", "with_waiting"]


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
    """

    model: HarvestModel
    client: ClientProfile
    review_days: int = 7


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
    continuation[rows] = worth.continuation_usd
    provenance = {**signals.market.provenance, "harvest": worth.provenance}
    market = dataclasses.replace(signals.market, provenance=provenance)
    return Signals(market, dataclasses.replace(signals.account, continuation_usd=continuation)), worth


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
