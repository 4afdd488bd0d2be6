"""Cases that nobody published: other numbers, other fields, other kinds of accounts, and cases that cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tax_cases.__main__ import main
from benchmarks.tax_cases.runner import KINDS, Outcome, Verdict, judge


def case(case_id: str, expected: Any, **given: Any) -> dict[str, Any]:
    return {"id": case_id, "title": "made up", "input": given, "expected": expected}


def told(outcome: Outcome) -> str:
    return f"{outcome.verdict} {outcome.reason} {outcome.differences} {outcome.notes}"


def row(lot: str, shares: str, bought: str, basis: str, sold: str = "", proceeds: str = "", **more: str) -> dict:
    sale = {"sell_date": sold, "proceeds": proceeds} if sold else {}
    return {"basis": basis, "shares": shares, "buy_date": bought, "lot": lot, **sale, **more}


LOTS = [{"lot": "old", "acquired": "2020-01-02", "shares": "10", "basis": "100.00"}]

MADE_UP = json.loads((Path(__file__).parent / "made_up_tax_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("made_up", MADE_UP, ids=lambda each: each["id"])
def test_a_made_up_case_passes(made_up):
    outcome = judge(made_up)
    assert outcome.verdict is Verdict.PASS, told(outcome)


MALFORMED = [
    (case("WS-1", {"total_disallowed": "0"}), "input.rows is missing"),
    (case("WS-2", {"total_disallowed": "0"}, rows=[]), "input.rows is empty"),
    (
        case("WS-3", {"total_disallowed": "0"}, rows=[{"lot": "A", "buy_date": "2024-01-02", "basis": "1"}]),
        "rows[0].shares is missing",
    ),
    (case("WS-4", {"total_disallowed": "0"}, rows=[row("A", "1", "01/02/2024", "1")]), "not a date such as"),
    (case("WS-5", {"total_disallowed": "0"}, rows=[row("A", "one", "2024-01-02", "1")]), "not a number"),
    (
        case("WS-6", {"total_disallowed": "0"}, rows=[row("A", "1", "2024-01-02", "1", account_type="vault")]),
        "account_type is 'vault'",
    ),
    (
        case("WS-7", {"total_disallowed": "0"}, policy="x=y", rows=[row("A", "1", "2024-01-02", "1")]),
        "policy x=y is not known",
    ),
    (
        case("WS-8", {"total_disallowed": "0"}, rows=[row("A", "1", "2024-01-02", "1", "2023-01-02", "1")]),
        "InputError: Sell",
    ),
    (case("WS-9", {"total_disallowed": "0"}, rows=[row("A", "-1", "2024-01-02", "1")]), "InputError: Buy"),
    (case("HP-1", {"term": "long"}, acquired="2023-02-29", sold="2024-03-01"), "not a date such as"),
    (case("SP-1", {"shares": "1"}, lots=[{"shares": "1", "basis": "1"}], steps=["a big split"]), "is not understood"),
    (case("MG-1", {"gain": "1"}, shares="1", basis="1", stock_fmv="1", tax_treatment="perhaps"), "neither taxable nor"),
    (
        case("ID-1", {"gain": "1"}, lots=LOTS, sell={"shares": "1", "price": "1"}, method="SPECIFIC"),
        "lots_named is missing",
    ),
    (case("TX-1", {"agi": "1"}, tax_year="soon"), "not a number"),
    ({"id": "GF-1", "input": {}}, "nothing to compare with"),
    ({"id": "GF-2", "input": [], "expected": {"basis": "1"}}, "not an object"),
    ("a case", "no object"),
]


@pytest.mark.parametrize(("malformed", "words"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_case_that_cannot_be_read_is_an_error_with_its_reason(malformed, words):
    outcome = judge(malformed)
    assert outcome.verdict is Verdict.ERROR
    assert words in outcome.reason


def test_an_error_that_was_expected_and_did_not_come_is_a_failure():
    outcome = judge(case("GF-3", {"error": True}, donor_basis="1", proceeds="1"))
    assert outcome.verdict is Verdict.FAIL


def test_a_field_that_is_not_computed_fails_and_never_passes():
    outcome = judge(case("GF-4", {"gain_loss": "0.00", "colour": "green"}, donor_basis="1", proceeds="1"))
    assert [(d.field, d.got) for d in outcome.differences] == [("colour", "no answer: this is not computed")]


def test_a_field_that_nobody_reads_is_said_aloud():
    outcome = judge(case("GF-5", {"gain_loss": "0.00"}, donor_basis="1", proceeds="1", moon="full"))
    assert outcome.notes == ("input.moon was not used",)


def test_the_made_up_cases_hold_every_kind_and_pass_from_their_file(capsys):
    assert {each["id"][:2] for each in MADE_UP} == set(KINDS)
    assert main([str(Path(__file__).parent / "made_up_tax_cases.json")]) == 0


def test_the_command_line_goes_on_after_a_bad_case_and_says_what_was_expected(tmp_path, capsys):
    good, wrong = (case("GF-6", {"gain_loss": gain}, donor_basis="1", proceeds="3") for gain in ("2.00", "5.00"))
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([good, 3, {"id": "ZZ-1"}, wrong]), encoding="utf-8")
    assert main([str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if not line.startswith(" ")] == ["pass", "2", "UNKNOWN", "FAIL", "cases:"]
    assert "         gain_loss: expected 5.00, got 2.00" in lines
    assert "4 cases: 1 pass, 1 FAIL, 1 ERROR, 1 UNKNOWN PREFIX. Not tax advice." in lines


@pytest.mark.parametrize("text", ["", "{}", "[1, 2", "3"])
def test_a_file_that_is_no_list_of_cases_is_refused_with_another_exit_code(tmp_path, capsys, text):
    path = tmp_path / "cases.json"
    path.write_text(text, encoding="utf-8")
    assert main([str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_money_may_be_a_number_in_the_file_and_stays_exact(tmp_path, capsys):
    path = tmp_path / "cases.json"
    path.write_text(
        '[{"id": "GF-7", "input": {"donor_basis": 0.1, "proceeds": 0.3}, "expected": {"gain_loss": 0.20}}]',
        encoding="utf-8",
    )
    assert main([str(path)]) == 0
    assert "pass" in capsys.readouterr().out
