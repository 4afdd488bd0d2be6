"""Options: units of people become units of the program, and wrong ones are refused with code 2."""

from decimal import Decimal

import pytest

from di_advisor import sample
from di_advisor.cli import main
from di_advisor.cli.arguments import parser
from di_advisor.cli.wishes import mandate_of, tax_of
from di_advisor.domain.columns import LOT_COLUMNS, PRICE_FILE_COLUMNS, WEIGHT_COLUMNS
from di_advisor.domain.mandate import Band, Mandate, Rounding, TradingMode
from di_advisor.errors import InputError
from di_advisor.report.csv_export import TRADE_COLUMNS

FILES = ["propose", "--lots", "l.csv", "--prices", "p.csv", "--index", "i.csv"]


def parsed(*options: str):
    return parser().parse_args([*FILES, *options])


def test_without_options_the_mandate_is_the_default_one():
    assert mandate_of(parsed()) == Mandate()


def test_basis_points_and_percent_become_fractions():
    wishes = mandate_of(
        parsed(
            *["--tracking-error-max-bps", "150", "--sector-band-bps", "200", "--name-band-bps", "50"],
            *["--cash-min-bps", "10", "--cash-max-bps", "80", "--turnover-max-percent", "20", "--risk-aversion", "10"],
            *["--min-trade-usd", "500.50", "--fractional", "--do-not-buy", "A", "B", "--do-not-buy", "C"],
            *["--min-holding-days", "31", "--mode", "sell_only", "--withdraw-usd", "1234.56"],
            *["--benefit-min-usd", "25", "--cash-drag-percent", "4"],
        )
    )
    assert wishes.tracking_error_max == pytest.approx(0.015)
    assert wishes.sector_band == Band.within(200 / 1e4)
    assert wishes.name_band.active_max == pytest.approx(0.005)
    assert (wishes.cash_min, wishes.cash_max) == (pytest.approx(0.001), pytest.approx(0.008))
    assert wishes.turnover_max == pytest.approx(0.2)
    assert wishes.risk_aversion == 10
    assert wishes.min_trade_usd == Decimal("500.50")
    assert wishes.rounding is Rounding.FRACTIONAL
    assert wishes.do_not_buy == {"A", "B", "C"}
    assert wishes.min_holding_days == 31
    assert wishes.mode is TradingMode.SELL_ONLY
    assert (wishes.withdrawal_usd, wishes.benefit_min_usd) == (Decimal("1234.56"), Decimal(25))
    assert wishes.cash_drag_per_year == pytest.approx(0.04)


def test_tax_rates_are_percent_and_have_stated_defaults():
    rates = tax_of(parsed("--tax-short-percent", "37", "--tax-long-percent", "20")).rates
    assert (rates.short_term, rates.long_term) == (pytest.approx(0.37), pytest.approx(0.2))
    rates = tax_of(parsed()).rates
    assert (rates.short_term, rates.long_term) == (pytest.approx(0.408), pytest.approx(0.238))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tracking-error-max-bps", "nan"], "'nan' is not a number of basis points"),
        (["--cash", "$1,000"], "is not a number: '$1,000'. Hint: Write it as 1234.56, without separators."),
        (["--as-of", "03/04/2024"], "'03/04/2024' is not a date in the form YYYY-MM-DD."),
        (["--mode", "yolo"], "'yolo' is not a mode of this version; choose from rebalance, buy_only, sell_only"),
        (["--mode", "transition"], "'transition' is not a mode of this version"),
        (["--tracking-error-max-bps", "0"], "0 bps is not above 0"),
        (["--tracking-error-max-bps", "-5"], "-5 bps is not above 0"),
        (["--tax-long-percent", "0.238"], "0.238 is less than 1 percent. Rates are percent, not fractions: 23.8"),
        (["--tax-short-percent", "140"], "140 percent is no tax rate. Give 0, or from 1 to 99"),
        (["--tax-short-percent", "-1"], "-1 percent is no tax rate"),
        (["--decimal-mark", ";"], "--decimal-mark"),
        (["--delimiter", ",,"], "',,' is not one sign"),
        (["--delimiter", ""], "'' is not one sign"),
        (["--price-age-max-days", "-1"], "'-1' is no number of days"),
        (["--sector-band-bps", "-1"], "-1 bps is below 0"),
        (["--unheard-of"], "unrecognized arguments: --unheard-of"),
    ],
)
def test_a_wrong_option_is_refused_with_code_2(options, words, capsys):
    assert main([*FILES, *options]) == 2
    assert words in capsys.readouterr().err


def test_without_a_command_the_usage_is_shown_with_code_2(capsys):
    assert main([]) == 2
    assert "usage: di-advisor" in capsys.readouterr().err


def test_a_wrong_option_is_told_in_one_line_with_where_to_look_and_not_below_the_whole_usage(capsys):
    assert main([*FILES, "--as-of", "23.11.2026"]) == 2
    assert capsys.readouterr().err == (
        "di-advisor propose: argument --as-of: '23.11.2026' is not a date in the form YYYY-MM-DD. "
        "Write it as year, month and day: 2024-03-04.\n"
        "All options: di-advisor propose --help\n"
    )
    assert main(["propose", "--lots", "l.csv"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "di-advisor propose: the following arguments are required: --prices, --index"
    assert main(["year-end", "--\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_the_usage_of_a_command_with_few_options_is_shown_where_one_is_wrong(capsys):
    assert main(["columns", "--all"]) == 2
    assert main(["ledger", "show"]) == 2
    said = capsys.readouterr().err
    assert "usage: di-advisor ledger show" in said
    assert said.endswith("All options: di-advisor ledger show --help\n")


def test_every_command_says_what_it_does_before_it_lists_its_options(capsys):
    for command in ("demo", "propose", "fleet", "household", "columns", "watch", "plan", "data", "ledger"):
        assert main([command, "--help"]) == 0
        usage, said, *_ = capsys.readouterr().out.split("\n\n")
        assert usage.startswith(f"usage: di-advisor {command}")
        assert said[0].isupper()
        assert said.endswith(".")


def test_help_ends_well_and_documents_every_column(capsys):
    assert main(["propose", "--help"]) == 0
    help_text = capsys.readouterr().out
    assert main(["columns"]) == 0
    listing = capsys.readouterr().out
    for column in (*LOT_COLUMNS, *PRICE_FILE_COLUMNS, *WEIGHT_COLUMNS):
        line = f"{'*' if column.required else ' '} {column.name} "
        assert line in help_text
        assert line in listing
    assert all(name in listing for name in TRADE_COLUMNS)


@pytest.mark.parametrize("written", ["tab", r"\t", "\t"])
def test_a_tab_has_a_name_that_a_shell_can_pass(written):
    assert parsed("--delimiter", written).delimiter == "\t"


@pytest.mark.parametrize("command", [["demo"], ["fleet", "--sample", "2", "--into", "x"], ["backtest"]])
@pytest.mark.parametrize("written", ["-1", "1.5", "seven"])
def test_a_seed_that_is_none_is_refused_with_code_2(command, written, capsys):
    assert main([*command, "--seed", written]) == 2
    assert f"'{written}' is no seed; give a whole number from 0 on" in capsys.readouterr().err


def test_a_world_of_a_negative_seed_is_refused():
    with pytest.raises(InputError, match=r"The seed is -1\. Hint: Give a whole number"):
        sample.load(-1)


def test_no_tax_at_all_is_a_rate():
    assert tax_of(parsed("--tax-long-percent", "0")).rates.long_term == 0


def test_help_shows_the_defaults_of_its_own_command_and_no_mode_that_is_refused(capsys):
    assert main(["demo", "--help"]) == 0
    demo_help = " ".join(capsys.readouterr().out.split())
    assert main(["propose", "--help"]) == 0
    propose_help = " ".join(capsys.readouterr().out.split())
    for shown in ("tracking error per year ({})", "differ from its target ({})", "smallest trade of a name ({})"):
        assert shown.format("none") in propose_help
        assert shown.format("none") not in demo_help
    assert "tracking error per year (200)" in demo_help
    assert "smallest trade of a name (250)" in demo_help
    assert "one of: rebalance, buy_only, sell_only, raise_cash, tax_unaware, liquidate (rebalance)" in propose_help
    assert "transition" not in propose_help


def test_the_demo_keeps_the_wishes_that_its_help_names():
    wishes = mandate_of(parser().parse_args(["demo"]))
    assert wishes.tracking_error_max == pytest.approx(0.02)
    assert wishes.sector_band == Band.within(300 / 1e4)
    assert wishes.min_trade_usd == Decimal(250)
