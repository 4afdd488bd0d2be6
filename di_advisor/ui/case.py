"""What a proposal needs beside the choices on the panel: the user's own values, or the sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError

__all__ = [
    "SAMPLE_ACCOUNTS",
    "STARTING_MANDATE",
    "STARTING_TAX",
    "Case",
    "accounts_offered",
    "chosen_account",
]

SAMPLE_ACCOUNTS = ("young", "seasoned", "concentrated")
STARTING_MANDATE = Mandate(tracking_error_max=0.01, sector_band=Band.within(0.02), min_trade_usd=Decimal(500))
STARTING_TAX = TaxProfile(ConstantRates(short_term=0.408, long_term=0.238))


@dataclass(frozen=True)
class Case:
    """The user's own portfolios and market.

    Attributes
    ----------
    portfolios : Mapping of str to Portfolio
        What to choose from.
    market, target, tax, mandate
        As for `Advisor.propose`; the panel lays its choices over tax and mandate.
    returns, exposures : optional
        History for the risk model; not needed with ``risk``.
    risk, costs : optional
        Ready-made; else the models estimate them.
    """

    portfolios: Mapping[str, Portfolio]
    market: Market
    target: Target
    tax: TaxProfile = STARTING_TAX
    mandate: Mandate = field(default=STARTING_MANDATE)
    returns: ReturnHistory | None = None
    exposures: ExposureHistory | None = None
    risk: FactorRisk | None = None
    costs: CostCurves | None = None

    def __post_init__(self) -> None:
        if not self.portfolios:
            raise InputError("The panel was given no portfolio.", hint="Pass portfolios={'name': portfolio}.")
        if self.risk is None and self.returns is None:
            raise InputError(
                "The panel was given neither returns nor a risk model's result.",
                hint="Pass returns=... (and exposures=...), or risk=....",
            )


def accounts_offered(portfolios: Mapping[str, Portfolio]) -> dict[str, tuple[str, str]]:
    """What the panel offers: by label, the portfolio's name and the account's id."""
    return {
        name if len(portfolio.accounts) == 1 else f"{name} / {account.account_id}": (name, account.account_id)
        for name, portfolio in portfolios.items()
        for account in portfolio.accounts
    }


def chosen_account(portfolios: Mapping[str, Portfolio], label: str) -> tuple[Portfolio, str]:
    """Portfolio and account id behind a label of `accounts_offered`.

    Raises
    ------
    InputError
        If there is no such label.
    """
    offered = accounts_offered(portfolios)
    if label not in offered:
        raise InputError(f"There is no account {label!r}.", hint=f"There are: {', '.join(offered)}.")
    name, account_id = offered[label]
    return portfolios[name], account_id
