"""``di-advisor propose`` on files: what it writes, what it says, and what it refuses."""

from decimal import Decimal

import pytest

from di_advisor.cli import main
from di_advisor.report.csv_export import read_trades_csv
from tests.cli.world import propose, write_world


@pytest.fixture
def world(tmp_path):
    return write_world(tmp_path)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def trades(out):
    return read_trades_csv((out / "trades.csv").read_bytes().decode())


def test_a_run_says_what_it_did_how_long_it_took_and_writes_both_files(world, out, capsys):
    assert main(propose(world, out, "--cash", "2500", "--tracking-error-max-bps", "300")) == 0
    said = capsys.readouterr()
    for words in ("30 names and 90 lots on 2026-03-31", "Tracking error", "Sell", "Not tax advice.", "Time spent"):
        assert words in said.out
    for stage in ("files", "risk model", "cost model", "proposal", "report", "total"):
        assert f"\n  {stage} " in said.out
    assert said.out.rstrip().endswith(f"Wrote {out / 'report.html'}\nWrote {out / 'trades.csv'}")
    assert "no returns were given, so risk rests on assumed correlations, not estimated" in said.err
    assert "<!doctype html>" in (out / "report.html").read_text(encoding="utf-8")
    assert {p.name for p in out.iterdir()} == {"report.html", "trades.csv"}


def test_the_trades_keep_cash_sell_known_lots_and_harvest(world, out, capsys):
    assert main(propose(world, out, "--cash", "2500")) == 0
    capsys.readouterr()
    rows = trades(out)
    value = {side: sum(Decimal(r["value_usd"]) for r in rows if r["side"] == side) for side in ("buy", "sell")}
    assert Decimal(2500) + value["sell"] - value["buy"] >= 0
    sold = [r for r in rows if r["side"] == "sell"]
    assert sum(Decimal(r["gain_usd"]) for r in sold) < 0
    lots = world["lots"].read_text(encoding="utf-8")
    assert all(f"{r['lot_id']},{r['security_id']}," in lots for r in sold)
    losers = {r["security_id"] for r in sold if Decimal(r["gain_usd"]) < 0}
    assert not losers & {r["security_id"] for r in rows if r["side"] == "buy"}


def test_returns_replace_the_assumed_correlations(world, out, capsys):
    assert main(propose(world, out, returns=True)) == 0
    assert "assumed" not in capsys.readouterr().err
    assert "assumed" not in (out / "report.html").read_text(encoding="utf-8")


def test_assumed_correlations_are_labelled_in_the_report(world, out, capsys):
    assert main(propose(world, out)) == 0
    capsys.readouterr()
    assert "assumed correlations, not estimated" in (out / "report.html").read_text(encoding="utf-8")


def test_the_same_run_twice_writes_the_same_trades(world, out, capsys):
    assert main(propose(world, out)) == 0
    first = trades(out)
    assert main(propose(world, out)) == 0
    assert trades(out) == first
    capsys.readouterr()


def test_wishes_are_kept(world, out, capsys):
    options = ("--do-not-sell", "ID00", "ID01", "--do-not-buy", "ID02", "--cash", "9000")
    assert main(propose(world, out, *options)) == 0
    capsys.readouterr()
    done = {(r["side"], r["security_id"]) for r in trades(out)}
    assert not done & {("sell", "ID00"), ("sell", "ID01"), ("buy", "ID02")}


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "lots",
            "2025-12-31",
            "31.13.2025",
            "lots.csv: 1 error, and nothing was imported.\n- line 2, acquired: '31.13",
        ),
        (
            "prices",
            ",2.0,",
            ",-2.0,",
            "prices.csv: 1 error, and nothing was imported.\n- line 2, half_spread_bps: it is",
        ),
        ("index", "ID07", "ZZZZ", "index.csv names what prices.csv does not have: ZZZZ. Hint: Add a row"),
        ("lots", "ID05", "GONE", "lots.csv names what prices.csv does not have: GONE."),
        ("index", "ID07,0.", "ID07,1.", "- weight: the weights of index effective 2026-03-31 sum to 2.0"),
        ("lots", "shares", "quantity", "lots.csv: the column shares is missing. Hint: It has: lot_id, security_id"),
    ],
)
def test_a_wrong_file_ends_in_one_message_and_code_2(world, out, capsys, file, old, new, words):
    spoil(world[file], old, new)
    assert main(propose(world, out)) == 2
    said = capsys.readouterr()
    assert said.err.startswith("di-advisor: ")
    assert words in said.err
    assert "Traceback" not in said.err
    assert not out.exists()


def test_a_ticker_of_two_securities_is_told(world, out, capsys):
    first, second = (line.split(",")[:2] for line in world["prices"].read_text(encoding="utf-8").splitlines()[1:3])
    spoil(world["prices"], ",".join(second), f"{second[0]},{first[1]}")
    assert main(propose(world, out)) == 0
    assert f"prices.csv: the ticker {first[1]} stands for {first[0]}, {second[0]}." in capsys.readouterr().err


def test_a_file_that_is_not_there_ends_in_one_message(world, out, capsys):
    world["lots"] = world["lots"].with_name("nothing.csv")
    assert main(propose(world, out)) == 2
    assert "nothing.csv cannot be read: there is no such file. Hint: Check the path" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stranger", "hint"),
    [("T01X", "Options take a security_id as the prices have it"), ("T01", "not a ticker: write ID01 for T01.")],
)
@pytest.mark.parametrize("verb", ["buy", "sell", "hold"])
def test_a_do_not_trade_option_that_names_a_stranger_is_refused(world, out, capsys, verb, stranger, hint):
    assert main(propose(world, out, f"--do-not-{verb}", "ID00", stranger)) == 2
    said = capsys.readouterr().err
    assert f"--do-not-{verb} names what prices.csv does not have: {stranger}. Hint: " in said
    assert hint in said
    assert not out.exists()


def test_a_wish_that_cannot_be_kept_is_refused(world, out, capsys):
    assert main(propose(world, out, "--mode", "transition")) == 2
    assert "'transition' is not a mode of this version" in capsys.readouterr().err
    assert not out.exists()


def test_a_contradiction_of_wishes_ends_in_one_message(world, out, capsys):
    assert main(propose(world, out, "--cash-min-bps", "500", "--cash-max-bps", "100")) == 2
    assert "Cash must lie between 0.05 and 0.01 of the account." in capsys.readouterr().err


def test_control_characters_of_a_file_never_reach_the_terminal(world, out, capsys):
    spoil(world["prices"], "T00,Example 0 Inc", "\x1b[2J\u202eT00,Evil \x1b]0;x\x07")
    spoil(world["lots"], "L00-0", "L\x1b[31m")
    assert main(propose(world, out)) == 0
    said = capsys.readouterr()
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)
    spoil(world["lots"], "2025-12-31", "\x1b[2J")
    assert main(propose(world, out)) == 2
    said = capsys.readouterr()
    assert "\x1b" not in said.err
    assert "line 2, acquired: '\\x1b[2J'" in said.err


def test_what_is_unusual_in_the_input_is_noted_once(world, out, capsys):
    spoil(world["lots"], "2025-12-31", "")
    spoil(world["prices"], "ID09,T09,Example 9 Inc,Energy,", "ID09,T09,Example 9 Inc,Energy,nothing")
    assert main(propose(world, out)) == 2
    said = capsys.readouterr()
    assert "line 11, price_usd: 'nothing" in said.err
    spoil(world["prices"], "nothing", "")
    assert main(propose(world, out)) == 0
    said = capsys.readouterr()
    assert said.err.count("Note: lots.csv: no acquisition date for ID00 (line 2); term_unknown") == 1


def test_a_basis_that_looks_like_one_per_share_is_asked_about(world, out, capsys):
    text = world["lots"].read_text(encoding="utf-8").splitlines()
    cells = text[1].split(",")
    prices = dict(line.split(",")[0:5:4] for line in world["prices"].read_text(encoding="utf-8").splitlines())
    text[1] = ",".join([*cells[:2], "500", prices[cells[1]], cells[4]])
    world["lots"].write_text("\n".join(text), encoding="utf-8")
    assert main(propose(world, out)) == 0
    assert "Note: A basis looks as if it were per share" in capsys.readouterr().err
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "A basis looks as if it were per share" in page
    assert "No recent trades were given" in page


def test_an_account_without_lots_is_pointed_out(world, out, capsys):
    header = world["lots"].read_text(encoding="utf-8").splitlines()[0]
    world["lots"].write_text(f"{header}\n", encoding="utf-8")
    assert main(propose(world, out, "--cash", "50000")) == 0
    assert "Note: Account account has no lots in lots.csv: it is taken as all cash." in capsys.readouterr().err
    assert "has no lots in lots.csv" in (out / "report.html").read_text(encoding="utf-8")


def test_an_index_name_without_a_price_is_refused_with_what_can_be_done(world, out, capsys):
    lines = world["prices"].read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("price_usd")] = ""
    world["prices"].write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    assert main(propose(world, out)) == 2
    assert "Give it a price, or leave it out of the index and rescale (--rescale-index" in capsys.readouterr().err


def test_a_point_or_comma_that_is_not_clear_names_the_option(world, out, capsys):
    lines = world["lots"].read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("shares")] = '"12,5"'
    world["lots"].write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    assert main(propose(world, out)) == 2
    assert "(--decimal-mark)" in capsys.readouterr().err


def test_one_of_several_accounts_is_chosen_and_all_are_searched_for_wash_sales(world, out, capsys):
    lines = world["lots"].read_text(encoding="utf-8").splitlines()
    kept = [f"{line},{'account_id' if i == 0 else 'ann'}" for i, line in enumerate(lines)]
    other = "X1,ID00,5,100.00,2026-03-30,spouse"
    world["lots"].write_text("\n".join([*kept, other]), encoding="utf-8")
    assert main(propose(world, out)) == 2
    assert "The files hold 2 accounts. Hint: Choose one with --account: ann, spouse." in capsys.readouterr().err
    assert main(propose(world, out, "--account", "ann", "--cash", "100")) == 0
    assert "Fills searched in: ann and spouse" in capsys.readouterr().out
    assert main(propose(world, out, "--account", "bob")) == 2
    assert "There is no account 'bob'. Hint: The portfolio has: ann, spouse." in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_ends_in_one_message(world, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    assert main(propose(world, tmp_path / "taken")) == 2
    assert "report.html cannot be written" in capsys.readouterr().err


def test_what_was_sold_at_a_loss_last_week_is_not_bought_back(world, out, capsys):
    assert main(propose(world, out, "--cash", "20000")) == 0
    assert "Note: No recent trades were given (--fills)" in capsys.readouterr().err
    bought = [r["security_id"] for r in trades(out) if r["side"] == "buy"]
    assert len(bought) > 1
    fills = world["lots"].with_name("fills.csv")
    sold = "\n".join(f"{name},sell,5,2026-03-24,-100.00" for name in bought)
    fills.write_text(f"security_id,side,shares,traded,gain_usd\n{sold}\n", encoding="utf-8")
    assert main(propose(world, out, "--cash", "20000", "--cash-max-bps", "10000", "--fills", str(fills))) == 0
    assert "No recent trades" not in capsys.readouterr().err
    assert not set(bought) & {r["security_id"] for r in trades(out) if r["side"] == "buy"}


def test_fills_of_another_account_lock_names_too_and_fills_of_no_account_need_a_single_one(world, out, capsys):
    fills = world["lots"].with_name("fills.csv")
    fills.write_text(
        "security_id,side,shares,traded,account_id\nID00,sell,5,2026-03-24,spouse\nID01,sell,5,2026-03-24,\n",
        encoding="utf-8",
    )
    assert main(propose(world, out, "--fills", str(fills))) == 2
    assert "Some fills name no account, and there are several." in capsys.readouterr().err
    spoil(fills, "2026-03-24,\n", "2026-03-24,account\n")
    assert main(propose(world, out, "--fills", str(fills), "--account", "account", "--cash", "5000")) == 0
    assert "Fills searched in: account and spouse" in capsys.readouterr().out
    assert not {"ID00", "ID01"} & {r["security_id"] for r in trades(out) if r["side"] == "buy"}


def test_a_trained_cost_model_prices_the_trades_where_it_is_named_and_a_wrong_name_is_refused(world, out, capsys):
    assert main(propose(world, out, "--cash", "2500", "--cost-model", "learned")) == 0
    assert "20,000 simulated orders" in (out / "report.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(propose(world, out, "--cost-model", "2026-06-30-0123456789ab")) == 2
    assert "There is no cost model" in capsys.readouterr().err
    assert main(propose(world, out, "--cost-model", "charm")) == 2
    assert "There is no plug-in 'charm'" in capsys.readouterr().err
