"""The harvest model of a run: by its registered name, for the run's taxpayer and review interval.

Problem: a saved run names a harvest model and how often the account is looked at; the value of waiting is that of
waiting so long, at this client's rates. Decision: the model is made through the registry, the client is made of the
taxpayer's marginal rates (losses at what they save, gains at what they cost), and a trained model that was made for
another interval refuses. Limits: rates are those of the first dollar and constant; horizon and discount rate are the
documented defaults of `ClientProfile`; a household's proposal does not look at it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from di_advisor.domain.harvest import ClientProfile
from di_advisor.formulate.schedule_d import Taxpayer, rates_of
from di_advisor.registry import harvest_model
from di_advisor.runs.spec import Models
from di_advisor.signals.waiting import Harvesting

__all__ = ["client_of", "harvesting_of"]

_SOLVED_FOR_ANY_INTERVAL: Final = "program"
"""The model that is told the interval when it is made; a trained one has its own."""


def client_of(taxpayer: Taxpayer, on: date) -> ClientProfile:
    """What of a taxpayer decides on harvesting: what losses save and gains cost at the margin, as fractions.

    Raises
    ------
    InputError, IncompleteDataError
        If the taxpayer's figures are for another year, or there are no tables for it.
    """
    profile = rates_of(taxpayer, on)
    gains, losses = profile.rates, profile.loss_rates or profile.rates
    return ClientProfile(losses.short_term, losses.long_term, gains.short_term, gains.long_term)


def harvesting_of(models: Models, taxpayer: Taxpayer, on: date) -> Harvesting | None:
    """The harvest model that is named, with the client and the interval; None where none is named.

    Raises
    ------
    PluginError
        If it is not installed.
    InputError, IncompleteDataError
        As `client_of`.
    """
    if not models.harvest:
        return None
    told: dict[str, Any] = {}
    if models.harvest == _SOLVED_FOR_ANY_INTERVAL:
        told["review_days"] = models.review_days
    return Harvesting(harvest_model(models.harvest, **told), client_of(taxpayer, on), models.review_days)
