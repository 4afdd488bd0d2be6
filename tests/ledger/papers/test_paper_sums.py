"""Dividends, retirement accounts, and sums of papers that agree with each other."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import (
    Buy,
    Dividend,
    Event,
    Sell,
    Split,
    TaxTreatment,
)
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers import (
    form_8949,
    schedule_d,
    wash_report,
    year_summary,
)
from di_advisor.ledger.replay import replay
from tests.ledger.papers.small_books import D, books_of, buy, opened, sell


def test_dividends_are_qualified_by_the_holding_days_of_the_lots_that_earned_them() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 30, 300),
        buy("L2", date(2025, 5, 1), 10, 100),
        Dividend(
            event_id="D1",
            on=date(2025, 6, 10),
            account_id="A",
            security_id="X",
            amount_usd="40.01",
            ex_on=date(2025, 5, 9),
        ),
        sell("S1", date(2025, 6, 16), 10, 100, "L2"),
        Dividend(event_id="D2", on=date(2025, 7, 10), account_id="A", security_id="X", amount_usd=7),
    )
    summary = year_summary(books, 2025)
    amounts = {r.figure: r.amount_usd for r in summary.rows}
    assert amounts["dividends"] == D("47.01")
    assert amounts["dividends_qualified"] == D("30.01")
    assert amounts["dividends_ordinary"] == D("17.00")
    assert [(m.what, m.event_id) for m in summary.about.missing] == [("ex_date", "D2")]


def test_a_split_after_a_sale_leaves_each_lot_its_share_of_the_dividend() -> None:
    books = books_of(
        opened(),
        buy("L1", date(2025, 1, 6), 30, 300),
        buy("L2", date(2025, 5, 1), 10, 100),
        Dividend(
            event_id="D1", on=date(2025, 6, 2), account_id="A", security_id="X", amount_usd=40, ex_on=date(2025, 5, 9)
        ),
        sell("S1", date(2025, 6, 16), 10, 100, "L2"),
        Split(
            event_id="split",
            on=date(2025, 7, 1),
            security_id="X",
            tax_treatment=TaxTreatment.SPLIT,
            source="letter",
            new_per_old=10,
        ),
    )
    amounts = {r.figure: r.amount_usd for r in year_summary(books, 2025).rows}
    assert (amounts["dividends_qualified"], amounts["dividends_ordinary"]) == (D("30.00"), D("10.00"))


def test_sales_in_a_retirement_account_are_on_no_paper() -> None:
    books = books_of(
        opened("R", AccountKind.IRA),
        buy("L1", date(2025, 1, 6), 10, 100, "R"),
        Sell(event_id="S", on=date(2025, 2, 6), account_id="R", security_id="X", shares=10, amount_usd=50),
    )
    assert form_8949(books, 2025).rows == ()
    assert {r.amount_usd for r in year_summary(books, 2025).rows} == {D("0.00")}


amounts = st.integers(1, 999_999).map(lambda c: D(c).scaleb(-2))
trades = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.sampled_from(["buy", "buy", "sell"]),
        st.sampled_from(["X", "Y"]),
        st.sampled_from(["A", "B", "IRA"]),
        st.integers(1, 7),
        st.sampled_from([1, 3, 7]),
        amounts,
    ),
    min_size=1,
    max_size=25,
)


def traded(rows: list[tuple[int, str, str, str, int, int, Decimal]], as_of: date = date(2027, 1, 1)) -> Books:
    """Books of random trades, thirds and sevenths of shares among them; a sale takes at most what is held."""
    kinds = {"A": AccountKind.TAXABLE, "B": AccountKind.SPOUSE, "IRA": AccountKind.IRA}
    events: list[Event] = [opened(a, k) for a, k in kinds.items()]
    held: dict[tuple[str, str], Fraction] = {}
    for n, (days, side, security, account, whole, part, usd) in enumerate(sorted(rows, key=lambda r: r[0])):
        on = date(2025, 1, 1) + timedelta(days=days)
        shares = Fraction(whole, part)
        mine = held.get((account, security), Fraction(0))
        if side == "sell":
            shares = min(shares, mine)
            if not shares:
                continue
        held[account, security] = mine + (shares if side == "buy" else -shares)
        common = {
            "event_id": f"E{n}",
            "on": on,
            "account_id": account,
            "security_id": security,
            "shares": shares,
            "amount_usd": usd,
            "sequence": n,
        }
        events.append(Buy(**common) if side == "buy" else Sell(**common))
    return replay(events, as_of=as_of)


@given(trades, st.booleans())
def test_rows_report_summary_and_schedule_sum_to_each_other(rows: list, combine: bool) -> None:
    books = traded(rows)
    for year in (2025, 2026):
        form = form_8949(books, year, combine_lots=combine)
        summary = {r.figure: r.amount_usd for r in year_summary(books, year).rows}
        for row in form.rows:
            assert row.gain_usd == row.proceeds_usd - row.basis_usd + row.adjustment_usd
            assert row.adjustment_usd >= 0
            assert ("W" in row.codes) == (row.washed_usd > 0)
        short = sum((r.gain_usd for r in form.rows if r.part == "I"), D(0))
        long = sum((r.gain_usd for r in form.rows if r.part == "II"), D(0))
        assert (short, long) == (summary["short_net"], summary["long_net"])
        washed = sum((r.washed_usd for r in form.rows), D(0))
        assert washed == summary["disallowed"] == summary["carried"] + summary["lost_for_good"]
        by_sale: dict[str, Decimal] = {}
        for wash in wash_report(books, year).rows:
            by_sale[wash.loss_event_id] = by_sale.get(wash.loss_event_id, D(0)) + wash.disallowed_usd
        for event_id in {r.event_id for r in form.rows}:
            mine = [r for r in form.rows if r.event_id == event_id]
            assert sum((r.washed_usd for r in mine), D(0)) == by_sale.get(event_id, D(0))
            exact = [r for r in books.realized if r.event_id == event_id]
            assert sum((r.proceeds_usd for r in mine), D(0)) == sum(r.proceeds_usd for r in exact)
            off = abs(Fraction(sum((r.gain_usd for r in mine), D(0))) - recognized(exact))
            assert off <= Fraction(len(exact) + 1, 100)
        lines = {x.line: x.gain_usd for x in schedule_d(form).rows}
        assert lines["16"] == short + long == summary["net"]
        assert lines["7"] == sum((t.gain_usd for t in form.totals if t.part == "I"), D(0))


def recognized(pieces: list) -> Fraction:
    return sum((p.recognized_usd for p in pieces), Fraction(0))
