"""One account through two years of real prices: opened in January 2021, fed monthly, advised twice.

All prices are raw closes of the day, all shares are as they stood that day; splits, spin-offs and
mergers in between change the lots. Dividends are taken to be paid out to the client.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from di_advisor import Advisor, Band, Mandate
from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, Side
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import Proposal
from di_data.history_folder import Books, DatedTarget, HistoryFolder, Merger, SpinOff, Split

OPENED = date(2021, 1, 4)
REBALANCES = (date(2022, 6, 30), date(2022, 12, 30))
OPENING_USD, DEPOSIT_USD = 1_000_000, 20_000
CAP = 0.01
MANDATE = Mandate(tracking_error_max=CAP, sector_band=Band.within(0.02), min_trade_usd="500")
TAX = TaxProfile(ConstantRates(short_term=0.408, long_term=0.238))
# What the folder's lists of changes do not say: a ticker between two renames, share classes without a CIK.
RENAMES = ((date(2022, 11, 8), "NLOK", "GEN"), (date(2022, 12, 15), "FBHS", "FBIN"))
IDENTICAL = {"Under Armour": ("US:UA", "US:UAA"), "Discovery": ("US:DISCA", "US:DISCK")}


@dataclass(frozen=True)
class Station:
    """A day on which the advisor was asked."""

    day: date
    market: Market
    target: DatedTarget
    risk: FactorRisk
    before: Account
    proposal: Proposal
    after: Account


@dataclass
class Story:
    """What happened, in order."""

    folder: HistoryFolder
    books: Books
    stations: list[Station] = field(default_factory=list)
    paid_in_usd: int = 0
    actions: list[Split | SpinOff | Merger] = field(default_factory=list)
    basis_around_actions: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    cash_usd: list[Fraction] = field(default_factory=list)


def open_folder(shared: Path, until: date = REBALANCES[-1]) -> HistoryFolder:
    """Two years of history before the second rebalance are plenty for risk; 2020 confirms the price levels."""
    return HistoryFolder(shared / "data", since=date(2020, 6, 1), until=until, identical=IDENTICAL, renames=RENAMES)


def tell(folder: HistoryFolder) -> Story:
    """Play the account through."""
    story = Story(folder, Books("real"))
    days = [d for d in folder.days if d >= OPENED]
    first_of_month = [d for k, d in enumerate(days) if k == 0 or d.month != days[k - 1].month]
    last = days[0]
    advisor = Advisor()
    for day in sorted({*first_of_month, *REBALANCES}):
        advance(story, last, day)
        last = day
        if day in first_of_month:
            deposit(story, day)
        if day in REBALANCES:
            story.stations.append(advise(story, advisor, day))
    return story


def basis_usd(lots: Iterable[TaxLot]) -> Fraction:
    """Total basis, exact."""
    return sum((as_fraction(lot.basis_total_usd) for lot in lots), Fraction(0))


def advance(story: Story, after: date, until: date) -> None:
    """Apply corporate actions, one day at a time, and remember what each day did to the basis of the lots."""
    actions = story.folder.actions
    days = sorted({a.ex_date for a in (*actions.splits, *actions.spin_offs)} | {a.on for a in actions.mergers})
    for day in (d for d in days if after < d <= until):
        held, known_fills = basis_usd(story.books.lots.values()), len(story.books.fills)
        done = story.books.advance(actions, day - timedelta(days=1), day)
        cashed_out = sum(f.side is Side.SELL for f in story.books.fills[known_fills:]) > 0
        if done and not cashed_out:
            story.basis_around_actions.append((held, basis_usd(story.books.lots.values())))
        story.actions += done


def deposit(story: Story, day: date) -> None:
    """Pay in and buy what is missing, but nothing that was sold at a loss in the last 30 days."""
    amount = OPENING_USD if day == OPENED else DEPOSIT_USD
    story.paid_in_usd += amount
    story.books.cash_usd += amount
    # Before the first sheet its share counts are used with later knowledge; no advice depends on it.
    counted_on = date(2021, 5, 13) if day < date(2021, 5, 13) else None
    weights = story.folder.target(day, counted_on=counted_on).target.weights_on(day)
    market = story.folder.market(day)
    groups = {s.security_id: s.identical_group or s.security_id for s in market.universe.securities}
    washed = {groups.get(i, i) for i in story.books.sold_at_loss(day)}
    leave_alone = {i for i, group in groups.items() if group in washed}
    story.books.invest(day, weights, story.folder.raw_close_usd(day), leave_alone=leave_alone)
    story.cash_usd.append(story.books.cash_usd)


def advise(story: Story, advisor: Advisor, day: date) -> Station:
    """Ask for a proposal, and book it."""
    before = story.books.account(day)
    market = story.folder.market(day, also={lot.security_id for lot in before.lots})
    target = story.folder.target(day)
    risk = advisor.estimate_risk(market, story.folder.returns(day))
    proposal = advisor.propose(
        story.books.portfolio(day), market=market, target=target.target, mandate=MANDATE, tax=TAX, risk=risk
    )
    story.books.book(day, proposal.trade_list, cost_usd=trading_cost_usd(proposal))
    story.cash_usd.append(story.books.cash_usd)
    return Station(day, market, target, risk, before, proposal, story.books.account(day))


def trading_cost_usd(proposal: Proposal) -> Decimal:
    """What the proposal takes from cash beside the trades themselves."""
    flow = sum((signed_value(t) for t in proposal.trade_list), Fraction(0))
    cost = as_fraction(proposal.before.cash_usd) + flow - as_fraction(proposal.after.cash_usd)
    return Decimal(cost.numerator) / Decimal(cost.denominator)


def signed_value(trade: Trade) -> Fraction:
    """Dollars into cash, exact: a sale brings, a buy takes."""
    value = as_fraction(trade.shares) * as_fraction(trade.price_usd)
    return value if trade.side is Side.SELL else -value
