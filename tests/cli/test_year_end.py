"""``di-advisor year-end``: the plan of a sample account, of a saved run, with a return of one's own, and refusals."""

from decimal import Decimal
from pathlib import Path

import pytest

from di_advisor.cli import main
from di_advisor.formulate.client_file import ClientFile, client_toml
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.saved import SavedRun, run_toml
from di_advisor.sample.calendar import LAST_DAY
from di_advisor.sample.filers import FILERS


def test_the_sample_has_a_filer_for_every_account_of_its_year() -> None:
    from di_advisor import sample

    assert set(FILERS) == set(sample.load().portfolios)
    assert {filer.tax_year for filer in FILERS.values()} == {LAST_DAY.year}


def test_a_plan_of_the_sample_prints_what_to_realise_and_the_gift(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["year-end", "--sample", "concentrated", "--quick", "--give-usd", "20000"]) == 0
    said = capsys.readouterr().out
    assert "simulated" in said
    assert "How much more to realise by the last trade date" in said
    assert "Giving lots to charity (public)" in said
    assert "Ways to end the year" not in said
    assert "Not tax advice" in said


def test_a_saved_run_takes_a_return_from_a_file_and_a_stated_later_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, filed = tmp_path / "mine.di.toml", tmp_path / "return.toml"
    saved.write_text(run_toml(SavedRun(RunSpec(SampleSource(), "concentrated"))), encoding="utf-8")
    taxpayer = ReturnInputs(tax_year=LAST_DAY.year, ordinary_income_usd=Decimal(30_000))
    filed.write_text(client_toml(ClientFile(taxpayer=taxpayer)), encoding="utf-8")
    given = ["--return", str(filed), "--later-rate-percent", "20", "--later-years", "0", "--quick"]
    assert main(["year-end", str(saved), *given]) == 0
    said = capsys.readouterr().out
    assert "taxed at 20.00 % in 0 years" in said
    assert "the 0 % bracket of long-term gain ends, at $49,450 of taxable income" in said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "Name one account"),
        (["x.di.toml", "--sample", "young"], "Name one account"),
        (["--sample", "older"], "The sample has no account 'older'"),
        (["missing.di.toml"], "missing.di.toml cannot be read"),
        (["--sample", "young", "--return", "missing.toml"], "missing.toml cannot be read"),
        (["--sample", "young", "--quick", "--give-usd", "-5"], "0 or more"),
    ],
)
def test_what_cannot_be_planned_ends_with_two(given: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["year-end", *given]) == 2
    assert words in capsys.readouterr().err


def test_a_file_without_a_taxpayer_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("", encoding="utf-8")
    assert main(["year-end", "--sample", "young", "--return", str(empty)]) == 2
    assert "has no [taxpayer]" in capsys.readouterr().err
