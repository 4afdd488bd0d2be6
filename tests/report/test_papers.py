"""Papers of the ledger as CSV, frame and page: exact both ways, safe, the same every time."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import Buy, LotChoice, LotMethod, LotShares, OpenAccount, Sell, TransferIn
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers import (
    Form8949Row,
    LotRow,
    Paper,
    form_8949,
    lots_statement,
    schedule_d,
    wash_report,
    year_summary,
)
from di_advisor.ledger.replay import replay
from di_advisor.report.paper_csv import paper_csv, paper_frame, read_paper_csv, write_paper_csv
from di_advisor.report.paper_page import paper_html, paper_table, write_paper_html
from di_advisor.report.tables import as_markdown, as_text

NASTY = ('=HYPERLINK("http://x","y")', "<img src=x onerror=alert(1)>", "@SUM(1+1)*cmd", "\t=1", "</script><script>")


def books(account: str = "A", security: str = "X", lot: str = "L1") -> Books:
    day = date(2025, 3, 3)
    common = {"account_id": account, "security_id": security}
    return replay(
        [
            OpenAccount(event_id="open", on=date(2024, 1, 2), account_id=account),
            Buy(event_id="b1", on=date(2025, 1, 6), shares=Fraction(100, 3), amount_usd=5000, lot_id=lot, **common),
            Sell(
                event_id="s1",
                on=day,
                shares=Fraction(50, 3),
                amount_usd=2000,
                choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot),), chosen_on=day),
                **common,
            ),
            Buy(event_id="b2", on=date(2025, 3, 10), shares=7, amount_usd="900.01", **common),
            TransferIn(event_id="t", on=day, shares="0.75", basis_total_usd=None, acquired=None, **common),
        ],
        as_of=date(2025, 3, 20),
        taxpayer=security,
    )


def papers(of: Books) -> list[Paper]:
    form = form_8949(of, 2025, names={"X": "ACME"})
    prices = {s: Fraction(200, 3) for s in ("X", *NASTY)}
    return [
        form,
        schedule_d(form),
        wash_report(of, 2025),
        lots_statement(of, prices_usd=prices),
        year_summary(of, 2025),
    ]


@pytest.mark.parametrize("which", range(5))
def test_rows_come_back_from_csv_exactly_as_they_were(which: int) -> None:
    paper = papers(books())[which]
    assert paper.rows
    assert read_paper_csv(paper_csv(paper), paper.row_type) == paper.rows


@pytest.mark.parametrize("text", NASTY)
def test_no_text_of_a_journal_is_a_formula_in_a_file_or_a_tag_on_a_page(text: str) -> None:
    for paper in papers(books(text, text, text)):
        written = paper_csv(paper)
        for row in csv.reader(io.StringIO(written, newline="")):
            assert not [c for c in row if c[:1] in {"=", "@", "\t", "\r", "+"}]
            assert not [c for c in row if c.startswith("-") and not Decimal(c).is_finite()]
        assert read_paper_csv(written, paper.row_type) == paper.rows
        page = paper_html(paper)
        assert "<img" not in page
        assert "<script" not in page
        assert "<img" not in as_markdown(paper_table(paper))


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("'=+-@\t\r\n\",#")), max_size=12))
def test_any_name_comes_back_as_it_was(name: str) -> None:
    row = Form8949Row(
        "I", "A", name, "VARIOUS", None, Decimal(1), Decimal(2), "", Decimal(0), Decimal(-1), Decimal(0), None, name,
        name, name, name,
    )  # fmt: skip
    paper = replace(form_8949(books(), 2025), rows=(row,))
    assert read_paper_csv(paper_csv(paper), Form8949Row) == (row,)


# Up to as many digits as books may hold: beyond 28 a number is refused on its way in, and here too.
@given(st.fractions(min_value=0, max_value=10**15, max_denominator=999), st.one_of(st.none(), st.integers(0, 999)))
def test_any_number_of_shares_comes_back_as_it_was(shares: Fraction, days: int | None) -> None:
    (row, *_) = lots_statement(books()).rows
    row = replace(row, shares=shares, days_to_long=days, replacement=bool(days))
    paper = replace(lots_statement(books()), rows=(row,))
    assert read_paper_csv(paper_csv(paper), LotRow) == (row,)


def test_a_third_of_a_share_is_no_date_and_a_quarter_is_a_decimal() -> None:
    written = paper_csv(lots_statement(books()))
    assert ",'50/3," in written
    assert ",0.75," in written


def test_a_basis_that_is_pending_is_empty_and_typed_never_zero() -> None:
    statement = lots_statement(books(), prices_usd={"X": 100})
    pending = next(r for r in statement.rows if r.lot_id == "t")
    assert (pending.state, pending.pending, pending.basis_usd, pending.unrealised_usd) == (
        "basis_pending",
        "t",
        None,
        None,
    )
    assert pending.value_usd == Decimal("75.00")
    assert (pending.term, pending.days_to_long) == ("unknown", None)
    assert {m.what for m in statement.about.missing} == {"basis", "term"}
    frame = paper_frame(statement)
    assert frame["basis_usd"].isna().sum() == 1
    page = paper_html(statement)
    assert "basis_pending" in page
    assert "Not known" in page


def test_lots_show_the_days_to_long_term_and_what_replaced_a_loss() -> None:
    rows = {r.lot_id: r for r in lots_statement(books(), prices_usd={"X": 100}).rows}
    assert rows["L1"].long_from == date(2026, 1, 7)
    assert rows["L1"].days_to_long == 293
    assert rows["b2"].replacement
    assert rows["b2"].held_since == date(2025, 1, 13)
    assert rows["L1"].unrealised_usd == rows["L1"].value_usd - rows["L1"].basis_usd


def test_a_price_that_is_missing_is_named_and_the_lot_not_valued() -> None:
    statement = lots_statement(books(), prices_usd={})
    assert {r.value_usd for r in statement.rows} == {None}
    assert sum(m.what == "price" for m in statement.about.missing) == 3


@pytest.mark.parametrize("which", range(5))
def test_files_are_the_same_every_time_and_say_that_they_are_no_advice(which: int, tmp_path: Path) -> None:
    first, again = papers(books())[which], papers(books())[which]
    for write, name in ((write_paper_csv, "p.csv"), (write_paper_html, "p.html")):
        one = write(tmp_path / "a", name, first).read_bytes()
        assert one == write(tmp_path / "b", name, again).read_bytes()
        text = one.decode()
        assert "Not tax advice." in text
        assert "Accounts seen: A (taxable)." in text
        assert "sold_replacement" in text


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a plain file name"):
        write_paper_csv(tmp_path, "../../etc/x.csv", papers(books())[0])
    with pytest.raises(InputError, match="not a plain file name"):
        write_paper_html(tmp_path, "..\\x.html", papers(books())[0])
    assert list(tmp_path.iterdir()) == []


def test_a_page_shows_totals_and_columns_as_the_form_names_them() -> None:
    page = paper_html(papers(books())[0])
    assert "(h) Gain, $" in page
    assert "Total of box A" in page
    assert "16.666667 sh. ACME" in page
    assert "(f) Codes" in as_text(paper_table(papers(books())[0]))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("part,box", "part,bx"), "no header"),
        (("2500.00", "2,5"), "line 32|cells|Line"),
        (("2025-03-03", "03/03/2025"), "sold: '03/03/2025'"),
    ],
)
def test_a_file_that_was_changed_is_refused_with_its_place(change: tuple[str, str], match: str) -> None:
    written = paper_csv(papers(books())[0])
    assert change[0] in written
    with pytest.raises(InputError, match=match):
        read_paper_csv(written.replace(*change), Form8949Row)
