"""Ways to end the year side by side: now, wait until long-term, harvest only, gains at 0 %, do nothing.

Problem: a lower tax this year can be a higher one later, and less risk can cost more of both. Decision: every way is
valued alike and to the cent: value, less trading cost, less this year's tax by the whole return, plus what losses
carried over are worth, less the later tax on what is still unrealised at the stated later rate. Trades come from the
same advisor (`Workspace.what_if`); "gains at 0 %" sells and buys back at once, which no wash rule forbids. Wash sales
are banned in all of them. Limits: today's prices, also for gains that are realised when they are long-term;
"wait" keeps whole names from being sold, not single lots; selling costs are not taken off the gains. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from di_advisor.domain.amounts import to_decimal
from di_advisor.domain.portfolio import Side
from di_advisor.errors import DiAdvisorError
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return.result import cents
from di_advisor.policy.year_end.filer import LaterTax
from di_advisor.policy.year_end.offers import PartSale, fill
from di_advisor.policy.year_end.standing import Standing
from di_advisor.policy.year_end.stretches import Stretch, Way
from di_advisor.policy.year_end.valuing import WAYS, Scenario, ScenarioTrade, Valuing
from di_advisor.propose.planned import never

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.workspace import Workspace

__all__ = ["Scenarios", "room_at_zero_usd", "scenarios"]

_ZERO: Final = Fraction(0)


@dataclass(frozen=True, repr=False)
class Scenarios:
    """All ways, doing nothing first.

    Attributes
    ----------
    later : LaterTax
        What later tax was counted with.
    ways : tuple of Scenario
        In the order asked for; "do nothing" is always the first.
    """

    later: LaterTax
    ways: tuple[Scenario, ...]

    def __repr__(self) -> str:
        return f"Scenarios({', '.join(s.name for s in self.ways)}; best: {self.best.name}; .frame compares them)"

    @property
    def nothing(self) -> Scenario:
        """Doing nothing."""
        return self.ways[0]

    @property
    def best(self) -> Scenario:
        """The way that leaves most; doing nothing where none is better."""
        return max(self.ways, key=lambda s: s.after_tax_usd)

    def named(self, name: str) -> Scenario:
        """The way of a name."""
        return next(s for s in self.ways if s.name == name)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a way, dollars in exact cents; ``gain_usd`` is what it leaves over doing nothing.

        Columns: ``value_usd - cost_usd - tax_usd + carried_worth_usd - later_tax_usd = after_tax_usd``, each rounded
        by itself; further ``trades``, ``short_usd``, ``long_usd``, ``unrealised_usd``, carried losses,
        ``tracking_error`` and ``refused``.
        """
        import pandas as pd

        rows = []
        for s in self.ways:
            row: dict[str, Any] = {"scenario": s.name, "trades": len(s.trades)}
            amounts = [f.name for f in fields(s) if f.name.endswith("_usd")]
            row |= {name: cents(getattr(s, name)) for name in (*amounts, "after_tax_usd")}
            row["gain_usd"] = cents(s.after_tax_usd - self.nothing.after_tax_usd)
            rows.append(row | {"tracking_error": s.tracking_error, "refused": s.refused})
        return pd.DataFrame(rows).set_index("scenario")


def room_at_zero_usd(stretches: Sequence[Stretch]) -> Fraction:
    """Long-term gain that costs neither tax this year nor losses carried over, from today's point on.

    Parameters
    ----------
    stretches : sequence of Stretch
        Of long-term gain.
    """
    room = _ZERO
    for stretch in stretches:
        if stretch.this_year or stretch.carried or stretch.length_usd is None:
            break
        room += stretch.length_usd
    return room


def scenarios(
    workspace: Workspace,
    stands: Standing,
    later: LaterTax,
    *,
    names: Sequence[str] = tuple(WAYS),
    near_days: int = 60,
    progress: Callable[[str], None] = lambda _: None,
    cancel: Callable[[], bool] = never,
) -> Scenarios:
    """Solve and value the ways.

    Parameters
    ----------
    workspace : Workspace
        With wash sales banned (`without_washes`) and the taxpayer of ``stands``.
    stands : Standing
        The account in its year.
    later : LaterTax
        For what is still unrealised.
    names : sequence of str
        Which of `WAYS`; doing nothing is always among them.
    near_days : int
        How soon a gain turns long-term that is worth waiting for.
    progress, cancel : callable
        Told the name of each way; asked whether to stop.

    Returns
    -------
    Scenarios
        A way that the rules do not allow is among them, with the reason.
    """
    valued = Valuing(workspace, stands, later)
    nothing = valued.of("do nothing", (), _ZERO, valued.tracking_error)
    found = [nothing]
    for name in [n for n in WAYS if n in names and n != "do nothing"]:
        progress(name)
        if name == "gains at 0 %":
            found.append(_at_zero(valued))
            continue
        changes, notes = _changes(name, valued, near_days)
        try:
            proposal = workspace.what_if(cancel=cancel, **changes)
        except DiAdvisorError as error:
            found.append(valued.of(name, (), _ZERO, valued.tracking_error, refused=str(error), notes=notes))
        else:
            found.append(valued.proposed(name, proposal, notes))
    return Scenarios(later, tuple(found))


def _changes(name: str, valued: Valuing, near_days: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a way changes of the mandate, and what to say of it."""
    mandate, offers = valued.workspace.mandate, valued.stands.offers
    if name == "wait until long-term":
        until = valued.stands.dates.as_of + timedelta(days=near_days)
        near = [o for o in offers if o.term is Term.SHORT and o.gain_usd > 0 and o.long_from and o.long_from <= until]
        names = {o.lot.security_id for o in near}
        note = f"{len(near)} lots in {len(names)} names turn long-term by {until}: these names are not sold."
        if not near:
            note = f"No lot at a gain turns long-term by {until}: it is the same as now."
        return {"do_not_sell": mandate.do_not_sell | names}, (note,)
    if name == "harvest only":
        losing = {o.lot.security_id for o in offers if o.gain_usd < 0 and not o.blocked}
        others = {o.lot.security_id for o in offers} - losing
        note = f"{len(losing)} names have a loss that counts today; no other is sold. Bands of groups are lifted."
        account = valued.workspace.signals.account
        return {
            "do_not_sell": mandate.do_not_sell | others,
            "tracking_error_max": valued.tracking_error or None,
            # Risk is held by the cap and cash by its range, so that tax and cost alone choose the sales.
            "risk_aversion": 0.0,
            "cash_max": max(mandate.cash_max, float(account.cash_usd) / account.value_usd),
            "sector_band": None,
            "industry_band": None,
            "country_band": None,
            "factor_bands": {},
            "group_bands": (),
        }, (note,)
    return {}, ()


def _at_zero(valued: Valuing) -> Scenario:
    """Sell long-term gains into the room at 0 %, and buy the same shares back."""
    name, stands = "gains at 0 %", valued.stands
    room = room_at_zero_usd(stands.stretches[Term.LONG, Way.GAIN])
    if not room:
        note = "The next dollar of long-term gain is taxed, or uses up a loss: there is no room at 0 %."
        return valued.of(name, (), _ZERO, valued.tracking_error, notes=(note,))
    account, market = valued.workspace.signals.account, valued.workspace.signals.market
    position = market.universe.positions
    free = [o for o in stands.offers if account.can_buy[position[o.lot.security_id]]]
    sales = fill(free, Term.LONG, room, losses=False, until=stands.dates.last_trade)
    later = [s for s in sales if s.first_day > stands.dates.as_of]
    note = f"{float(room):,.0f} USD of long-term gain have room at 0 %; {_offered(sales):,.0f} of it can be realised"
    note += f", {_offered(later):,.0f} only from the day on which it is long-term." if later else "."
    traded = np.zeros(len(market.universe))
    for sale in sales:
        traded[position[sale.offer.lot.security_id]] += float(sale.value_usd)
    cost = market.costs.cost_usd(-traded) + market.costs.cost_usd(traded)
    trades = [_sold(s) for s in sales] + [_bought(s) for s in sales]
    return valued.of(
        name, tuple(trades), Fraction(to_decimal(float(cost.sum()), 2)), valued.tracking_error, notes=(note,)
    )


def _offered(sales: Sequence[PartSale]) -> float:
    return float(sum((s.gain_usd for s in sales), _ZERO))


def _sold(sale: PartSale) -> ScenarioTrade:
    lot, offer = sale.offer.lot, sale.offer
    return ScenarioTrade(
        Side.SELL,
        lot.security_id,
        offer.ticker,
        lot.lot_id,
        sale.shares,
        offer.price_usd,
        sale.gain_usd,
        Term.LONG,
        sale.first_day,
    )


def _bought(sale: PartSale) -> ScenarioTrade:
    offer = sale.offer
    name = offer.lot.security_id
    return ScenarioTrade(Side.BUY, name, offer.ticker, "", sale.shares, offer.price_usd, on=sale.first_day)
