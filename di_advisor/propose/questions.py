"""Questions to a plan, for whoever can plan: what a workspace answers about its trades and wishes.

The answers are made in the modules of this package; here they get the plan they are about. A workspace
inherits these, so that its own file is about what it keeps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from di_advisor.domain.amounts import Exact
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.trades import Trade
from di_advisor.propose.cost_card import CostsBy
from di_advisor.propose.counterfactual import Counterfactual, counterfactuals
from di_advisor.propose.planned import Planned, Progress, never, silent
from di_advisor.propose.trade_explanation import TradeExplanation, explain_trade
from di_advisor.propose.why_not import Reason, why_not
from di_advisor.propose.wish_costs import WishCost, cost_of, costs_frame, price_between, wishes_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Questions"]


class Questions(ABC):
    """Questions about the plan under one mandate."""

    mandate: Mandate

    costs_by: CostsBy | None
    """Who drew the cost curves, where it can say what a prediction is made of."""

    @abstractmethod
    def _plan(self, mandate: Mandate, progress: Progress, cancel: Callable[[], bool]) -> Planned:
        """The plan under a mandate, kept by who inherits this."""

    def why_not(self, security_id: str, order_usd: Exact | None = None) -> tuple[Reason, ...]:
        """Why a name is not bought, and why each of its lots is not sold, under the workspace's own wishes.

        Parameters
        ----------
        security_id : str
            The name's id, or its ticker.
        order_usd : Decimal, optional
            Size of the trade that is asked about; the smallest order when left out.

        Raises
        ------
        UnknownSecurityError
            If the market does not know it.
        DiAdvisorError
            As `propose`, whose answer is asked about.
        """
        return why_not(self._plan(self.mandate, silent, never), security_id, order_usd)

    def explain_trade(self, trade: Trade | str) -> TradeExplanation:
        """Everything about one trade under the workspace's own wishes, drawn in a notebook.

        Its dollars, what the plan is worth without it, what pulls and holds it, its break-evens, why this lot.

        Parameters
        ----------
        trade : Trade or str
            One of ``proposal.trade_list``, or its lot, its security id or its ticker.

        Raises
        ------
        InputError
            If no trade, or more than one, is meant.
        DiAdvisorError
            As `propose`, whose answer is asked about.
        """
        return explain_trade(self._plan(self.mandate, silent, never), trade, self.costs_by)

    def counterfactuals(
        self, *, progress: Callable[[int, int], None] | None = None, cancel: Callable[[], bool] = never
    ) -> tuple[Counterfactual, ...]:
        """What the plan is worth less without each of its trades, in the proposal's order; they need not add up.

        Parameters
        ----------
        progress : callable, optional
            Told how many are done, of how many.
        cancel : callable
            Asked between trades.

        Raises
        ------
        DiAdvisorError
            As `propose`, and if a question was not answered with a certificate.
        """
        return counterfactuals(self._plan(self.mandate, silent, cancel), progress=progress, cancel=cancel)

    def price_of(self, wish: str, *, cancel: Callable[[], bool] = never) -> WishCost:
        """What one wish costs in dollars by term and in tracking error: the plan solved again without it.

        Parameters
        ----------
        wish : str
            A field of `Mandate`, or a rule of the plan, such as "sector band: Energy".
        cancel : callable
            Asked between solves.

        Raises
        ------
        InputError
            If there is no such wish.
        DiAdvisorError
            If there is no plan without it.
        """
        planned = self._plan(self.mandate, silent, cancel)
        return cost_of(planned, wish, lambda mandate: self._plan(mandate, silent, cancel), cancel)

    def price_of_change(self, wish: str, mandate: Mandate, *, cancel: Callable[[], bool] = never) -> WishCost:
        """What other wishes would cost against the present ones, before they are set: both are solved.

        Parameters
        ----------
        wish : str
            What to call the change, such as "no tobacco".
        mandate : Mandate
            The wishes with the change.
        cancel : callable
            Asked between solves.

        Raises
        ------
        InfeasibleError
            If the account cannot keep them; the error says what each would have to give.
        DiAdvisorError
            As `propose`.
        """
        without = self._plan(self.mandate, silent, cancel)
        return price_between(wish, self._plan(mandate, silent, cancel), without)

    def prices_of_wishes(
        self, *, progress: Callable[[int, int], None] | None = None, cancel: Callable[[], bool] = never
    ) -> pd.DataFrame:
        """What every rule that binds costs, and every wish that no rule shows: `costs_frame` has the columns.

        Parameters
        ----------
        progress : callable, optional
            Told how many are done, of how many.
        cancel : callable
            Asked between searches.

        Raises
        ------
        DiAdvisorError
            As `propose`. A wish without which there is no plan is a row that says so.
        """
        planned = self._plan(self.mandate, silent, cancel)
        return costs_frame(
            planned, wishes_of(planned), lambda mandate: self._plan(mandate, silent, cancel), progress, cancel
        )
