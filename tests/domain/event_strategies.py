"""Hypothesis strategies for every type of event: single facts, and batches of facts that get in each other's way.

`events()` draws any type with anything that is allowed; `busy_batches()` draws from few ids, days
and securities, so that duplicates, conflicts and repeated corporate actions are common.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from di_advisor.domain import events as ev
from di_advisor.domain.events import Event, LotChoice, LotMethod, LotShares, TaxTreatment
from di_advisor.domain.portfolio import AccountKind

storable = st.characters(codec="utf-8", exclude_characters="\0")
ids = st.text(storable, min_size=1, max_size=6).filter(lambda s: s.strip())
texts = st.text(storable, max_size=6)
days = st.dates(date(1990, 1, 1), date(2035, 12, 31))
money = st.one_of(
    st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=2),
    st.decimals(0, 10**9, allow_nan=False, allow_infinity=False)
    .map(lambda d: +d)
    .filter(lambda d: abs(d.adjusted()) <= 28),
    st.fractions(0, 10**9, max_denominator=10**9),
    st.sampled_from([Decimal("1E+3"), Decimal("1000.00"), Decimal("1E-28"), Decimal("1E+28"), Decimal("-0")]),
)
positive = money.filter(bool)
ratios = st.fractions(Fraction(1, 10**4), 10**4, max_denominator=10**5)
maybe_money = st.none() | money


@st.composite
def choices(draw) -> LotChoice:
    method = draw(st.sampled_from(LotMethod))
    who = {"chosen_on": draw(st.none() | days), "chosen_by": draw(texts)}
    if method not in (LotMethod.SPECIFIC, LotMethod.TAX_OPTIMAL):
        return LotChoice(method, **who)
    lots = draw(st.lists(st.builds(LotShares, ids, st.none()), min_size=1, max_size=3, unique_by=lambda n: n.lot_id))
    return LotChoice(method, tuple(lots), draw(st.sampled_from([None, LotMethod.FIFO, LotMethod.HIFO])), **who)


def in_account(cls: type[Event], **fields: st.SearchStrategy) -> st.SearchStrategy[Event]:
    """Return a strategy for events of an account."""
    return st.builds(cls, **{**base, "account_id": ids, **fields})


def of_security(cls: type[Event], *treatments: TaxTreatment, **fields: st.SearchStrategy) -> st.SearchStrategy[Event]:
    """Return a strategy for corporate actions."""
    given = {**base, "source": ids, "security_id": ids, "tax_treatment": st.sampled_from(treatments)}
    return st.builds(cls, **{**given, **fields})


base = {"event_id": ids, "on": days, "sequence": st.integers(0, 3), "source": texts}
purchase = {"security_id": ids, "shares": positive, "amount_usd": money, "fees_usd": money}
fraction_cash = {"cash_in_lieu_usd": maybe_money}


@st.composite
def sales(draw) -> Event:
    on = draw(days)
    choice = draw(choices())
    if choice.lots and draw(st.booleans()):
        choice = LotChoice(choice.method, (LotShares(choice.lots[0].lot_id, Fraction(1, 10**30)),))
    return draw(
        in_account(ev.Sell, **purchase, on=st.just(on), choice=st.just(choice), settles_on=st.none() | st.just(on))
    )


@st.composite
def spin_offs(draw) -> Event:
    part = draw(st.fractions(Fraction(1, 1000), Fraction(999, 1000)))
    parts = draw(
        st.sampled_from(
            [
                {},
                {"parent_fraction": part},
                {"spun_fraction": part},
                {"parent_fraction": part, "spun_fraction": 1 - part},
            ]
        )
    )
    return draw(
        of_security(
            ev.SpinOff,
            TaxTreatment.TAX_FREE,
            TaxTreatment.TAXABLE,
            spun_security_id=ids,
            new_per_old=ratios,
            value_per_old_usd=positive,
            value_per_new_usd=positive,
            by_value=st.booleans(),
            **fraction_cash,
            **{name: st.just(value) for name, value in parts.items()},
        )
    )


@st.composite
def closings(draw) -> Event:
    year = draw(st.integers(1990, 2030))
    return draw(
        st.builds(
            ev.YearClosed,
            **{**base, "on": st.dates(date(year + 1, 1, 31), date(year + 5, 1, 1))},
            tax_year=st.just(year),
        )
    )


arrival = {"security_id": ids, "shares": positive, "lot_id": texts}
early = st.dates(date(1980, 1, 1), date(1989, 12, 31))
free = TaxTreatment.TAX_FREE
taxed = TaxTreatment.TAXABLE
split = TaxTreatment.SPLIT

BY_TYPE: dict[type[Event], st.SearchStrategy[Event]] = {
    ev.Buy: in_account(ev.Buy, **purchase, lot_id=texts, purchase_id=texts, settles_on=st.none() | days),
    ev.Reinvestment: in_account(ev.Reinvestment, **purchase),
    ev.Sell: sales(),
    ev.Deposit: in_account(ev.Deposit, amount_usd=positive),
    ev.Withdrawal: in_account(ev.Withdrawal, amount_usd=positive),
    ev.Dividend: in_account(
        ev.Dividend, security_id=ids, amount_usd=money, ex_on=st.none() | days, kind=st.sampled_from(ev.DividendKind)
    ),
    ev.CashInLieu: in_account(ev.CashInLieu, security_id=ids, amount_usd=money, shares=st.none() | positive),
    ev.OpenAccount: in_account(ev.OpenAccount, kind=st.sampled_from(AccountKind), reinvests_dividends=st.booleans()),
    ev.TransferIn: in_account(
        ev.TransferIn,
        **arrival,
        purchase_id=texts,
        basis_total_usd=maybe_money,
        acquired=st.none() | early,
        held_since=st.none() | days,
    ),
    ev.TransferOut: in_account(ev.TransferOut, security_id=ids, shares=positive, choice=choices()),
    ev.Transfer: in_account(
        ev.Transfer, to_account_id=ids.map("to {}".format), security_id=ids, shares=positive, choice=choices()
    ).filter(lambda e: e is not None),
    ev.GiftReceived: in_account(
        ev.GiftReceived, **arrival, donor_basis_usd=money, value_usd=money, donor_held_since=early
    ),
    ev.GiftGiven: in_account(
        ev.GiftGiven,
        security_id=ids,
        shares=positive,
        recipient=st.sampled_from(ev.Recipient),
        value_usd=maybe_money,
        choice=choices(),
    ),
    ev.Inheritance: in_account(ev.Inheritance, **arrival, value_at_death_usd=money, died_on=early),
    ev.Split: of_security(ev.Split, split, new_per_old=ratios.filter(lambda r: r > 1), **fraction_cash),
    ev.ReverseSplit: of_security(ev.ReverseSplit, split, new_per_old=ratios.filter(lambda r: r < 1), **fraction_cash),
    ev.StockDividend: of_security(
        ev.StockDividend, split, free, taxed, new_per_old=ratios, value_per_share_usd=money, **fraction_cash
    ),
    ev.Rights: of_security(
        ev.Rights,
        free,
        rights_security_id=ids,
        new_per_old=ratios,
        value_per_old_usd=money,
        value_per_right_usd=money,
        elected=st.booleans(),
    ),
    ev.ReturnOfCapital: of_security(ev.ReturnOfCapital, TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=money),
    ev.TickerChange: of_security(ev.TickerChange, TaxTreatment.NONE, old_ticker=ids, new_ticker=ids),
    ev.Delisting: of_security(ev.Delisting, TaxTreatment.NONE),
    ev.Worthless: of_security(ev.Worthless, TaxTreatment.WORTHLESS),
    ev.SpinOff: spin_offs(),
    ev.CashMerger: of_security(ev.CashMerger, taxed, cash_per_share_usd=money),
    ev.StockMerger: of_security(
        ev.StockMerger, free, taxed, new_security_id=ids, new_per_old=ratios, value_per_new_usd=money, **fraction_cash
    ),
    ev.MixedMerger: of_security(
        ev.MixedMerger,
        TaxTreatment.REORGANISATION_WITH_BOOT,
        taxed,
        new_security_id=ids,
        new_per_old=ratios,
        cash_per_share_usd=money,
        value_per_new_usd=money,
        other_per_share_usd=money,
        dividend_per_share_usd=money,
        **fraction_cash,
    ),
    ev.Exchange: in_account(
        ev.Exchange,
        source=ids,
        security_id=ids,
        new_security_id=ids,
        shares=positive,
        new_per_old=ratios,
        tax_treatment=st.sampled_from([free, taxed]),
        value_per_new_usd=money,
        choice=choices(),
    ),
    ev.YearClosed: closings(),
    ev.YearAmended: st.builds(ev.YearAmended, **base, tax_year=st.integers(1990, 2030), reason=ids),
}


FACTS = st.one_of(*BY_TYPE.values())
"""Any event that is not a correction."""


@st.composite
def corrections(draw) -> Event:
    replacement = draw(st.none() | FACTS)
    corrects = "old " + draw(ids)
    return draw(
        st.builds(
            ev.Correction,
            **{**base, "event_id": ids.map("correction {}".format)},
            corrects=st.just(corrects),
            replacement=st.just(replacement),
            reason=ids,
        )
    )


BY_TYPE[ev.Correction] = corrections()


def events() -> st.SearchStrategy[Event]:
    """Return a strategy for any event."""
    return st.one_of(*BY_TYPE.values())


few_ids = st.sampled_from("abcdef")
few_days = st.dates(date(2025, 3, 1), date(2025, 3, 3))
few_names = st.sampled_from(["X", "Y"])
few_sources = st.sampled_from(["vendor 1, row 1", "vendor 2, row 9"])
shared = {"event_id": few_ids, "on": few_days, "source": few_sources, "security_id": few_names}
busy_facts = st.one_of(
    st.builds(
        ev.Buy, **shared, account_id=st.just("A"), shares=st.just(1), amount_usd=st.sampled_from(["10", "10.00"])
    ),
    st.builds(ev.Split, **shared, tax_treatment=st.just(split), new_per_old=st.sampled_from([2, 2, 3])),
)
busy_corrections = st.builds(
    ev.Correction,
    event_id=few_ids.map("C{}".format),
    on=few_days,
    corrects=few_ids,
    reason=st.just("typing error"),
    replacement=st.none(),
)


def busy_batches() -> st.SearchStrategy[list[Event]]:
    """Return a strategy for batches in which events repeat, contradict and correct each other."""
    return st.lists(st.one_of(busy_facts, busy_facts, busy_facts, busy_corrections), max_size=5)
