"""The ledger under every kind of event: after each one, no share and no dollar is lost or made.

The identity of the dollars: what was gained, plus losses that moved into other basis, plus income,
equals the change of cash beside deposits and withdrawals, plus the basis of what is still held or
left, minus the basis of what arrived. Each event keeps both sides equal, whatever it is.
"""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from di_advisor.domain.event_text import event_from_text, event_text
from di_advisor.domain.events import (
    Buy,
    CashInLieu,
    CashMerger,
    Delisting,
    Deposit,
    Dividend,
    Event,
    Exchange,
    GiftGiven,
    GiftReceived,
    Inheritance,
    LotChoice,
    LotMethod,
    LotShares,
    MixedMerger,
    OpenAccount,
    Recipient,
    Reinvestment,
    ReturnOfCapital,
    ReverseSplit,
    Rights,
    Sell,
    SpinOff,
    Split,
    StockDividend,
    StockMerger,
    TaxTreatment,
    TickerChange,
    Transfer,
    TransferIn,
    TransferOut,
    Withdrawal,
    Worthless,
)
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.replay import replay
from tests.ledger.dollars import all_policies, dollars

ACCOUNTS = {
    "own": AccountKind.TAXABLE,
    "second": AccountKind.TAXABLE,
    "spouse": AccountKind.SPOUSE,
    "ira": AccountKind.IRA,
}
NAMES = ("AAA", "BBB", "BBB.B", "CCC")
GROUPS = IdenticalGroups.from_lists({"bbb": ("BBB", "BBB.B")})
FIRST = date(2024, 1, 2)
WITHIN = Fraction(0)

accounts = st.sampled_from(tuple(ACCOUNTS))
names = st.sampled_from(NAMES)
whole_shares = st.integers(1, 60)
cents = st.integers(1, 9_999_99).map(lambda c: Fraction(c, 100))
prices = st.integers(1_00, 200_00).map(lambda c: Fraction(c, 100))
ratios = st.fractions(Fraction(1, 8), Fraction(4), max_denominator=8).filter(lambda r: r != 1)
parts_of_one = st.integers(1, 99).map(lambda p: Fraction(p, 100))


class EveryEvent(RuleBasedStateMachine):
    """Adds events of every type, valid ones, and looks at the books after each."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.today = FIRST
        self.count = 0

    @initialize(policies=st.sampled_from(all_policies()))
    def open_accounts(self, policies: LedgerPolicies) -> None:
        self.policies = policies
        self.events = [
            OpenAccount(event_id=f"open {a}", on=FIRST, account_id=a, kind=kind) for a, kind in ACCOUNTS.items()
        ]
        self.books = self.replayed()

    def replayed(self, events: list[Event] | None = None) -> Books:
        whole = self.events if events is None else events
        return replay(whole, as_of=self.today, policies=self.policies, groups=GROUPS)

    def next(self, days: int) -> dict[str, object]:
        self.today += timedelta(days=days)
        self.count += 1
        return {"event_id": f"e{self.count:03}", "on": self.today, "sequence": self.count}

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.books = self.replayed()

    def holdings(self, account_id: str) -> dict[str, Fraction]:
        held: dict[str, Fraction] = {}
        for b in self.books.lots_of(account_id):
            held[b.lot.security_id] = held.get(b.lot.security_id, WITHIN) + Fraction(b.lot.shares)
        return held

    def some(self, data: st.DataObject, account_id: str) -> tuple[str, Fraction]:
        held = self.holdings(account_id)
        name = data.draw(st.sampled_from(sorted(held)), "name held")
        part = data.draw(st.sampled_from((1, Fraction(1, 2), Fraction(1, 3), Fraction(9, 10))), "part of it")
        return name, held[name] * part

    def one_holding(self) -> bool:
        return bool(self.events) and any(self.holdings(a) for a in ACCOUNTS)

    def holder(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([a for a in ACCOUNTS if self.holdings(a)]), "holder")

    # --- trades and cash ---------------------------------------------------------------------------------------

    @rule(account=accounts, name=names, shares=whole_shares, price=prices, days=st.integers(0, 12))
    def buy(self, account: str, name: str, shares: int, price: Fraction, days: int) -> None:
        self.add(Buy(**self.next(days), account_id=account, security_id=name, shares=shares, amount_usd=price * shares))

    @precondition(one_holding)
    @rule(data=st.data(), price=prices, days=st.integers(0, 12))
    def sell(self, data: st.DataObject, price: Fraction, days: int) -> None:
        account = self.holder(data)
        name, shares = self.some(data, account)
        method = data.draw(st.sampled_from((LotMethod.FIFO, LotMethod.LIFO, LotMethod.HIFO)), "method")
        self.add(
            Sell(
                **self.next(days),
                account_id=account,
                security_id=name,
                shares=shares,
                amount_usd=price * shares,
                fees_usd=min(Fraction(1), price * shares),
                choice=LotChoice(method),
            )
        )

    @precondition(one_holding)
    @rule(data=st.data(), price=prices, days=st.integers(0, 12))
    def sell_a_named_lot(self, data: st.DataObject, price: Fraction, days: int) -> None:
        account = self.holder(data)
        lot = data.draw(st.sampled_from([b.lot for b in self.books.lots_of(account)]), "lot")
        self.add(
            Sell(
                **self.next(days),
                account_id=account,
                security_id=lot.security_id,
                shares=lot.shares,
                amount_usd=price * Fraction(lot.shares),
                choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot.lot_id, lot.shares),)),
            )
        )

    @precondition(one_holding)
    @rule(data=st.data(), amount=cents, days=st.integers(1, 12))
    def dividend_and_reinvestment(self, data: st.DataObject, amount: Fraction, days: int) -> None:
        account = self.holder(data)
        name, _ = self.some(data, account)
        day = self.next(days)
        self.add(Dividend(**day, account_id=account, security_id=name, amount_usd=amount, ex_on=self.today))
        shares = data.draw(st.fractions(Fraction(1, 100), Fraction(3), max_denominator=100), "reinvested")
        self.add(Reinvestment(**self.next(0), account_id=account, security_id=name, shares=shares, amount_usd=amount))

    @rule(account=accounts, amount=cents, days=st.integers(0, 12), out=st.booleans())
    def cash(self, account: str, amount: Fraction, days: int, out: bool) -> None:
        kind = Withdrawal if out else Deposit
        self.add(kind(**self.next(days), account_id=account, amount_usd=amount))

    # --- moves -------------------------------------------------------------------------------------------------

    @rule(account=accounts, name=names, shares=whole_shares, basis=cents, age=st.integers(0, 900))
    def transfer_in(self, account: str, name: str, shares: int, basis: Fraction, age: int) -> None:
        day = self.next(1)
        acquired = self.today - timedelta(days=age)
        self.add(
            TransferIn(
                **day, account_id=account, security_id=name, shares=shares, basis_total_usd=basis, acquired=acquired
            )
        )

    @rule(account=accounts, name=names, shares=whole_shares, basis=cents, gift=st.booleans())
    def arrive(self, account: str, name: str, shares: int, basis: Fraction, gift: bool) -> None:
        day = self.next(1)
        where = {"account_id": account, "security_id": name, "shares": shares}
        if gift:
            donor = self.today - timedelta(days=400)
            self.add(GiftReceived(**day, **where, donor_basis_usd=basis, value_usd=basis + 1, donor_held_since=donor))
        else:
            self.add(Inheritance(**day, **where, value_at_death_usd=basis, died_on=self.today))

    @precondition(one_holding)
    @rule(data=st.data(), days=st.integers(1, 12), how=st.sampled_from(("out", "gift", "between")))
    def leave(self, data: st.DataObject, days: int, how: str) -> None:
        account = self.holder(data)
        name, shares = self.some(data, account)
        day = {**self.next(days), "account_id": account, "security_id": name, "shares": shares}
        if how == "out":
            self.add(TransferOut(**day))
        elif how == "gift":
            self.add(GiftGiven(**day, recipient=Recipient.CHARITY, value_usd=1))
        elif account != "ira":  # what an IRA gives away is a distribution, no transfer
            other = {"own": "second", "second": "spouse", "spouse": "own"}[account]
            self.add(Transfer(**day, to_account_id=other))

    # --- corporate actions ---------------------------------------------------------------------------------------

    def action(self, days: int, name: str, treatment: TaxTreatment) -> dict[str, object]:
        facts = {"security_id": name, "tax_treatment": treatment, "source": "invented"}
        return {**self.next(days), **facts}

    @rule(name=names, ratio=ratios, days=st.integers(1, 9), cash=st.booleans())
    def split(self, name: str, ratio: Fraction, days: int, cash: bool) -> None:
        kind = Split if ratio > 1 else ReverseSplit
        price = Fraction(50) if cash else None
        self.add(kind(**self.action(days, name, TaxTreatment.SPLIT), new_per_old=ratio, cash_in_lieu_usd=price))

    @rule(name=names, ratio=parts_of_one, days=st.integers(1, 9), taxable=st.booleans())
    def stock_dividend(self, name: str, ratio: Fraction, days: int, taxable: bool) -> None:
        how = TaxTreatment.TAXABLE if taxable else TaxTreatment.TAX_FREE
        self.add(StockDividend(**self.action(days, name, how), new_per_old=ratio, value_per_share_usd=20))

    @rule(name=names, amount=prices, days=st.integers(1, 9))
    def return_of_capital(self, name: str, amount: Fraction, days: int) -> None:
        facts = self.action(days, name, TaxTreatment.RETURN_OF_CAPITAL)
        self.add(ReturnOfCapital(**facts, amount_per_share_usd=amount / 20))

    @rule(name=names, ratio=parts_of_one, parent=parts_of_one, days=st.integers(1, 9), how=st.integers(0, 2))
    def spin_off(self, name: str, ratio: Fraction, parent: Fraction, days: int, how: int) -> None:
        treatment = TaxTreatment.TAXABLE if how == 2 else TaxTreatment.TAX_FREE
        facts = self.action(days, name, treatment)
        self.add(
            SpinOff(
                **facts,
                spun_security_id=f"{name}'{self.count}",
                new_per_old=ratio,
                parent_fraction=None if how else parent,
                value_per_old_usd=30,
                value_per_new_usd=10,
                by_value=how == 1,
            )
        )

    @rule(name=names, days=st.integers(1, 9), elected=st.booleans(), value=st.integers(1, 20))
    def rights(self, name: str, days: int, elected: bool, value: int) -> None:
        facts = self.action(days, name, TaxTreatment.TAX_FREE)
        self.add(
            Rights(
                **facts,
                rights_security_id=f"{name} right {self.count}",
                new_per_old=Fraction(1, 2),
                value_per_old_usd=30,
                value_per_right_usd=value,
                elected=elected,
            )
        )

    @rule(name=names, ratio=ratios, days=st.integers(1, 9), how=st.sampled_from(("stock", "boot", "taxed", "cash")))
    def merger(self, name: str, ratio: Fraction, days: int, how: str) -> None:
        new = f"{name}+{self.count}"
        if how == "cash":
            self.add(CashMerger(**self.action(days, name, TaxTreatment.TAXABLE), cash_per_share_usd=40))
        elif how == "boot":
            facts = self.action(days, name, TaxTreatment.REORGANISATION_WITH_BOOT)
            self.add(
                MixedMerger(
                    **facts, new_security_id=new, new_per_old=ratio, cash_per_share_usd=15, value_per_new_usd=25
                )
            )
        else:
            treatment = TaxTreatment.TAXABLE if how == "taxed" else TaxTreatment.TAX_FREE
            facts = self.action(days, name, treatment)
            self.add(StockMerger(**facts, new_security_id=new, new_per_old=ratio, value_per_new_usd=25))

    @precondition(one_holding)
    @rule(data=st.data(), ratio=ratios, days=st.integers(1, 9), taxable=st.booleans())
    def exchange(self, data: st.DataObject, ratio: Fraction, days: int, taxable: bool) -> None:
        account = self.holder(data)
        name, shares = self.some(data, account)
        self.add(
            Exchange(
                **self.next(days),
                account_id=account,
                security_id=name,
                new_security_id=f"{name}/{self.count + 1}",
                shares=shares,
                new_per_old=ratio,
                tax_treatment=TaxTreatment.TAXABLE if taxable else TaxTreatment.TAX_FREE,
                value_per_new_usd=33,
                source="invented",
            )
        )

    @rule(name=names, days=st.integers(1, 9), how=st.sampled_from(("ticker", "delisting", "worthless")))
    def name_events(self, name: str, days: int, how: str) -> None:
        if how == "ticker":
            facts = self.action(days, name, TaxTreatment.NONE)
            self.add(TickerChange(**facts, old_ticker=name, new_ticker=f"{name}X"))
        elif how == "delisting":
            self.add(Delisting(**self.action(days, name, TaxTreatment.NONE)))
        else:
            self.add(Worthless(**self.action(days, name, TaxTreatment.WORTHLESS)))
            # It counts on the last day of the year; what happens meanwhile is somebody else's test.
            self.today = date(self.today.year, 12, 31)
            self.books = self.replayed()

    @precondition(lambda self: bool(self.events) and bool(self.books.pending_fractions))
    @rule(data=st.data(), amount=prices, days=st.integers(1, 9))
    def cash_in_lieu(self, data: st.DataObject, amount: Fraction, days: int) -> None:
        account, name = data.draw(st.sampled_from(sorted(self.books.pending_fractions)), "fraction")
        held = self.holdings(account).get(name, WITHIN)
        if held >= self.books.pending_fractions[account, name]:
            self.add(CashInLieu(**self.next(days), account_id=account, security_id=name, amount_usd=amount))

    # --- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def every_dollar_is_somewhere(self) -> None:
        if self.events:
            assert dollars(self.books, self.events) == 0

    @invariant()
    def nothing_is_negative(self) -> None:
        if not self.events:
            return
        for b in (*self.books.lots, *self.books.departed):
            assert b.lot.shares > 0
            assert b.lot.basis_total_usd is None or b.lot.basis_total_usd >= 0
        for r in self.books.realized:
            assert r.disallowed_usd >= 0
            assert r.disallowed_usd <= max(-r.gain_usd, 0)
            assert r.shares >= 0
            assert 0 <= r.lost_for_good_usd <= r.disallowed_usd
            assert r.taxed or r.disallowed_usd == 0

    @invariant()
    def every_wash_stands_in_the_sale_and_in_the_window(self) -> None:
        if not self.events:
            return
        by_sale = sum((r.disallowed_usd for r in self.books.realized), WITHIN)
        assert by_sale == self.books.disallowed_usd
        for wash in self.books.washes:
            assert abs((wash.bought - wash.sold).days) <= 30
            assert GROUPS.key(wash.loss_security_id) == GROUPS.key(wash.replacement_security_id)

    def teardown(self) -> None:
        """Neither the order of entry nor a way through text changes one digit."""
        if not self.events:
            return
        shuffled = list(self.events)
        Random(self.count).shuffle(shuffled)  # noqa: S311
        books = self.replayed().digest()
        assert self.replayed(shuffled).digest() == books
        assert self.replayed([event_from_text(event_text(e)) for e in self.events]).digest() == books


TestEveryEvent = EveryEvent.TestCase
TestEveryEvent.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
