"""``di-advisor household``: a file of a couple, the made-up one, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from di_advisor.cli import main
from di_advisor.runs.household_file import household_from_toml
from di_advisor.sample.household import sample_household

FILE = """\
name = "Ann and Bob"
as_of = 2026-06-30
lots = "lots.csv"
prices = "prices.csv"
index = "index.csv"

[[returns]]
name = "both"
people = ["ann", "bob"]
taxpayer = "both.toml"
gain_budget_usd = 10000

[[accounts]]
account_id = "hers"
owner = "ann"
cash_usd = 100
mandate = "hers.toml"

[[accounts]]
account_id = "ira"
owner = "bob"
cash_usd = 5000
"""
LOTS = """\
security_id,shares,basis_total_usd,acquired,account_id,account_kind
X,100,11000,2026-03-02,hers,taxable
Y,10,400,2020-01-02,hers,taxable
Y,1,90,2020-01-02,ira,ira
"""
PRICES = """\
security_id,ticker,name,sector,price_usd,half_spread_bps,adv_usd,volatility_per_year,as_of
X,X,Ex,Energy,100,2,1000000000,0.3,2026-06-30
Y,Y,Why,Banks,100,2,1000000000,0.3,2026-06-30
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = {
        "house.toml": FILE,
        "lots.csv": LOTS,
        "prices.csv": PRICES,
        "index.csv": "security_id,weight\nX,0.5\nY,0.5\n",
        "both.toml": '[taxpayer]\nkind = "constant_rates"\n[taxpayer.rates]\nshort_term = 0.35\nlong_term = 0.15\n',
        "hers.toml": "[mandate]\ncash_max = 1.0\nrisk_aversion = 0.5\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_becomes_a_household_with_owners_kinds_wishes_and_budgets(folder: Path) -> None:
    found = household_from_toml(folder / "house.toml")
    assert repr(found.household) == "Household(Ann and Bob: 1 return; hers (taxable, ann), ira (ira, bob))"
    assert found.household.account("hers").mandate.risk_aversion == 0.5
    assert [str(c.amount_usd) for c in found.household.account("ira").account.cash] == ["5000"]
    assert found.household.filers[0].gain_budget_usd == 10_000
    assert set(found.taxes) == {"both"}


def test_a_file_is_proposed_for_and_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"
    asked = ["household", str(folder / "house.toml"), "--out", str(out), "--quick", "--give-usd", "600"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "By account" in said
    assert "Lots to give to charity" in said
    assert sorted(p.name for p in out.iterdir()) == ["household.html", "trades_1.csv", "trades_2.csv"]


def test_own_rules_of_an_account_are_named_in_its_file_and_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = '[own]\nrules = ["tests.household.own_wishes:LittleX"]\n'
    (folder / "hers.toml").write_text(f"[mandate]\ncash_max = 1.0\nrisk_aversion = 0.001\n{own}", encoding="utf-8")
    (folder / "house.toml").write_text(FILE.replace("cash_usd = 5000", "cash_usd = 1"), encoding="utf-8")
    found = household_from_toml(folder / "house.toml")
    assert {i: n.rules for i, n in found.own.items()} == {"hers": ("tests.household.own_wishes:LittleX",)}
    assert main(["household", str(folder / "house.toml"), "--out", str(folder / "out"), "--quick"]) == 0
    sold = [line.split(",") for line in (folder / "out/trades_1.csv").read_text(encoding="utf-8").splitlines()]
    at = {name: i for i, name in enumerate(sold[0])}
    value = sum(
        float(row[at["value_usd"]]) for row in sold[1:] if row[at["side"]] == "sell" and row[at["ticker"]] == "X"
    )
    assert 3_500 <= value <= 4_000
    capsys.readouterr()
    (folder / "both.toml").write_text(f"{(folder / 'both.toml').read_text(encoding='utf-8')}{own}", encoding="utf-8")
    assert main(["household", str(folder / "house.toml"), "--out", str(folder / "out")]) == 2
    assert "both.toml brings own terms or rules, and is no account's mandate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('owner = "bob"', 'owner = "eve"', "files no return"),
        ('people = ["ann", "bob"]', 'people = "ann"', "returns[0].people is 'ann'"),
        ('[[accounts]]\naccount_id = "ira"', '[[accounts]]\naccount_id = "roth"', "the lots are also of 'ira'"),
        ("gain_budget_usd = 10000", 'gain_budget_usd = "much"', "gain_budget_usd"),
        ('taxpayer = "both.toml"', 'taxpayer = "hers.toml"', "has no [taxpayer]"),
        ('mandate = "hers.toml"', 'mandate = "nobody.toml"', "nobody.toml cannot be read"),
        ('name = "Ann and Bob"', 'name = "Ann and Bob"\ntracks = "each"', "Did you mean tracking"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(folder: Path, old: str, new: str, says: str, capsys) -> None:  # type: ignore[no-untyped-def]
    file = folder / "house.toml"
    file.write_text(FILE.replace(old, new), encoding="utf-8")
    assert main(["household", str(file), "--out", str(folder / "out")]) == 2
    assert says in capsys.readouterr().err
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "a file, or --sample"),
        (["--sample", "--move", "L:hers"], "LOT:FROM:TO"),
        (["--sample", "--move", "L:nobody:hers"], "no account 'nobody'"),
    ],
)
def test_a_household_that_is_not_named_and_a_move_that_is_none_are_refused(
    given: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["household", *given]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("move", "says"),
    [
        ("L9:hers:ira", "Account hers has no lot 'L9'. Hint: Its lots are: "),
        ("{lot}:hers:ira", "Nothing moves in kind from hers (taxable) to ira (ira)"),
    ],
)
def test_a_move_that_cannot_be_is_refused_before_anything_is_solved(
    folder: Path, move: str, says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def solved(*_: object, **__: object) -> None:
        raise AssertionError("solved first")

    monkeypatch.setattr("di_advisor.propose.household.propose", solved)
    house = folder / "house.toml"
    lots = [lot.lot_id for lot in household_from_toml(house).household.account("hers").account.lots]
    assert main(["household", str(house), "--move", move.format(lot=lots[0]), "--out", str(folder / "out")]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert ", ".join(lots) in told or "L9" not in move
    assert "(fills in the file)" in told
    assert "--fills" not in told


def test_the_made_up_household_is_labelled_and_has_an_ira_with_cash() -> None:
    made = sample_household()
    assert "simulated" in made.label
    assert [a.account.kind.value for a in made.household.accounts] == ["taxable", "taxable", "ira"]
    assert set(made.taxes) == {f.name for f in made.household.filers}
