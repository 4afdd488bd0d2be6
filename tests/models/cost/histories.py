"""Small simulated histories, and models trained on them once a session."""

from functools import cache

import numpy as np

from di_advisor.testing.random_orders import random_names, random_orders
from di_models.cost.law import CostLaw, LawPrior
from di_models.cost.learned import LearnedCostModel

WRONG = LawPrior(CostLaw(spread_capture=0.5, impact=0.8, exponent=0.5))


@cache
def simulated(orders=1500, seed=3, pure_noise=False):
    return random_orders(random_names(seed), orders, seed, pure_noise=pure_noise)


@cache
def trained(orders=1500, seed=3):
    return LearnedCostModel(WRONG, seed=seed).fit(simulated(orders, seed).history)


@cache
def clear_signal(orders=2000, seed=5):
    """A history in which venues matter so much that the gate must open."""
    found = simulated(orders, seed).history
    dear = np.where(found.venue == "Dunmere", 60.0, -6.0)
    columns = {name: getattr(found, name) for name in found.columns()}
    columns["average_price_usd"] = found.average_price_usd * (1.0 + found.side * dear / 1e4)
    return type(found).from_columns(columns, simulated=True)


@cache
def trained_on_clear_signal():
    return LearnedCostModel(seed=1).fit(clear_signal())
