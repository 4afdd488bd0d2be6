"""A client's file from a terminal: what only Python could wish before, and options that count before it."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor.cli import main
from di_advisor.formulate.client_file import ClientFile, client_from_toml
from di_advisor.report.csv_export import read_trades_csv
from tests.cli.world import propose, write_world


@pytest.fixture
def world(tmp_path):
    return write_world(tmp_path)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def written(tmp_path):
    def write(text, name="client.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def trades(out):
    return read_trades_csv((out / "trades.csv").read_bytes().decode())


def test_the_template_is_printed_and_reads_back_as_nothing_wished(capsys):
    assert main(["mandate", "template"]) == 0
    assert client_from_toml(capsys.readouterr().out) == ClientFile()


def test_a_file_is_checked_and_shown_as_it_was_understood(written, capsys):
    assert main(["mandate", "check", written("[mandate]\ntracking_error_max = 0.01\nmax_names = 20")]) == 0
    assert capsys.readouterr().out.split("\n")[:3] == ["[mandate]", "tracking_error_max = 0.01", "max_names = 20"]
    assert main(["mandate", "check", written("[mandate]\nmax_name = 20")]) == 2
    assert "client.toml: there is no mandate.max_name. Hint: Did you mean max_names?" in capsys.readouterr().err
    assert main(["mandate", "check", written('[own]\nterms = ["nowhere:Term"]')]) == 2
    assert "'nowhere:Term' could not be imported" in capsys.readouterr().err
    assert main(["mandate", "check", "no such file"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_exclusions_and_esg_wishes_of_a_file_are_kept(world, out, written, capsys):
    rows = "\n".join(f"ID{i:02d},{i / 10:.1f}" for i in range(30))
    esg = written(f"security_id,score\n{rows}\n", "esg.csv")
    client = written(
        '[mandate]\nrounding = "fractional"\n'
        '[[mandate.exclusions]]\nscreen = "lowest"\n'
        'conditions = [{measure = "score", threshold = 0.15, operator = "<"}]\n'
        '[[mandate.esg]]\nmeasure = "score"\ndirection = "higher_is_better"\nuplift_min = 0.05\n'
    )
    options = ("--mandate", client, "--esg", esg, "--cash", "5000")
    assert main(propose(world, out, *options)) == 0
    capsys.readouterr()
    sold = {}
    for row in trades(out):
        if row["side"] == "sell":
            sold[row["security_id"]] = sold.get(row["security_id"], Decimal(0)) + Decimal(row["shares"])
        assert (row["side"], row["security_id"]) not in {("buy", "ID00"), ("buy", "ID01")}
    lots = [line.split(",") for line in world["lots"].read_text(encoding="utf-8").splitlines()[1:]]
    for gone in ("ID00", "ID01"):
        assert sold[gone] == sum(Decimal(cells[2]) for cells in lots if cells[1] == gone)


def test_the_taxpayer_of_a_file_is_taxed_by_the_whole_return_and_rates_beside_it_are_refused(
    world, out, written, capsys
):
    client = written(
        f'[taxpayer]\nkind = "return"\ntax_year = {date(2026, 3, 31).year}\nfiling_status = "married_joint"\n'
        "ordinary_income_usd = 250000\ncarryover_short_usd = 12000.50\nnet_long_usd = -1500\n"
    )
    assert main(propose(world, out, "--mandate", client)) == 0
    capsys.readouterr()
    assert "what these trades change the year" in (out / "report.html").read_text(encoding="utf-8")
    assert main(propose(world, out, "--mandate", client, "--tax-short-percent", "37")) == 2
    assert "has a taxpayer, and rates are given too" in capsys.readouterr().err


def test_own_terms_of_a_file_are_imported_by_name(world, out, written, capsys, monkeypatch, tmp_path):
    (tmp_path / "house_terms.py").write_text(
        "class Favour:\n"
        "    name = 'favour'\n"
        "    sentence = 'A name that the house likes.'\n\n"
        "    def expression(self, s):\n"
        "        import numpy as np\n\n"
        "        return -5000.0 * (np.arange(s.active.shape[0]) == 3).astype(float) @ s.active\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    client = written('[mandate]\nrounding = "fractional"\n[own]\nterms = ["house_terms:Favour"]\n')
    assert main(propose(world, out, "--mandate", client, "--cash", "5000")) == 0
    assert "favour" in capsys.readouterr().out + (out / "report.html").read_text(encoding="utf-8")


def test_options_count_before_the_file_and_the_file_before_the_demo_s_own_wishes(written, out, capsys):
    client = written("[mandate]\nmax_trades = 3\nsector_band = {lower = -0.1, upper = 0.1}\n")
    assert main(["demo", "--account", "young", "--mandate", client, "--out", str(out)]) == 0
    capsys.readouterr()
    assert len({row["security_id"] for row in trades(out)}) <= 3
    assert main(["demo", "--account", "young", "--mandate", client, "--mode", "buy_only", "--out", str(out)]) == 0
    capsys.readouterr()
    assert {row["side"] for row in trades(out)} <= {"buy"}
