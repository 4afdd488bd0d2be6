"""What washed losses cost: the price of waiting for them, or all of their worth where they are gone.

The tax of a sale counts its whole loss. Where shares bought in the window replace the shares sold, the
loss is disallowed: it goes into the basis of the replacement and comes back when that is sold, years
later, or, replaced in a retirement account, never (Rev. Rul. 2008-5). This term takes back the
difference: of each washed dollar the worth of the loss, less what that worth is today when it comes
back after the mandate's number of years at its discount rate.

Limits: an estimate on the safe side (see `WashQuantities`): the dearest share sets a name's price. It
is not convex, so the reference in cvxpy is given the discrete choices and charges it by them. A name
that holds losses of both terms is priced by the dearer one. A loss is worth the marginal rates given,
without netting; by a return these are what the next lost dollar would save before the plan (`rates_of`),
wherever the plan ends. So the price is too dear where the plan's own losses only carry over, and too
cheap where a later dollar saves more than the first one: past gains that are taxed as long-term ones, at
wages. The rate where the plan ends would make the charge jump at every kink of the return, and no region's
bound would hold at its border; a reader is told instead (`wash_notes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.separable import Separable
from di_advisor.formulate.wash_prices import WashPrices
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.units import percent_from_fraction

__all__ = ["WashDeferral", "cost_of_waiting", "wash_notes", "wash_prices"]


def cost_of_waiting(mandate: Mandate) -> float:
    """Share of a loss's worth that is lost by waiting for it, in [0, 1]."""
    return float(1.0 - (1.0 + mandate.discount_rate_per_year) ** -mandate.wash_deferral_years)


def wash_prices(signals: Signals, mandate: Mandate, tax: TaxProfile, value_usd: float) -> WashPrices | None:
    """Widths and prices of each name, as fractions of a value; None where nothing could be washed.

    Parameters
    ----------
    signals : Signals
        With the quantities that could be washed.
    mandate : Mandate
        The policy, and what waiting costs.
    tax : TaxProfile
        Rates; those of the taxable accounts where this one is not taxed.
    value_usd : float
        What weights are fractions of.

    Raises
    ------
    InputError
        If the signals leave wash sales to prices, and the mandate bans them: no lock would keep the ban;
        or if the account is not taxed, and nothing says what losses elsewhere are worth.
    """
    account = signals.account
    washes = account.washes
    if washes is None:
        return None
    if mandate.wash_policy is WashPolicy.BAN or mandate.mode is TradingMode.TAX_UNAWARE:
        raise InputError(
            "The signals were estimated with wash sales priced, and the mandate bans them.",
            hint="Estimate the account again under this mandate.",
        )
    if not washes.matters:
        return None
    gone = account.kind in RETIREMENT_KINDS
    if gone and tax.loss_rates is None:
        raise InputError(
            f"What a purchase in the {account.kind.value} account {account.account_id} washes elsewhere has no price.",
            hint="Give loss_rates in the TaxProfile: the rates of the taxable accounts.",
        )
    rates = tax.loss_rates or tax.rates
    waiting = cost_of_waiting(mandate)
    loss = np.zeros(len(account.lots))
    at = washes.lot_washable
    loss[at] = -account.lot_gain_usd[at] / account.lot_value_usd[at]
    worth = loss * np.where(account.lot_long_term, rates.long_term, rates.short_term)
    dearest = np.zeros(len(washes.sell_usd))
    np.maximum.at(dearest, account.lot_name, worth)
    # A fill does not say which term its loss has: the dearer one.
    rate = max(rates.short_term, rates.long_term)
    return WashPrices(
        buy_width=washes.buy_usd / value_usd,
        buy_price=washes.buy_loss * rate * (1.0 if gone else waiting),
        sell_width=washes.sell_usd / value_usd,
        sell_price=dearest * np.where(washes.sell_lost, 1.0, waiting),
    )


def wash_notes(signals: Signals, mandate: Mandate, *, by_return: bool = False) -> tuple[str, ...]:
    """What a reader must know of the prices, where there are any.

    Parameters
    ----------
    signals, mandate : Signals, Mandate
        The account, and what waiting costs.
    by_return : bool
        Whether the rates are read off a return, whose later dollars of loss may save more or less.
    """
    washes = signals.account.washes
    if washes is None or not washes.matters:
        return ()
    note = (
        f"Wash sales are priced, not banned: a washed loss is taken to come back after "
        f"{mandate.wash_deferral_years:g} years, at {percent_from_fraction(mandate.discount_rate_per_year):g} % a year "
        f"(waiting costs {percent_from_fraction(cost_of_waiting(mandate)):.1f} % of its worth), and never from a "
        "retirement account. The tax shown counts it now; the term 'wash sales' takes back what that is too much."
    )
    if not by_return:
        return (note,)
    at_first = (
        "The price of a washed loss is what the next dollar of loss would save on the return before this plan. Where "
        "the plan's own losses are only carried over it is too dear; where they reach income that is taxed more, it "
        "is too cheap."
    )
    return note, at_first


@dataclass(frozen=True)
class WashDeferral:
    """Cost of the losses that a plan washes, name by name: a price up to a width, and nothing beyond it.

    Attributes
    ----------
    holdings : Holdings
        Before trading.
    prices : WashPrices
        Widths and prices.
    losing : ndarray of bool, shape (L,)
        Lots whose sale is a loss: what is sold of them counts.
    """

    holdings: Holdings
    prices: WashPrices
    losing: NDArray[np.bool_]
    name: str = "wash sales"

    @property
    def sentence(self) -> str:
        """What it charges for."""
        return (
            "What is lost where a loss is washed: of one that moves into the basis of other shares, what waiting "
            "for it costs; of one that a retirement account takes, all of its worth."
        )

    def value_usd(self, plan: Plan) -> float:
        """Cost of what is washed, in USD."""
        sold, bought = self._charges(plan)
        return float(sold.sum() + bought.sum()) * self.holdings.value_usd

    def attribute_usd(self, plan: Plan) -> Plan:
        """A name's cost, shared among its loss lots by size: what is washed depends on their sum only."""
        lots, value = self._lost(plan), self.holdings.value_usd
        sold, bought = self._charges(plan)
        amount = self._sold_at_loss(plan)
        rate = np.divide(sold, amount, out=np.zeros_like(sold), where=amount > 0)
        return Plan(rate[self.holdings.lot_name] * lots * value, np.asarray(bought * value, dtype=np.float64))

    def separable(self) -> Separable:
        """Nothing on the slopes: the block carries the prices."""
        return Separable()

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Nothing: not convex; the reference charges it by the discrete choices it is given."""
        del symbols
        return 0.0

    def under(
        self,
        symbols: SymbolicPlan,
        *,
        within: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        beyond: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    ) -> Any:  # noqa: ANN401 - a cvxpy expression
        """The cost under fixed choices, convex: a price on all that is traded, or the cost of the whole width.

        Parameters
        ----------
        symbols : SymbolicPlan
            The decision.
        within, beyond : pair of ndarray of bool, shape (n,)
            Names whose sales, and whose buys, are charged by the amount, and by the width.
        """
        p, of_name = self.prices, self.holdings.lot_name
        by_lot = np.where(self.losing & within[0][of_name], p.sell_price[of_name], 0.0)
        by_name = np.where(within[1] & (p.buy_width > 0), p.buy_price, 0.0)
        whole = np.where(beyond[0], p.sell_price * p.sell_width, 0.0)
        whole = whole + np.where(beyond[1], p.buy_price * p.buy_width, 0.0)
        return by_lot @ symbols.sells + by_name @ symbols.buys + float(whole.sum())

    def _lost(self, plan: Plan) -> FloatArray:
        return np.where(self.losing, plan.sells, 0.0)

    def _sold_at_loss(self, plan: Plan) -> FloatArray:
        found = np.bincount(self.holdings.lot_name, weights=self._lost(plan), minlength=len(plan.buys))
        return np.asarray(found, dtype=np.float64)

    def _charges(self, plan: Plan) -> tuple[FloatArray, FloatArray]:
        """Cost of each name's sales and of its buys, shapes (n,), fractions of the account."""
        p = self.prices
        sold = p.sell_price * np.minimum(self._sold_at_loss(plan), p.sell_width)
        return sold, p.buy_price * np.minimum(plan.buys, p.buy_width)
