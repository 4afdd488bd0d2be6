"""Options for a client's wishes and tax rates, and the mandate they make.

People write basis points and percent; this is where they become fractions. Every option is off, or
the mandate's own default, unless it is given.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding, TradingMode
from di_advisor.domain.rows import some_of
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.formulate.modes import SUPPORTED_MODES
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.units import bps_from_fraction, fraction_from_bps, fraction_from_percent

__all__ = ["add_rates", "add_wishes", "mandate_of", "rate", "refuse_strangers", "seed", "tax_of", "usd"]

_SHORT_PERCENT = 40.8
_LONG_PERCENT = 23.8
_LEAST_PERCENT, _MOST_PERCENT = 1.0, 99.0

# The other modes of a mandate are refused when the problem is built.


def _finite(unit: str, convert: Callable[[float], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of {unit}")
        return convert(value)

    return read


def usd(text: str) -> Exact:
    """Exact dollars of an option; "1,000" and "$1000" are wrong on purpose (a shell eats the sign)."""
    try:
        return exact(text, "the amount")
    except InputError as e:
        raise argparse.ArgumentTypeError(str(e)) from e


def seed(text: str) -> int:
    """Seed of a simulation: a whole number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give a whole number from 0 on")
    return int(text)


_bps = _finite("basis points", fraction_from_bps)
_percent = _finite("percent", fraction_from_percent)
_plain = _finite("units", float)


def _bps_above_zero(text: str) -> float:
    fraction = _bps(text)
    if fraction <= 0:
        raise argparse.ArgumentTypeError(
            f"{text} bps is not above 0; whole shares never track exactly. Give a cap such as 200, or leave it out"
        )
    return fraction


def _bps_from_zero(text: str) -> float:
    fraction = _bps(text)
    if fraction < 0:
        raise argparse.ArgumentTypeError(f"{text} bps is below 0. Give 0 or more; a band is meant on both sides")
    return fraction


def rate(text: str) -> float:
    """Fraction of a tax rate in percent; below 1 percent it was meant as a fraction."""
    fraction = _percent(text)
    percent = float(text)
    if 0 < percent < _LEAST_PERCENT:
        raise argparse.ArgumentTypeError(
            f"{text} is less than 1 percent. Rates are percent, not fractions: 23.8, not 0.238; 0 means no tax"
        )
    if not 0 <= percent <= _MOST_PERCENT:
        raise argparse.ArgumentTypeError(f"{text} percent is no tax rate. Give 0, or from 1 to {_MOST_PERCENT:g}")
    return fraction


def _mode(text: str) -> TradingMode:
    if text not in SUPPORTED_MODES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a mode of this version; choose from {', '.join(SUPPORTED_MODES)}"
        )
    return TradingMode(text)


def add_wishes(
    parser: argparse.ArgumentParser,
    *,
    tracking_error_max_bps: str = "none",
    sector_band_bps: str = "none",
    min_trade_usd: str = "none",
) -> None:
    """Add the options of a mandate to a command, with the command's own defaults where it has some.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    tracking_error_max_bps, sector_band_bps, min_trade_usd : str
        Defaults as a user would write them; "none" leaves the wish out.
    """
    default = Mandate()
    wishes = parser.add_argument_group(
        "wishes", "limits of the proposal; bps are basis points, a hundredth of a percent"
    )
    add = wishes.add_argument
    add(
        "--tracking-error-max-bps",
        type=_bps_above_zero,
        metavar="BPS",
        help=f"cap on tracking error per year ({tracking_error_max_bps})",
    )
    add(
        "--risk-aversion",
        type=_plain,
        metavar="NUMBER",
        help=f"price of active variance ({default.risk_aversion:g})",
    )
    add(
        "--name-band-bps",
        type=_bps_from_zero,
        metavar="BPS",
        help="most that a name may differ from its target weight (none)",
    )
    add(
        "--sector-band-bps",
        type=_bps_from_zero,
        metavar="BPS",
        help=f"most that a sector may differ from its target ({sector_band_bps})",
    )
    add(
        "--cash-min-bps",
        type=_bps,
        metavar="BPS",
        help=f"least cash after trading ({bps_from_fraction(default.cash_min):g})",
    )
    add(
        "--cash-max-bps",
        type=_bps,
        metavar="BPS",
        help=f"most cash after trading ({bps_from_fraction(default.cash_max):g})",
    )
    add("--min-trade-usd", type=usd, metavar="USD", help=f"smallest trade of a name ({min_trade_usd})")
    add("--fractional", action="store_true", help="allow fractions of a share")
    for verb in ("buy", "sell", "hold"):
        add(f"--do-not-{verb}", nargs="+", action="extend", metavar="ID", default=[], help=f"securities not to {verb}")
    add("--min-holding-days", type=int, metavar="DAYS", help="lots held for fewer days are not sold (0)")
    add("--turnover-max-percent", type=_percent, metavar="PERCENT", help="most turnover, one way (none)")
    add("--withdraw-usd", type=usd, metavar="USD", help="cash to be raised and left aside (0)")
    add("--benefit-min-usd", type=usd, metavar="USD", help="trade nothing where it is worth less than this (0)")
    add("--cash-drag-percent", type=_percent, metavar="PERCENT", help="what idle cash gives up in a year (0)")
    add("--mode", type=_mode, metavar="MODE", help=f"one of: {', '.join(SUPPORTED_MODES)} ({default.mode})")
    own = {
        "tracking_error_max_bps": tracking_error_max_bps,
        "sector_band_bps": sector_band_bps,
        "min_trade_usd": min_trade_usd,
    }
    read: dict[str, Callable[[str], object]] = {"min_trade_usd": usd}
    starting = {name: read.get(name, _bps)(text) for name, text in own.items() if text != "none"}
    parser.set_defaults(starting=starting)


def add_rates(parser: argparse.ArgumentParser) -> None:
    """Add the options of tax rates to a command."""
    rates = parser.add_argument_group("tax", "marginal rates with everything included, constant in the amount")
    rates.add_argument(
        "--tax-short-percent",
        type=rate,
        metavar="PERCENT",
        help=f"on net short-term gain ({_SHORT_PERCENT:g}: federal top rate and net investment income tax)",
    )
    rates.add_argument(
        "--tax-long-percent",
        type=rate,
        metavar="PERCENT",
        help=f"on net long-term gain ({_LONG_PERCENT:g}: likewise)",
    )


def mandate_of(arguments: argparse.Namespace, of_file: Mandate | None = None) -> Mandate:
    """Mandate of the options that were given, over that of a file; without one, over the command's own defaults.

    Raises
    ------
    InputError
        If wishes contradict themselves.
    """
    given = dict(vars(arguments))
    if of_file is None:
        given |= {name: wish for name, wish in arguments.starting.items() if given[name] is None}
    wishes = {
        "tracking_error_max": given["tracking_error_max_bps"],
        "risk_aversion": given["risk_aversion"],
        "name_band": None if given["name_band_bps"] is None else NameBand(active_max=given["name_band_bps"]),
        "sector_band": None if given["sector_band_bps"] is None else Band.within(given["sector_band_bps"]),
        "cash_min": given["cash_min_bps"],
        "cash_max": given["cash_max_bps"],
        "min_trade_usd": given["min_trade_usd"],
        "rounding": Rounding.FRACTIONAL if given["fractional"] else None,
        "min_holding_days": given["min_holding_days"],
        "turnover_max": given["turnover_max_percent"],
        "withdrawal_usd": given["withdraw_usd"],
        "benefit_min_usd": given["benefit_min_usd"],
        "cash_drag_per_year": given["cash_drag_percent"],
        "mode": given["mode"],
        **{f"do_not_{verb}": frozenset(given[f"do_not_{verb}"]) or None for verb in ("buy", "sell", "hold")},
    }
    return (of_file or Mandate()).with_changes(**{name: wish for name, wish in wishes.items() if wish is not None})


def tax_of(arguments: argparse.Namespace, of_file: Taxpayer | None = None) -> Taxpayer:
    """Taxpayer of a file, or of the rates that were given.

    Raises
    ------
    InputError
        If both are given.
    """
    short, long = arguments.tax_short_percent, arguments.tax_long_percent
    if of_file is not None:
        if short is not None or long is not None:
            raise InputError(
                "The file of the mandate has a taxpayer, and rates are given too.",
                hint="Leave out --tax-short-percent and --tax-long-percent, or [taxpayer] in the file.",
            )
        return of_file
    usual = fraction_from_percent(_SHORT_PERCENT), fraction_from_percent(_LONG_PERCENT)
    return TaxProfile(ConstantRates(usual[0] if short is None else short, usual[1] if long is None else long))


def refuse_strangers(mandate: Mandate, universe: Universe, source: str) -> None:
    """Refuse securities not to trade that nobody has: the wish would be lost without a word.

    Raises
    ------
    UnknownSecurityError
        Naming the ids, and those that were probably meant, where a single ticker is the same text.
    """
    for verb, named in (("buy", mandate.do_not_buy), ("sell", mandate.do_not_sell), ("hold", mandate.do_not_hold)):
        strangers = sorted(named - set(universe.security_ids))
        if not strangers:
            continue
        tickers = {s: [k.security_id for k in universe.securities if k.ticker == s] for s in strangers}
        meant = [f"{ids[0]} for {ticker}" for ticker, ids in tickers.items() if len(ids) == 1]
        raise UnknownSecurityError(
            f"--do-not-{verb} names what {source} does not have: {some_of(strangers)}.",
            hint=f"Options take a security_id, not a ticker: write {some_of(meant)}."
            if meant
            else "Options take a security_id as the prices have it; correct it, or leave it out.",
            missing=strangers,
        )
