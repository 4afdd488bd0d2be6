"""Tables of a year-end plan: where the year stands, the next dollar, what to realise, what to give, the ways.

Rates are shown in percent and dollars in cents; every table names the rule that ends a stretch, so that no figure
stands without its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from di_advisor.ledger.realized import Term
from di_advisor.ledger.tax_return.result import cents
from di_advisor.policy.year_end import Advice, GiftPlan, LotOffer, PartSale, Scenarios, Standing, Stretch, Way
from di_advisor.report.tables import Align, Bars, Cell, Column, Table
from di_advisor.report.wording import bps, count_of, day, money, percent, sentence_case, shares, signed

__all__ = [
    "advice_table",
    "beyond_table",
    "gift_lots_table",
    "gift_table",
    "january_table",
    "kind_of",
    "next_dollar_table",
    "sales_table",
    "scenarios_table",
    "standing_table",
    "turning_table",
    "usd_of",
]

_SHOWN: Final = 15
_RIGHT: Final = Align.RIGHT
_NAMED: Final = {Term.SHORT: "short-term", Term.LONG: "long-term", Term.UNKNOWN: "not known"}
_KINDS: Final = tuple((term, way) for term in (Term.SHORT, Term.LONG) for way in (Way.LOSS, Way.GAIN))


def usd_of(amount: Fraction) -> str:
    """Exact dollars in cents."""
    return money(cents(amount))


def kind_of(stretch: Stretch) -> str:
    """``short-term loss``."""
    return f"{_NAMED[stretch.term]} {stretch.way.value}"


def _rate(rate: Fraction) -> str:
    return percent(float(rate))


def _plus(amount: Fraction) -> str:
    return signed(usd_of(amount))


def standing_table(stands: Standing) -> Table:
    """Gains of the year, losses carried in, what is unrealised: short-term and long-term side by side."""
    rows: list[tuple[Cell, ...]] = []

    def row(what: str, short: Fraction, long: Fraction, says: str = "") -> None:
        rows.append((what, _plus(short), _plus(long), says))

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
            _plus(-s.this_year_usd),
            _plus(-(s.tax_usd - s.this_year_usd)),
            _plus(-s.later_usd),
            _plus(s.worth_usd),
            s.ends_by,
        )
        for s in found.steps
    )
    total = (
        "Together",
        "",
        "",
        _plus(-found.this_year_usd),
        _plus(-(found.tax_usd - found.this_year_usd)),
        _plus(-found.later_usd),
        _plus(found.worth_usd),
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


def sales_table(sales: Sequence[PartSale]) -> Table:
    """Lots for the advice, in order."""
    rows: list[tuple[Cell, ...]] = [
        (
            x.offer.ticker,
            x.offer.lot.lot_id,
            _NAMED[x.term],
            shares(x.shares),
            usd_of(x.value_usd),
            _plus(x.gain_usd),
            day(x.first_day),
        )
        for x in sales[:_SHOWN]
    ]
    left = sales[_SHOWN:]
    if left:
        value, gain = (sum((getattr(x, n) for x in left), Fraction(0)) for n in ("value_usd", "gain_usd"))
        rows.append((f"and {len(left):,} more", "", "", "", usd_of(value), _plus(gain), ""))
    value, gain = (sum((getattr(x, n) for x in sales), Fraction(0)) for n in ("value_usd", "gain_usd"))
    columns = (
        Column("Name"),
        Column("Lot"),
        Column("Term"),
        Column("Shares", align=_RIGHT),
        Column("Value", "$", _RIGHT),
        Column("Gain", "$", _RIGHT),
        Column("From"),
    )
    total = ("Together", "", "", "", usd_of(value), _plus(gain), "")
    return Table("Lots for it, most for each dollar sold first", columns, tuple(rows), (total,) if sales else ())


def turning_table(stands: Standing) -> Table:
    """Lots that turn long-term: by the last trade date, and just after."""
    rows = tuple(_turning(o, "by year end") for o in _largest(stands.turning)) + tuple(
        _turning(o, "just after") for o in _largest(stands.turning_after)
    )
    columns = (
        Column("Name"),
        Column("Lot"),
        Column("Long-term from"),
        Column("When"),
        Column("Value", "$", _RIGHT),
        Column("Gain", "$", _RIGHT),
    )
    counts = f"{len(stands.turning):,} by the last trade date, {len(stands.turning_after):,} in the 60 days after"
    return Table(f"Lots that turn long-term: {counts}; the largest gains and losses", columns, rows)


def _largest(offers: Iterable[LotOffer]) -> list[LotOffer]:
    chosen = sorted(offers, key=lambda o: -abs(o.gain_usd))[:_SHOWN]
    return sorted(chosen, key=lambda o: (o.long_from or o.as_of, o.ticker))


def _turning(offer: LotOffer, when: str) -> tuple[Cell, ...]:
    dated = day(offer.long_from)
    return offer.ticker, offer.lot.lot_id, dated, when, usd_of(offer.value_usd), _plus(offer.gain_usd)


def january_table(stands: Standing) -> Table:
    """Loss sales whose window is open, those that reach into January first."""
    rows = tuple(
        (
            w.ticker,
            w.account_id,
            day(w.sold),
            "-" if w.loss_usd is None else usd_of(w.loss_usd),
            day(w.until),
            "yes" if w.until.year > stands.dates.year else "no",
            " ".join(w.dangers) or "Nothing known; do not buy it, anywhere.",
        )
        for w in stands.windows
    )
    columns = (
        Column("Name"),
        Column("Account"),
        Column("Sold"),
        Column("Loss", "$", _RIGHT),
        Column("Window until"),
        Column("Into January"),
        Column("What would wash it"),
    )
    return Table("Losses that a purchase can still wash", columns, rows)


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
                _plus(way.short_usd),
                _plus(way.long_usd),
                usd_of(way.tax_usd),
                usd_of(way.cost_usd),
                usd_of(way.carried_worth_usd),
                usd_of(way.later_tax_usd),
                usd_of(way.after_tax_usd),
                _plus(over),
                Bars((float(over),), f"{_plus(over)} over doing nothing"),
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


def gift_table(plan: GiftPlan) -> Table:
    """What a gift saves, and what of it counts this year."""
    rows: list[tuple[Cell, ...]] = [
        ("Given, in whole shares", usd_of(plan.value_usd), f"of {usd_of(plan.wish_usd)} wished for"),
        ("Gain that nobody is taxed on", usd_of(plan.gain_usd), "26 USC 170(e)(1)"),
        ("Tax if sold this year instead", usd_of(plan.sale_tax_usd), "losses carried over valued"),
        ("Later tax that is never due", usd_of(plan.later_usd), "at the stated later rate, in today's dollars"),
    ]
    deduction = plan.deduction
    if deduction is not None:
        limit = "30 %" if plan.charity.value == "public" else "20 %"
        rows += [
            ("Limit this year", usd_of(deduction.limit_usd), f"{limit} of {usd_of(deduction.agi_usd)} of income"),
            ("Carried on for five years", usd_of(deduction.carried_usd), "26 USC 170(b)(1)"),
            ("Taken off by the floor", usd_of(deduction.floor_usd), "0.5 % of income from 2026, as recalled: check"),
            ("Deducted this year", usd_of(deduction.deducted_usd), "where deductions are itemised"),
            ("Deductions grow by", usd_of(deduction.over_standard_usd), "over the standard deduction, or other ones"),
            (
                "Tax saved by the deduction",
                usd_of(deduction.saved_usd),
                "difference of two whole returns; a cap on it is not counted",
            ),
        ]
    columns = (Column("Gift"), Column("Amount", "$", _RIGHT), Column("What"))
    return Table(f"Giving lots to charity ({plan.charity.value.replace('_', ' ')})", columns, tuple(rows))


def gift_lots_table(plan: GiftPlan) -> Table:
    """Which lots, and by reason which not."""
    rows: list[tuple[Cell, ...]] = [
        (x.offer.ticker, x.offer.lot.lot_id, shares(x.shares), usd_of(x.value_usd), _plus(x.gain_usd), "given")
        for x in plan.lots[:_SHOWN]
    ]
    if left := plan.lots[_SHOWN:]:
        value, gain = (sum((getattr(x, n) for x in left), Fraction(0)) for n in ("value_usd", "gain_usd"))
        rows.append((f"and {len(left):,} more", "", "", usd_of(value), _plus(gain), "given"))
    for group in plan.not_given:
        value, gain = (sum((getattr(o, n) for o in group.lots), Fraction(0)) for n in ("value_usd", "gain_usd"))
        rows.append(("others", count_of(len(group.lots), "lot"), "", usd_of(value), _plus(gain), group.why))
    columns = (
        Column("Name"),
        Column("Lot"),
        Column("Shares", align=_RIGHT),
        Column("Value", "$", _RIGHT),
        Column("Gain", "$", _RIGHT),
        Column("Why"),
    )
    return Table("Lots to give, most gain for each dollar first", columns, tuple(rows))
