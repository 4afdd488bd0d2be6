"""A page of a list of thousands: filtered, sorted, cut; and the list of a run that is still being written."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from di_advisor.errors import InputError
from di_advisor.execution.jobs import Failure
from di_advisor.execution.results_folder import ResultsFolder
from di_advisor.fleet.desk_rows import DeskRow, totals_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.record import failure_row, read_row
from di_advisor.fleet.running import propose
from di_advisor.fleet.worklist import Shown, Worklist, page_of
from di_advisor.report.desk_view import page_table
from di_advisor.report.markup import as_html

HUNDRED = [
    DeskRow(
        f"A{i:03}",
        "InfeasibleError: no cash" if i % 10 == 7 else "",
        ("Tracking error stays at 300 bps.",) if i % 10 == 3 else (),
        orders=i % 4,
        benefit_usd=Decimal(i * 37 % 101),
    )
    for i in range(100)
]


def test_pages_hold_every_account_once_and_exceptions_first() -> None:
    pages = [page_of(HUNDRED, n, size=30) for n in (1, 2, 3, 4)]
    assert [(len(p.rows), p.number, p.pages, p.matched, p.accounts) for p in pages] == [
        (30, 1, 4, 100, 100),
        (30, 2, 4, 100, 100),
        (30, 3, 4, 100, 100),
        (10, 4, 4, 100, 100),
    ]
    rows = [r for p in pages for r in p.rows]
    assert sorted(r.label for r in rows) == sorted(r.label for r in HUNDRED)
    assert [bool(r.exception) for r in rows[:11]] == [True] * 10 + [False]
    assert [bool(r.warnings) for r in rows[10:21]] == [True] * 10 + [False]


def test_a_page_is_filtered_by_kind_and_text_and_sorted_by_any_column() -> None:
    counts = {kind: page_of(HUNDRED, shown=kind).matched for kind in Shown}
    assert counts == {"all": 100, "exceptions": 20, "no proposal": 10, "warnings": 10, "trading": 75}
    assert page_of(HUNDRED, find=" NO CASH ").matched == 10
    assert [r.label for r in page_of(HUNDRED, find="a01", shown="trading", by="orders", descending=True).rows] == [
        "A011",
        "A015",
        "A019",
        "A010",
        "A014",
        "A018",
        "A013",
        "A017",
    ]  # 3, 2 and 1 orders, then by label
    worth = [r.benefit_usd for r in page_of(HUNDRED, by="benefit_usd", size=100).rows]
    assert worth == sorted(worth)


def test_a_page_beyond_the_last_is_the_last_and_an_empty_one_is_a_page() -> None:
    last = page_of(HUNDRED, 99, size=40)
    assert (last.number, last.pages, len(last.rows)) == (3, 3, 20)
    none = page_of(HUNDRED, find="nobody")
    assert (none.number, none.pages, none.matched, none.rows) == (1, 1, 0, ())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"by": "charm"}, "cannot be sorted by 'charm'"),
        ({"shown": "best"}, "does not show 'best'"),
        ({"number": 0}, "Page 0"),
        ({"size": 0}, "of 0 rows"),
    ],
)
def test_what_no_list_can_show_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        page_of(HUNDRED, **wrong)


def test_a_row_from_the_stored_sums_is_the_row_of_the_record(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    two = [six.account(0), replace(six.account(1), mandate=six.account(1).mandate.with_changes(withdrawal_usd=10**9))]
    run = propose(two, facts, into=tmp_path, scheduler="in-process", joint_rounds=0)
    stored = list(ResultsFolder.open(run.records_folder).records())
    older = [{k: v for k, v in row.items() if k != "sums_usd"} for row in stored]
    assert [DeskRow.of_stored(row) for row in stored] == [DeskRow.of(read_row(row)) for row in stored]
    assert [DeskRow.of_stored(row) for row in older] == [DeskRow.of_stored(row) for row in stored]
    listed = Worklist.open(tmp_path)
    assert (listed.finished, listed.passes, [r.label for r in listed.rows]) == (True, 1, ["A000001", "A000000"])
    assert listed.totals == totals_of(listed.rows)


def test_the_list_of_a_run_under_way_grows_with_it_and_reads_only_what_is_new(tmp_path: Path) -> None:
    failure = Failure("InfeasibleError", "no cash", "Add some.")
    folder = tmp_path / "pass-1"
    with ResultsFolder.open(folder, {"facts": "x"}) as results:
        listed = Worklist.open(tmp_path)
        assert (listed.finished, listed.rows) == (False, ())
        results.append([failure_row("a", failure, "d"), failure_row("b", failure, "d")])
        listed = listed.refreshed()
        assert [r.label for r in listed.rows] == ["a", "b"]
        part = folder / "part-0001.jsonl"
        read = part.stat().st_size
        part.write_bytes(b"x" * read)  # behind the list: not read again
        with part.open("ab") as file:
            file.write(b"half a line")
        assert listed.refreshed().rows == listed.rows
    with ResultsFolder.open(folder) as later:
        later.append([failure_row("b", Failure("InputError", "no lots"), "e"), failure_row("c", failure, "d")])
    grown = listed.refreshed()
    found = [(r.label, r.exception, r.kind) for r in grown.rows]
    assert found == [
        ("a", "no cash", "InfeasibleError"),
        ("b", "no lots", "InputError"),
        ("c", "no cash", "InfeasibleError"),
    ]


def test_an_empty_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Worklist.open(tmp_path)
    assert caught.value.what == f"{tmp_path} holds no run."  # the folder that was named, not one inside it


def test_a_page_as_a_table_says_what_is_wrong_beside_the_figures_and_escapes_it() -> None:
    odd = [replace(HUNDRED[7], label="<b>odd</b>"), HUNDRED[8]]
    table = page_table(page_of([*odd, *HUNDRED[9:20]], size=3))
    assert table.caption == "13 accounts, page 1 of 5"
    assert table.rows[0][:2] == ("<b>odd</b>", "InfeasibleError: no cash")
    assert set(table.rows[0][2:]) == {"-"}  # an account without a plan is not one that is worth nothing
    assert "-" not in table.rows[2]
    assert "<b>odd" not in as_html(table)
