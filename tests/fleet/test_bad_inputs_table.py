"""Published bad inputs where a fleet meets them: the one account is set aside with its error, all others come out."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from di_advisor.execution.results_folder import ResultsFolder
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.running import FleetRun, propose
from di_advisor.fleet.sources import ParquetAccounts
from di_advisor.fleet.worklist import Worklist
from di_advisor.report.desk_view import desk_bundle
from tests.fleet.older_bodies import older_body

FAR = 766_000  # a day in 2098
ODD_NAME = "<img src=x onerror=alert(1)> $\\href{x}$ [x](javascript:alert(1)) é"
Broken = Callable[[dict], object]


def lot(column: int, value: object) -> Broken:
    def broken(found: dict) -> object:
        found["accounts"][0]["lots"][column][0] = value
        return found

    return broken


def has(**values: object) -> Broken:
    return lambda found: found | values


def client(old: str, new: str) -> Broken:
    return lambda found: found | {"client": found["client"].replace(old, new)}


def cash(amount: str) -> Broken:
    def broken(found: dict) -> object:
        found["accounts"][0]["cash"][0][0] = amount
        return found

    return broken


def twice(found: dict) -> object:
    ids = found["accounts"][0]["lots"][0]
    ids[0] = ids[1]
    return found


REFUSED: dict[str, tuple[Broken, str, str]] = {
    "BI-001": (lot(3, "NaN"), "InputError", "basis of lot"),
    "BI-002": (cash("Infinity"), "InputError", "cash amount is not finite"),
    "BI-003": (lot(2, "-10"), "InputError", "-10 shares"),
    "BI-004": (lot(2, "0"), "InputError", "0 shares"),
    "BI-005": (lot(3, "-1.00"), "InputError", "negative basis"),
    "BI-007": (lot(3, 0.1), "InputError", "cannot be read"),
    "BI-011": (lot(2, "123456789012345678901234567890.1"), "InputError", "more than 28 digits"),
    "BI-014": (twice, "InputError", "stands twice"),
    "BI-022": (lot(2, "-50"), "InputError", "-50 shares"),
    "BI-025": (lot(4, "2023-02-29"), "InputError", "cannot be read"),
    "BI-028": (lot(4, FAR), "InputError", "after the tax date"),
    "BI-040": (lot(1, "ZZZZ"), "UnknownSecurityError", "ZZZZ"),
    "BI-062": (lambda found: json.dumps(found)[:900], "InputError", "cannot be read"),
    "BI-063": (has(schema=99), "NewerSchemaError", "schema 99"),
    "BI-065": (has(client='!!python/object/apply:os.system ["true"]'), "InputError", "no TOML"),
    "BI-066": (lambda _: '{"schema":1,"label":"BI-066",' + "[" * 50_000, "InputError", "cannot be read"),
    "BI-067": (lambda _: b"\xff\xfe{", "InputError", "cannot be read"),
    "BI-080": (client('"constant_rates"', '"maried"'), "InputError", "maried"),
    "BI-081": (client("[taxpayer]", "[taxpayer]\ncarryover_short_usd = -4000"), "InputError", "carryover_short_usd"),
}
"""What is broken, and the error's name and a part of what it says."""

SOLVED: dict[str, Broken] = {
    "BI-010": lot(2, "0.1234567891"),
    "BI-012": lot(2, "1e3"),
    "BI-023": lot(4, None),
    "BI-024": lot(3, None),
}
"""What an account may hold."""

WHERE_ELSE = {
    "BI-018": "fleet/test_store_accounts.py::test_books_that_cannot_be_read_are_set_aside_under_their_taxpayers_name",
    "BI-054": "fleet/test_running.py"
    "::test_an_account_that_cannot_be_solved_is_set_aside_with_its_error_and_not_tried_twice",
    "BI-064": "fleet/test_sources.py::test_a_file_that_is_no_parquet_of_accounts_is_refused",
    "BI-071": "fleet/test_desk.py::test_the_view_says_the_exceptions_before_the_list_and_escapes_what_it_shows",
}

NOT_MET = {
    "prices": "with the market, which is built and checked before a fleet",
    "actions": "with the books, before they are accounts",
    "wash": "with the books, and in every account's solve alike",
    "adapters": "with the market's and the books' sources",
    "lots": "rows of custodians' files and sales in the books: an account has lots with exact figures",
    "dates": "dates of rows and events: an account has days as numbers",
    "solver": "in every account's solve alike; its error is the account's",
    "files": "files of other kinds: a fleet reads Parquet",
    "export": "a desk writes no file; its tables are the report's",
    "tax": "in the taxpayer's facts, which one account and a fleet share",
}
"""Where entries of an area come up that are not in the tables above."""


@pytest.fixture(scope="module")
def run(six: SampleFleet, facts: FleetFacts, tmp_path_factory: pytest.TempPathFactory) -> FleetRun:
    """All of them in one file, a good account first and last; bodies of an earlier version, whose lots are text."""
    good = json.loads(older_body(six.account(0)))
    bodies: list[tuple[str | None, bytes | None]] = [("first", json.dumps(good | {"label": "first"}).encode())]
    for label, broken in [*((k, v[0]) for k, v in REFUSED.items()), *SOLVED.items()]:
        found = broken(json.loads(json.dumps(good | {"label": label})))
        whole = json.dumps(found) if isinstance(found, dict) else found
        bodies.append((label, whole if isinstance(whole, bytes) else str(whole).encode()))
    bodies += [
        ("another's", bodies[0][1]),
        ("nothing", None),
        (None, bodies[0][1]),
        (ODD_NAME, json.dumps(good | {"label": ODD_NAME, "target": "none such"}).encode()),
        ("last", json.dumps(good | {"label": "last"}).encode()),
    ]
    labels, found = zip(*bodies, strict=True)
    folder = tmp_path_factory.mktemp("bad")
    table = pa.table({"label": pa.array(labels, pa.string()), "account": pa.array(found, pa.binary())})
    pq.write_table(table, folder / "accounts.parquet")
    return propose(
        ParquetAccounts(folder / "accounts.parquet"), facts, into=folder / "run", scheduler="in-process", joint_rounds=0
    )


@pytest.fixture(scope="module")
def rows(run: FleetRun) -> dict[str, dict]:
    stored = list(ResultsFolder.open(run.records_folder).records())
    assert len({row["key"] for row in stored}) == len(stored) == run.done
    return {row["key"]: row for row in stored}


def test_every_account_of_the_file_comes_out_once(run: FleetRun, rows: dict[str, dict]) -> None:
    assert run.finished
    others = {"first", "last", "another's", "nothing", f"row {len(REFUSED) + len(SOLVED) + 4}", ODD_NAME}
    assert set(rows) == {*REFUSED, *SOLVED, *others}


@pytest.mark.parametrize("name", REFUSED)
def test_an_account_with_a_bad_input_is_set_aside_with_what_is_wrong(name: str, rows: dict[str, dict]) -> None:
    _, kind, says = REFUSED[name]
    row = rows[name]
    assert (row["status"], row["error"][0]) == ("set aside", kind)
    assert says in row["error"][1]
    assert row["error"][2]  # what to do


@pytest.mark.parametrize("name", SOLVED)
def test_what_an_account_may_hold_is_solved_and_an_unknown_lot_is_not_sold(name: str, rows: dict[str, dict]) -> None:
    row = rows[name]
    if row["status"] == "set aside":  # its wishes cannot be kept without the lot; never a fault of the programs
        assert row["error"][0] == "InfeasibleError"
        return
    assert len(row["orders"]) > 0
    if name in ("BI-023", "BI-024"):
        assert "1 lot has no known basis or date: it is not sold." in row["warnings"]


def test_good_accounts_beside_bad_ones_get_what_they_get_alone(
    rows: dict[str, dict], six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    alone = propose([six.account(0)], facts, into=tmp_path, scheduler="in-process", joint_rounds=0)
    (expected,) = ResultsFolder.open(alone.records_folder).records()
    for name in ("first", "last"):
        differs = {k for k, v in rows[name].items() if v != expected[k]}
        assert differs == {"key", "account_digest"}


def test_rows_without_a_label_or_an_account_and_with_anothers_account_are_told_apart(rows: dict[str, dict]) -> None:
    said = {name: rows[name]["error"][1] for name in rows if rows[name]["status"] == "set aside"}
    assert said["another's"] == "What is stored as another's is the account 'first'."
    assert said["nothing"].endswith("of the file has no account.")
    (unnamed,) = (what for name, what in said.items() if name.startswith("row "))
    assert unnamed.endswith("of the file has no label.")


def test_names_are_kept_as_they_are_and_shown_without_their_tags(run: FleetRun, rows: dict[str, dict]) -> None:
    assert ODD_NAME in rows
    shown = desk_bundle(Worklist.open(run.folder))
    assert "<img" not in shown["text/html"]
    assert "[x](javascript" not in shown["text/markdown"]


def test_every_entry_of_the_list_is_met_here_or_said_to_come_up_elsewhere(shared: Path) -> None:
    listed = {e["id"]: e for e in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    known = {*REFUSED, *SOLVED, *WHERE_ELSE}
    assert known <= set(listed)
    assert len(known) == len(REFUSED) + len(SOLVED) + len(WHERE_ELSE)
    assert {listed[name]["area"] for name in set(listed) - known} <= set(NOT_MET)
    tests = Path(__file__).parents[1]
    for where in WHERE_ELSE.values():
        path, _, test = where.partition("::")
        assert f"def {test}(" in (tests / path).read_text(encoding="utf-8")
