"""The year-end plan of an account: where it stands, what more to realise, what to give, and the ways side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.wish_checks import choice_of
from di_advisor.errors import InputError
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.books import Books
from di_advisor.policy.year_end.advice import Advice, advice
from di_advisor.policy.year_end.donations import Charity, GiftPlan, gift_plan
from di_advisor.policy.year_end.filer import LaterTax, filer_of, later_tax
from di_advisor.policy.year_end.offers import without_washes
from di_advisor.policy.year_end.scenarios import Scenarios, scenarios
from di_advisor.policy.year_end.standing import Standing, standing
from di_advisor.policy.year_end.valuing import WAYS
from di_advisor.propose.planned import never

if TYPE_CHECKING:
    from di_advisor.workspace import Workspace

__all__ = ["YearEndPlan", "YearEndWishes", "plan_year_end"]


@dataclass(frozen=True)
class YearEndWishes:
    """What a plan is asked with.

    Attributes
    ----------
    later : LaterTax, optional
        What a dollar of gain is taxed at later; `di_advisor.policy.year_end.later_tax` where left out.
    give_usd : Decimal or Fraction
        Value to be given to charity; 0 for none.
    charity : Charity
        To whom.
    other_itemized_usd : Decimal or Fraction, optional
        Deductions itemised beside the gift; those of the return where left out.
    ways : tuple of str
        Scenarios to solve; none where empty.
    near_days : int
        How soon a gain turns long-term that is worth waiting for.

    Raises
    ------
    InputError
        If an amount or a number of days is negative, or a way or a charity has no such name.
    """

    later: LaterTax | None = None
    give_usd: Exact = Decimal(0)
    charity: Charity = Charity.PUBLIC
    other_itemized_usd: Exact | None = None
    ways: tuple[str, ...] = tuple(WAYS)
    near_days: int = 60

    def __post_init__(self) -> None:
        object.__setattr__(self, "charity", choice_of(Charity, self.charity, "charity"))
        object.__setattr__(self, "ways", tuple(self.ways))
        for name in ("give_usd", "other_itemized_usd"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, exact(value, name))
        if self.give_usd < 0 or (self.other_itemized_usd or 0) < 0 or self.near_days < 0:
            raise InputError(
                f"A gift of {self.give_usd}, other deductions of {self.other_itemized_usd}, {self.near_days} days.",
                hint="Give amounts and days of 0 or more.",
            )
        strange = [name for name in self.ways if name not in WAYS]
        if strange:
            raise InputError(f"There is no scenario {strange[0]!r}.", hint=f"There are: {', '.join(WAYS)}.")


@dataclass(frozen=True, repr=False)
class YearEndPlan:
    """What to do by the last trade date.

    Attributes
    ----------
    standing : Standing
        Where the year stands.
    advice : Advice
        How much more to realise, and why.
    scenarios : Scenarios or None
        Ways side by side, where asked for.
    gift : GiftPlan or None
        Lots to give, where a gift is wished for.
    """

    standing: Standing
    advice: Advice
    scenarios: Scenarios | None = None
    gift: GiftPlan | None = None

    def __repr__(self) -> str:
        ways = "no scenarios" if self.scenarios is None else f"best way: {self.scenarios.best.name}"
        return f"YearEndPlan({self.standing!r}, {self.advice!r}, {ways})"


def plan_year_end(
    workspace: Workspace,
    wishes: YearEndWishes | None = None,
    *,
    taxpayer: Taxpayer | None = None,
    books: Books | None = None,
    progress: Callable[[str], None] = lambda _: None,
    cancel: Callable[[], bool] = never,
) -> YearEndPlan:
    """Plan the end of a tax year.

    Parameters
    ----------
    workspace : Workspace
        The account on its day; wash sales are banned in the plan, whatever its mandate does about them.
    wishes : YearEndWishes, optional
        Later tax, gift, scenarios; the defaults where left out.
    taxpayer : Taxpayer, optional
        Whose return, with all gains of the year so far; the workspace's where left out.
    books : Books, optional
        What is realised, by account.
    progress, cancel : callable
        Told the name of each scenario; asked whether to stop.

    Raises
    ------
    InputError
        If the account is not taxed, or figures are of another year.
    """
    asked = wishes or YearEndWishes()
    payer = taxpayer or workspace.tax
    whole = without_washes(workspace)
    later = asked.later or later_tax(payer, workspace.signals.market.as_of, workspace.mandate)
    filer = filer_of(payer, later)
    stands = standing(whole, taxpayer=filer, books=books)
    gift = None
    if asked.give_usd:
        gift = gift_plan(
            stands, filer, asked.give_usd, later, charity=asked.charity, other_itemized_usd=asked.other_itemized_usd
        )
    compared = None
    if asked.ways:
        taxed = replace(whole, tax=filer)
        compared = scenarios(
            taxed, stands, later, names=asked.ways, near_days=asked.near_days, progress=progress, cancel=cancel
        )
    return YearEndPlan(stands, advice(stands, later), compared, gift)
