"""Tables of a year-end plan: where the year stands, the return, the next dollar, what to realise, the ways.

Rates are shown in percent and dollars in cents; every table names the rule that ends a stretch, so that no figure
stands without its reason.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction
from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return import ReturnResult
from di_advisor.ledger.tax_return.result import cents
from di_advisor.policy.year_end import Advice, Scenarios, Standing, Stretch, Way
from di_advisor.report.tables import Align, Bars, Cell, Column, Table
from di_advisor.report.wording import bps, count_of, day, money, percent, sentence_case, signed

__all__ = [
    "advice_table",
    "beyond_table",
    "kind_of",
    "next_dollar_table",
    "plus_of",
    "return_table",
    "scenarios_table",
    "standing_table",
    "term_of",
    "usd_of",
]

_SHOWN: Final = 15
_RIGHT: Final = Align.RIGHT
_NAMED: Final = {Term.SHORT: "short-term", Term.LONG: "long-term", Term.UNKNOWN: "not known"}
_KINDS: Final = tuple((term, way) for term in (Term.SHORT, Term.LONG) for way in (Way.LOSS, Way.GAIN))


def usd_of(amount: Fraction) -> str:
    """Exact dollars in cents."""
    return money(cents(amount))


def term_of(term: Term) -> str:
    """``short-term``, ``long-term``, ``not known``."""
    return _NAMED[term]


def kind_of(stretch: Stretch) -> str:
    """``short-term loss``."""
    return f"{term_of(stretch.term)} {stretch.way.value}"


def _rate(rate: Fraction) -> str:
    return percent(float(rate))


def plus_of(amount: Fraction) -> str:
    """Exact dollars in cents, with their sign."""
    return signed(usd_of(amount))


def standing_table(stands: Standing) -> Table:
    """Gains of the year, losses carried in, what is unrealised: short-term and long-term side by side."""
    rows: list[tuple[Cell, ...]] = []

    def row(what: str, short: Fraction, long: Fraction, says: str = "") -> None:
        rows.append((what, plus_of(short), plus_of(long), says))

    for mine in stands.realised:
        washed = f"washed {usd_of(mine.disallowed_usd)}, of it {usd_of(mine.deferred_usd)} deferred"
        says = f"{count_of(mine.pieces, 'piece')} of sales; {washed if mine.disallowed_usd else 'nothing washed'}"
        row(f"Realised in account {mine.account_id}", mine.short_usd, mine.long_usd, says)
    if stands.outside_usd is not None:
        row("Realised elsewhere", *stands.outside_usd, "the return's gains less those of the accounts")
    row("Gains of the year so far", stands.short_usd, stands.long_usd, "net, before losses carried in")
    row("Losses carried in", -stands.carryover_short_usd, -stands.carryover_long_usd)
    open_ = {u.term: u for u in stands.unrealised}
    short, long = open_[Term.SHORT], open_[Term.LONG]
    lots = f"{count_of(short.lots, 'short-term lot')}, {count_of(long.lots, 'long-term lot')} in {stands.account_id}"
    row("Unrealised gains", short.gain_usd, long.gain_usd, lots)
    row("Unrealised losses", -short.loss_usd, -long.loss_usd)
    row("of them locked by wash windows or wishes", -short.blocked_loss_usd, -long.blocked_loss_usd)
    columns = (Column("Amount"), Column("Short-term", "$", _RIGHT), Column("Long-term", "$", _RIGHT), Column("What"))
    return Table(f"Where {stands.dates.year} stands on {day(stands.dates.as_of)}", columns, tuple(rows))


def return_table(result: ReturnResult) -> Table:
    """The return as the year stands: income from outside, what it is taxed on, and the tax by part."""
    inputs = result.inputs
    dividends = as_fraction(inputs.nonqualified_dividends_usd) + as_fraction(inputs.qualified_dividends_usd)
    amounts = (
        ("Ordinary income", as_fraction(inputs.ordinary_income_usd), "wages, pensions, less adjustments"),
        ("Interest and dividends", as_fraction(inputs.interest_usd) + dividends, "as given for the year"),
        ("Net capital gain in income", result.capital_gain_in_income_usd, "losses carried in taken off"),
        ("Adjusted gross income", result.agi_usd, ""),
        ("Deductions", -result.deduction_usd, "standard" if inputs.itemized_usd is None else "itemised"),
        ("Taxable income", result.taxable_income_usd, "brackets and room at 0 % are counted on it"),
        ("of it at preferential rates", result.preferential_part_usd, "net long-term gain and qualified dividends"),
        ("Regular tax", result.regular_tax_usd, ""),
        ("Net investment income tax", result.niit_usd, ""),
        ("Alternative minimum tax", result.amt_usd, ""),
        ("State tax", result.state_tax_usd, "" if inputs.state else "no rates given"),
        ("Tax of the year so far", result.total_usd, f"{inputs.filing_status.value.replace('_', ' ')}"),
        ("Losses carried to next year", result.short_carryover_usd + result.long_carryover_usd, ""),
    )
    rows = tuple((what, usd_of(amount), says) for what, amount, says in amounts)
    columns = (Column("Return"), Column("Amount", "$", _RIGHT), Column("What"))
    return Table(f"The return of {inputs.tax_year} as it stands", columns, rows)


def next_dollar_table(stands: Standing, most: int = 4) -> Table:
    """What further gains and losses are worth, stretch by stretch, and what ends each."""
    rows: list[tuple[Cell, ...]] = []
    for kind in _KINDS:
        found = stands.stretches[kind]
        for stretch in found[:most]:
            end = "" if stretch.to_usd is None else usd_of(stretch.to_usd)
            what = sentence_case(kind_of(stretch)) if stretch is found[0] else ""
            rows.append(
                (
                    what,
                    usd_of(stretch.from_usd),
                    end,
                    _rate(stretch.this_year),
                    _rate(stretch.carried),
                    stretch.ends_by,
                )
            )
    columns = (
        Column("Next dollar of"),
        Column("From", "$", _RIGHT),
        Column("To", "$", _RIGHT),
        Column("Tax now", "%", _RIGHT),
        Column("Carried losses", "%", _RIGHT),
        Column("Ends because"),
    )
    return Table("What the next dollar is worth: a gain costs, a loss saves", columns, tuple(rows))


def advice_table(found: Advice) -> Table:
    """The steps of the advice with what each saves and what ends it."""
    rows = tuple(
        (
            sentence_case(kind_of(s.stretch)),
            usd_of(s.amount_usd),
            _rate(s.stretch.rate),
            plus_of(-s.this_year_usd),
            plus_of(-(s.tax_usd - s.this_year_usd)),
            plus_of(-s.later_usd),
            plus_of(s.worth_usd),
            s.ends_by,
        )
        for s in found.steps
    )
    total = (
        "Together",
        "",
        "",
        plus_of(-found.this_year_usd),
        plus_of(-(found.tax_usd - found.this_year_usd)),
        plus_of(-found.later_usd),
        plus_of(found.worth_usd),
        "",
    )
    columns = (
        Column("Realise"),
        Column("Amount", "$", _RIGHT),
        Column("A dollar's tax", "%", _RIGHT),
        Column("Tax saved now", "$", _RIGHT),
        Column("Carried losses", "$", _RIGHT),
        Column("Later tax saved", "$", _RIGHT),
        Column("Worth", "$", _RIGHT),
        Column("The step ends because"),
    )
    return Table("How much more to realise by the last trade date", columns, rows, (total,) if rows else ())


def beyond_table(found: Advice) -> Table:
    """The next dollars after the advice: what is left of the lots, and why it is not advised."""
    rows = []
    for beyond in found.beyond:
        stretch = beyond.stretch
        rows.append(
            (
                sentence_case(kind_of(stretch)),
                usd_of(beyond.offered_usd),
                _rate(stretch.rate),
                percent(float(found.later.per_usd)),
                _why_not(found, stretch, beyond.offered_usd, beyond.worth_per_usd),
            )
        )
    columns = (
        Column("Beyond that"),
        Column("Lots still offer", "$", _RIGHT),
        Column("A dollar's tax", "%", _RIGHT),
        Column("Later", "%", _RIGHT),
        Column("Why not"),
    )
    return Table("And why not more", columns, tuple(rows))


def _why_not(found: Advice, stretch: Stretch, offered: Fraction, worth: Fraction) -> str:
    if not offered:
        return "The lots offer none."
    loss = stretch.way is Way.LOSS
    if loss and not stretch.this_year:
        return "It saves nothing this year: it would be carried over, and the later gain it makes costs as much."
    if not worth:
        return "It changes nothing: tax now and later are the same."
    if loss:
        return "It saves less now than the later gain it makes will cost."
    if stretch.carried:
        return "It uses up losses carried over that are worth as much later."
    return f"It costs more now than later ({_rate(stretch.rate)} % against {percent(float(found.later.per_usd))} %)."


def scenarios_table(found: Scenarios) -> Table:
    """The ways side by side; the figures of each row add up to what is left after tax."""
    nothing = found.nothing
    rows = []
    for way in found.ways:
        over = way.after_tax_usd - nothing.after_tax_usd
        rows.append(
            (
                sentence_case(way.name),
                f"{len(way.trades):,}",
                plus_of(way.short_usd),
                plus_of(way.long_usd),
                usd_of(way.tax_usd),
                usd_of(way.cost_usd),
                usd_of(way.carried_worth_usd),
                usd_of(way.later_tax_usd),
                usd_of(way.after_tax_usd),
                plus_of(over),
                Bars((float(over),), f"{plus_of(over)} over doing nothing"),
                bps(way.tracking_error),
            )
        )
    columns = (
        Column("Scenario"),
        Column("Trades", align=_RIGHT),
        Column("Short-term", "$", _RIGHT),
        Column("Long-term", "$", _RIGHT),
        Column("Tax now", "$", _RIGHT),
        Column("Cost", "$", _RIGHT),
        Column("Carried losses", "$", _RIGHT),
        Column("Later tax", "$", _RIGHT),
        Column("Left after tax", "$", _RIGHT),
        Column("Over nothing", "$", _RIGHT),
        Column("less | more", align=Align.BARS),
        Column("Tracking error", "bps", _RIGHT),
    )
    return Table("Ways to end the year", columns, tuple(rows))
