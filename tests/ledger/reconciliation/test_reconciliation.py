"""Books and custodian: no break where they agree, each planted defect found and named, and blocked until waived."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import Buy, Dividend, Event, OpenAccount, Sell, TransferIn
from di_advisor.domain.portfolio import AccountKind, Side
from di_advisor.domain.signals import LockKind
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError, UnreconciledError
from di_advisor.ledger.books import Books
from di_advisor.ledger.reconciliation import (
    Break,
    BreakKind,
    Cause,
    CustodianLot,
    CustodianPosition,
    CustodianStatement,
    Override,
    blocked,
    open_breaks,
    reconcile,
    refuse_blocked,
)
from di_advisor.ledger.replay import replay

AS_OF = date(2025, 6, 20)


def buy(lot: str, on: date, shares: object, amount: object, account: str = "A", security: str = "X") -> Buy:
    return Buy(event_id=lot, on=on, account_id=account, security_id=security, shares=shares, amount_usd=amount)


def sell(name: str, on: date, shares: object, amount: object, account: str = "A", security: str = "X") -> Sell:
    return Sell(event_id=name, on=on, account_id=account, security_id=security, shares=shares, amount_usd=amount)


def books_of(*events: Event) -> Books:
    opened = [
        OpenAccount(event_id="oA", on=date(2019, 1, 2), account_id="A"),
        OpenAccount(event_id="oB", on=date(2019, 1, 2), account_id="B"),
        OpenAccount(event_id="oI", on=date(2019, 1, 2), account_id="I", kind=AccountKind.IRA),
    ]
    return replay([*opened, *events], as_of=AS_OF)


PLAIN = (
    buy("L1", date(2023, 1, 3), 100, 1000),
    buy("L2", date(2024, 1, 3), 40, "800.10"),
    buy("P1", date(2023, 1, 3), 60, 6000, security="P"),
)


def with_lots(books: Books, *lots: CustodianLot, settled: bool = False) -> CustodianStatement:
    """The custodian's statement of the books, with other lots of X."""
    same = CustodianStatement.of_books(books)
    return replace(same, lots=(*(x for x in same.lots if x.security_id != "X"), *lots), settled=settled)


def x(shares: object, basis: object, on: date | None, lot_id: str = "", security: str = "X") -> CustodianLot:
    return CustodianLot("A", security, shares, basis, on, lot_id)


L1, L2 = x(100, 1000, date(2023, 1, 3)), x(40, "800.10", date(2024, 1, 3))


def only_break(books: Books, statement: CustodianStatement) -> Break:
    (found,) = reconcile(books, statement).breaks
    assert found.account_id == "A"
    return found


def test_a_statement_of_the_same_books_has_no_break() -> None:
    books = books_of(*PLAIN)
    report = reconcile(books, CustodianStatement.of_books(books))
    assert report.breaks == ()
    assert report.agrees
    assert report.compared == (("A", "P"), ("A", "X"))


@pytest.mark.parametrize(
    ("lots", "kind", "cause", "says"),
    [
        # shares
        ([x(200, 1000, L1.acquired), x(80, "800.10", L2.acquired)], "position", Cause.SPLIT_MISSING, "split 2 for 1"),
        ([x(10, 1000, L1.acquired), x(4, "800.10", L2.acquired)], "position", Cause.SPLIT_MISSING, "split 1 for 10"),
        ([x(46, "1774.38", L1.acquired)], "position", Cause.SPLIT_MISSING, "split 1 for 3 explains it, the fraction"),
        ([L1], "position", Cause.LOT_MISSING, "lacks lot L2 of 2024-01-03 (40)"),
        ([L1, L2, x(7, 90, date(2025, 2, 3))], "position", Cause.LOT_EXTRA, "of 2025-02-03 (7)"),
        ([], "position", Cause.UNEXPLAINED, "does not hold it"),
        ([L1, x(39, 780, L2.acquired)], "position", Cause.UNEXPLAINED, "no single event"),
        ([x(140, "1800.10", date(2024, 1, 3), security="Y")], "position", Cause.NAME_CHANGED, "as many shares of Y"),
        ([x(35, "1800.10", date(2024, 1, 3), security="Y")], "position", Cause.NAME_CHANGED, "merger at 0.25 for 1"),
        # lots
        ([x(90, 900, L1.acquired), x(50, 1000, L2.acquired)], "lots", Cause.OTHER_LOTS_SOLD, "other lots"),
        # basis
        ([x(100, "1000.01", L1.acquired), L2], "basis", Cause.ROUNDING, "rounding"),
        ([x(100, "1009.95", L1.acquired), L2], "basis", Cause.UNEXPLAINED, "(9.95)"),
        ([x(100, None, L1.acquired), L2], "basis", Cause.BASIS_UNKNOWN, "the custodian lack it"),
        # dates
        ([x(100, 1000, date(2023, 1, 5)), L2], "date", Cause.SETTLEMENT_DATE, "settlement date"),
        ([x(100, 1000, date(2022, 1, 5)), L2], "date", Cause.UNEXPLAINED, "2022-01-05 at the custodian"),
        ([x(100, 1000, None), L2], "date", Cause.DATE_UNKNOWN, "not known to the custodian"),
    ],
)
def test_each_planted_defect_is_found_and_named(lots: list, kind: str, cause: Cause, says: str) -> None:
    books = books_of(*PLAIN)
    report = reconcile(books, with_lots(books, *lots))
    found = next(b for b in report.breaks if b.security_id == "X")
    assert (found.kind, found.cause) == (kind, cause)
    assert says in found.sentence
    assert "X in account A" in found.sentence
    assert {b.security_id for b in report.breaks} <= {"X", "Y"}


def test_a_spin_off_that_the_books_lack_is_told_from_a_purchase_that_they_lack() -> None:
    books = books_of(*PLAIN)
    spun = CustodianStatement.of_books(books)
    received = x(15, None, date(2023, 1, 3), security="S")
    found = only_break(books, replace(spun, lots=(*spun.lots, received)))
    assert (found.security_id, found.cause) == ("S", Cause.SHARES_RECEIVED)
    assert "1 for 4 of P" in found.sentence
    strange = x(15, 20, date(2025, 2, 3), security="S")
    assert only_break(books, replace(spun, lots=(*spun.lots, strange))).cause is Cause.LOT_EXTRA


def test_shares_bought_with_a_dividend_are_recognised() -> None:
    dividend = Dividend(event_id="D", on=date(2025, 3, 10), account_id="A", security_id="X", amount_usd="12.30")
    books = books_of(*PLAIN, dividend)
    found = only_break(books, with_lots(books, L1, L2, x("0.51", "12.30", date(2025, 3, 11))))
    assert found.cause is Cause.REINVESTED
    assert "Reinvestment" in found.sentence


def test_trades_that_have_not_settled_explain_a_settled_position_and_no_other() -> None:
    books = books_of(*PLAIN, buy("L3", AS_OF, 5, 60), sell("S", AS_OF, 30, 500))
    before = CustodianStatement(
        AS_OF,
        frozenset({"A"}),
        positions=(CustodianPosition("A", "X", 140), CustodianPosition("A", "P", 60)),
        settled=True,
    )
    assert only_break(books, before).cause is Cause.NOT_SETTLED
    by_trade_date = replace(before, settled=False)
    assert only_break(books, by_trade_date).cause is not Cause.NOT_SETTLED


def test_a_fraction_that_only_the_books_hold_may_have_been_paid_in_cash() -> None:
    books = books_of(buy("L1", date(2023, 1, 3), Fraction(100, 3), 1000))
    found = only_break(books, with_lots(books, x(33, 990, date(2023, 1, 3))))
    assert found.cause is Cause.FRACTION_DUE


def washed_across_accounts() -> Books:
    """A loss of 500 in account B washed by 30 of 100 shares bought in account A."""
    return books_of(
        buy("B1", date(2025, 1, 6), 30, 1500, "B"),
        sell("S1", date(2025, 5, 1), 30, 1000, "B"),
        buy("L1", date(2025, 5, 12), 100, 3500),
    )


def test_a_loss_washed_across_accounts_explains_the_basis_that_the_broker_does_not_know() -> None:
    books = washed_across_accounts()
    assert [(b.lot.shares, b.lot.basis_total_usd) for b in books.lots_of("A")] == [(30, 1550), (70, 2450)]
    found = only_break(books, with_lots(books, x(100, 3500, date(2025, 5, 12))))
    assert (found.kind, found.cause, found.difference) == (BreakKind.BASIS, Cause.WASHED_BASIS, "-500.00")
    assert "sale S1 in account B" in found.sentence
    assert "one CUSIP" in found.sentence
    assert found.blocks
    split = with_lots(books, x(30, 1050, date(2025, 5, 12)), x(70, 2450, date(2025, 5, 12)))
    assert only_break(books, split).cause is Cause.WASHED_BASIS


def test_a_custodian_that_shows_the_tacked_date_agrees_and_blocks_nothing() -> None:
    books = washed_across_accounts()
    tacked = books.lots_of("A")[0].lot
    assert tacked.held_since == date(2025, 1, 17)
    report = reconcile(books, with_lots(books, x(30, 1550, tacked.held_since), x(70, 2450, date(2025, 5, 12))))
    (found,) = report.breaks
    assert (found.kind, found.cause, found.blocks) == (BreakKind.DATE, Cause.TACKED_DATE, False)
    assert report.agrees
    assert blocked(report) == {}


def test_a_basis_that_only_the_custodian_knows_is_offered_and_blocks() -> None:
    books = books_of(
        TransferIn(
            event_id="T",
            on=date(2024, 1, 3),
            account_id="A",
            security_id="X",
            shares=10,
            basis_total_usd=None,
            acquired=date(2020, 1, 3),
        )
    )
    found = only_break(books, with_lots(books, x(10, 500, date(2020, 1, 3))))
    assert (found.cause, found.books, found.custodian) == (Cause.BASIS_UNKNOWN, "unknown", "500.00")
    assert only_break(books, with_lots(books, x(10, 500, date(2020, 1, 3)))).blocks
    assert reconcile(books, with_lots(books, x(10, None, date(2020, 1, 3)))).breaks == ()


def test_an_account_that_the_books_do_not_have_and_another_day_are_said() -> None:
    books = books_of(*PLAIN)
    same = CustodianStatement.of_books(books)
    more = replace(same, accounts=same.accounts | {"Z"}, lots=(*same.lots, CustodianLot("Z", "X", 1)))
    (found,) = reconcile(books, more).breaks
    assert (found.kind, found.account_id) == (BreakKind.ACCOUNT, "Z")
    with pytest.raises(InputError, match="as of 2025-06-20, and the statement of 2025-06-19"):
        reconcile(books, replace(same, as_of=date(2025, 6, 19)))


def test_accounts_that_a_statement_does_not_cover_are_left_out() -> None:
    books = books_of(*PLAIN, buy("B1", date(2024, 1, 3), 5, 50, "B"))
    assert reconcile(books, CustodianStatement.of_books(books, ["A"])).compared == (("A", "P"), ("A", "X"))


def trade(security: str) -> Trade:
    return Trade(security, security, "", "", Side.BUY, Decimal(1), Decimal(1), Decimal(1), {}, "")


def test_a_break_blocks_both_sides_of_its_name_in_its_account_until_it_is_waived_with_a_reason() -> None:
    books = books_of(*PLAIN)
    report = reconcile(books, with_lots(books, L1))
    (found,) = open_breaks(report)
    locks = blocked(report)
    assert set(locks) == {"A"}
    assert [(k.security_id, k.kind) for k in locks["A"]] == [("X", LockKind.NO_BUY), ("X", LockKind.NO_SELL)]
    assert found.break_id in locks["A"][0].reason
    with pytest.raises(UnreconciledError, match="trades in X are blocked"):
        refuse_blocked([trade("P"), trade("X")], "A", locks)
    refuse_blocked([trade("P")], "A", locks)
    refuse_blocked([trade("X")], "B", locks)
    waived = Override(found.break_id, "The sale of L2 is in tomorrow's file.", "ann", AS_OF)
    assert blocked(report, [waived]) == {}
    assert blocked(report, [replace(waived, break_id="another")]) == locks


@pytest.mark.parametrize("field", ["reason", "by", "break_id"])
def test_an_override_without_its_reason_or_its_author_is_refused(field: str) -> None:
    good = Override("0123", "looked at", "ann", AS_OF)
    with pytest.raises(InputError, match=f"no {field}"):
        replace(good, **{field: "  "})


def test_an_override_lapses_when_the_figures_change() -> None:
    books = books_of(*PLAIN)
    first = reconcile(books, with_lots(books, L1))
    waived = Override(first.breaks[0].break_id, "known", "ann", AS_OF)
    again = reconcile(books, with_lots(books, x(99, 990, L1.acquired)))
    assert blocked(first, [waived]) == {}
    assert blocked(again, [waived])


trades = st.lists(
    st.tuples(
        st.integers(0, 160),
        st.sampled_from(["buy", "buy", "sell"]),
        st.sampled_from(["A", "B", "I"]),
        st.integers(1, 9),
        st.sampled_from([1, 3, 7]),
        st.integers(100, 90_000),
    ),
    min_size=1,
    max_size=20,
)


def traded(rows: list[tuple[int, str, str, int, int, int]]) -> Books:
    events: list[Event] = []
    held: dict[str, Fraction] = {}
    for n, (days, side, account, whole, part, cents) in enumerate(sorted(rows, key=lambda r: r[0])):
        on = date(2025, 1, 6) + timedelta(days=days)
        shares = Fraction(whole, part)
        mine = held.get(account, Fraction(0))
        if side == "sell":
            shares = min(shares, mine)
            if not shares:
                continue
        held[account] = mine + (shares if side == "buy" else -shares)
        usd = Decimal(cents).scaleb(-2)
        events.append((buy if side == "buy" else sell)(f"E{n:02}", on, shares, usd, account))
    return books_of(*events)


@given(trades, st.randoms(use_true_random=False))
def test_a_statement_made_from_any_books_agrees_with_them_in_any_order_of_its_rows(rows: list, random) -> None:
    books = traded(rows)
    statement = CustodianStatement.of_books(books)
    lots = list(statement.lots)
    random.shuffle(lots)
    assert reconcile(books, replace(statement, lots=tuple(lots))).breaks == ()


@given(trades, st.data())
def test_a_defect_planted_in_any_lot_is_found_in_its_account_and_in_no_other(rows: list, data) -> None:
    books = traded(rows)
    statement = CustodianStatement.of_books(books)
    if not statement.lots:
        return
    at = data.draw(st.integers(0, len(statement.lots) - 1))
    lot = statement.lots[at]
    planted = data.draw(st.sampled_from(["lost", "shares", "basis", "date"]))
    others = [each for i, each in enumerate(statement.lots) if i != at]
    if planted == "shares":
        others.append(replace(lot, shares=lot.shares + 1))
    elif planted == "basis":
        others.append(replace(lot, basis_total_usd=lot.basis_total_usd + 5))
    elif planted == "date":
        others.append(replace(lot, acquired=lot.acquired - timedelta(days=900)))
    report = reconcile(books, replace(statement, lots=tuple(others)))
    assert {b.account_id for b in report.breaks} == {lot.account_id}
    assert not report.agrees
    assert set(blocked(report)) == {lot.account_id}


def test_a_custodians_trace_of_a_share_that_the_books_never_had_is_no_break_and_no_crash() -> None:
    books = books_of(*PLAIN)
    same = CustodianStatement.of_books(books)
    trace = x("0.0000005", None, None, security="Z")
    assert reconcile(books, replace(same, lots=(*same.lots, trace))).agrees


def test_an_override_of_yesterday_holds_while_the_figures_stay_the_same() -> None:
    statement = with_lots(books_of(*PLAIN), L1)
    report = reconcile(books_of(*PLAIN), statement)
    for on in (AS_OF - timedelta(days=40), AS_OF - timedelta(days=1), AS_OF + timedelta(days=1)):
        assert open_breaks(report, [Override(report.breaks[0].break_id, "in the next file", "ann", on)]) == ()


def test_a_break_keeps_its_id_from_day_to_day_and_changes_it_with_a_figure() -> None:
    opening = OpenAccount(event_id="oA", on=date(2019, 1, 2), account_id="A")
    found = []
    for day, shares in ((AS_OF, 100), (AS_OF + timedelta(days=1), 100), (AS_OF + timedelta(days=2), 101)):
        books = replay([opening, *PLAIN], as_of=day)
        listed = (CustodianPosition("A", "X", shares), CustodianPosition("A", "P", 60))
        (only,) = reconcile(books, CustodianStatement(day, frozenset("A"), positions=listed)).breaks
        found.append(only.break_id)
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("stated", [0, 3, 6])
def test_a_position_that_is_not_the_sum_of_its_lots_is_a_break(stated: int) -> None:
    """Also where the books hold none, and the position of zero alone would agree with them."""
    books = books_of(*PLAIN)
    statement = with_lots(books, L1, L2, x(5, 50, date(2024, 1, 3), security="Z"))
    statement = replace(statement, positions=(CustodianPosition("A", "Z", stated),))
    report = reconcile(books, statement)
    assert not report.agrees
    found = next(b for b in report.breaks if b.cause is Cause.CUSTODIAN_CONTRADICTS)
    assert (found.security_id, found.books) == ("Z", "0")
    assert found.custodian == f"position {stated}, lots 5"
    assert {lock.security_id for lock in blocked(report)["A"]} == {"Z"}


def test_lots_are_not_compared_where_they_are_not_the_position() -> None:
    books = books_of(*PLAIN)
    statement = replace(with_lots(books, L1), positions=(CustodianPosition("A", "X", 140),))
    assert only_break(books, statement).cause is Cause.CUSTODIAN_CONTRADICTS


def test_a_position_that_is_the_sum_of_its_lots_is_none() -> None:
    books = books_of(*PLAIN)
    statement = replace(with_lots(books, L1, L2), positions=(CustodianPosition("A", "X", 140),))
    assert reconcile(books, statement).agrees


def test_dollars_of_any_length_are_compared_to_the_cent() -> None:
    day = date(2024, 1, 2)
    books = books_of(OpenAccount(event_id="big", on=day, account_id="Z"), buy("b", day, 1, Decimal("1e27"), "Z", "Q"))
    lot = CustodianLot("Z", "Q", Decimal(1), Decimal("9e27"), day)
    statement = CustodianStatement(as_of=AS_OF, accounts=("Z",), lots=(lot,))
    assert any(
        f"basis {10**27}.00 in the books, {9 * 10**27}.00" in b.sentence for b in reconcile(books, statement).breaks
    )
