"""The proposal for a household: one for each account, and what they come to together.

A result is data, as a `Proposal` is, and imports nothing upward. Dollars by term of all accounts add up to those
of the household, to the cent: the tax of a return is shared among its accounts along the straight line from no
trade to all of them (Aumann and Shapley 1974).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.household import Household
from di_advisor.ledger.parts import WashMatch
from di_advisor.propose.proposal import Proposal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FilerFigures", "HouseholdCertificate", "HouseholdProposal", "WashDecision"]


@dataclass(frozen=True, slots=True)
class FilerFigures:
    """What the proposals change on one return.

    Attributes
    ----------
    filer : str
        Its name.
    short_usd, long_usd : Decimal
        Net gain realised by all its accounts, in cents, losses that are washed not counted.
    tax_usd : Decimal
        What the year's tax changes by, in cents; negative is a saving. All losses count in it: what washed ones take
        back is `HouseholdProposal.wash_cost_usd`.
    short_rate, long_rate : float
        What a further dollar of short-term and of long-term gain costs there.
    by_account_usd : Mapping of str to Decimal
        The tax by account; adds up.
    """

    filer: str
    short_usd: Decimal
    long_usd: Decimal
    tax_usd: Decimal
    short_rate: float
    long_rate: float
    by_account_usd: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class WashDecision:
    """Who gave way in a group that one account would sell at a loss and another would buy.

    Attributes
    ----------
    securities : tuple of str
        Members of the group.
    what : str
        What nobody does: "no_buy" or "no_loss_sale"; "priced" where it is washed at a price.
    other_side_usd : float or None
        How much all plans cost more where this group takes the other side; infinite where that leaves none; None
        where it was not compared.
    sentence : str
        The decision in plain words; not escaped.
    """

    securities: tuple[str, ...]
    what: str
    other_side_usd: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class HouseholdCertificate:
    """How far the plans can be from the best there are, for the household.

    Attributes
    ----------
    objective_usd : float
        Of the orders, all terms of all accounts.
    bound_usd : float
        Proved lower bound over all plans that the rules of all accounts, the budgets and the wash policy allow.
    gap_usd : float
        Their difference.
    nodes : int
        Sets of sides of wash sales that were tried.
    """

    objective_usd: float
    bound_usd: float
    gap_usd: float
    nodes: int


@dataclass(frozen=True, repr=False)
class HouseholdProposal:
    """What to trade in every account, and why.

    Attributes
    ----------
    household : Household
        Whose.
    as_of : date
        Tax date of the trades.
    proposals : Mapping of str to Proposal
        By account; each certified with the others as they are.
    filers : tuple of FilerFigures
        By return.
    certificate : HouseholdCertificate
        Of all together.
    decisions : tuple of WashDecision
        Who gave way, by group.
    washes : tuple of WashMatch
        Losses that the orders wash, as the ledger books them; none where they are banned.
    wash_cost_usd : Decimal
        What they cost, in cents: tax that is not saved now, less what comes back later.
    separate_usd : Decimal or None
        What the objective would be if every account were proposed for by itself, at law: the best of separate
        proposals that keep the budgets and the wash policy (who gives way where they clash is tried both ways);
        None where that was not asked, or there are none.
    separate_washed_usd : Decimal or None
        Losses that separate proposals, unaware of each other, would wash.
    source : str
        Which of the plans that were compared it is: "together", "one after another", "separate".
    notes : tuple of str
        What the reader must know.
    """

    household: Household
    as_of: date
    proposals: Mapping[str, Proposal]
    filers: tuple[FilerFigures, ...]
    certificate: HouseholdCertificate
    decisions: tuple[WashDecision, ...] = ()
    washes: tuple[WashMatch, ...] = ()
    wash_cost_usd: Decimal = Decimal("0.00")
    separate_usd: Decimal | None = None
    separate_washed_usd: Decimal | None = None
    source: str = "together"
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "proposals", FrozenMap(self.proposals))

    def __repr__(self) -> str:
        trades = sum(len(p.trade_list) for p in self.proposals.values())
        return (
            f"HouseholdProposal({self.household.name} on {self.as_of}: {trades} trades in {len(self.proposals)} "
            f"accounts worth ${self.benefit_usd:,.2f} over doing nothing; .by_account and .trades are frames)"
        )

    @property
    def terms_usd(self) -> dict[str, Decimal]:
        """Change of each term of the objective over all accounts, in cents; sums to minus the benefit."""
        total: dict[str, Decimal] = {}
        for proposal in self.proposals.values():
            for name, change in proposal.terms_usd.items():
                total[name] = total.get(name, Decimal(0)) + change
        if self.wash_cost_usd:
            total["wash sales"] = total.get("wash sales", Decimal(0)) + self.wash_cost_usd
        return total

    @property
    def benefit_usd(self) -> Decimal:
        """What all trades are worth over doing nothing, in cents."""
        return -sum(self.terms_usd.values(), Decimal(0))

    @property
    def gain_over_separate_usd(self) -> Decimal | None:
        """How much better than every account by itself, at law; None where that is not known."""
        if self.separate_usd is None:
            return None
        return self.separate_usd - Decimal(repr(round(self.certificate.objective_usd, 2)))

    @property
    def by_account(self) -> pd.DataFrame:
        """One row an account: whose, what kind, and dollars by term, adding up to the household's."""
        import pandas as pd

        terms = list(self.terms_usd)
        rows = []
        for each in self.household.accounts:
            change = self.proposals[each.account_id].terms_usd
            rows.append(
                [each.account_id, each.owner, each.account.kind.value, len(self.proposals[each.account_id].trade_list)]
                + [change.get(term, Decimal(0)) for term in terms]
                + [-sum(change.values(), Decimal(0))]
            )
        return pd.DataFrame(rows, columns=["account_id", "owner", "kind", "trades", *terms, "benefit_usd"])

    @property
    def trades(self) -> pd.DataFrame:
        """All trades, with their account."""
        import pandas as pd

        frames = []
        for account_id, proposal in self.proposals.items():
            frame = proposal.trades
            frame.insert(0, "account_id", account_id)
            frames.append(frame)
        kept = [f for f in frames if len(f)] or frames[:1]
        return pd.concat(kept, ignore_index=True)
