"""Further tables of a trade's card, and swaps of a whole proposal: cost with its parts, counterparts, ESG figures.

Limits: bars of a cost are in bps of the order; dollars of a swap are a convention that adds up (`propose.swaps`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from di_advisor.domain.portfolio import Side
from di_advisor.propose.cost_card import CostCard
from di_advisor.propose.esg_facts import NameEsg
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.swaps import Leg, Swap, swaps
from di_advisor.report.markup import as_html
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text
from di_advisor.report.wording import count_of, money, percent, sentence_case, signed

__all__ = ["cost_table", "esg_table", "other_esg_table", "swap_table", "swaps_bundle"]

_ZERO = Decimal("0.00")
_NO_FORMULAS = Markup('<div class="mathjax_ignore tex2jax_ignore di-proposal">{}</div>')
_LEGS_SHOWN = 8
_IN_BASKET = 3
_NOT_KNOWN = "not known"


def cost_table(card: CostCard | None) -> Table | None:
    """What the order's predicted cost is made of; the parts add up to it."""
    if card is None:
        return None
    prediction = card.prediction
    columns = (
        Column("Part of the predicted cost"),
        Column("Of the order", "bps", Align.RIGHT),
        Column("costs | saves", "", Align.BARS),
    )
    rows: list[tuple[Cell, ...]] = []
    for part in prediction.parts:
        shown = f"{part.cost_bps:.2f}"
        rows.append(
            (sentence_case(part.name), signed(shown), Bars((-part.cost_bps,), f"{part.name}: {signed(shown)} bps"))
        )
    total = ("Predicted", f"{prediction.cost_bps:.2f}", "")
    return Table(f"Predicted cost of the order of ${money(card.order_usd)}", columns, tuple(rows), (total,))


def swap_table(swap: Swap | None) -> Table | None:
    """What a sale pays for, or what pays for a purchase; parts add up to the trade's value."""
    if swap is None:
        return None
    sale = swap.trade.side is Side.SELL
    columns = (
        Column("Buys" if sale else "Sold for it"),
        Column("Sector"),
        Column("Dollars", "$", Align.RIGHT),
        Column("Its benefit", "$", Align.RIGHT),
    )
    shown, rest = swap.legs[:_LEGS_SHOWN], swap.legs[_LEGS_SHOWN:]
    rows: list[tuple[Cell, ...]] = [
        (_named(leg), leg.trade.sector or "-", money(leg.amount_usd), signed(money(leg.benefit_usd))) for leg in shown
    ]
    if rest:
        amount, benefit = _sum(leg.amount_usd for leg in rest), _sum(leg.benefit_usd for leg in rest)
        rows.append((f"{len(rest)} more", "-", money(amount), signed(money(benefit))))
    if swap.cash_usd:
        rows.append(("To cash" if sale else "From cash", "-", money(swap.cash_usd), "-"))
    total = ("Together", "", money(swap.trade.value_usd), signed(money(swap.benefit_usd - swap.trade.benefit_usd)))
    caption = f"{'What its proceeds pay for' if sale else 'What pays for it'}, in its sector first"
    return Table(caption, columns, tuple(rows), (total,))


def esg_table(known: Sequence[NameEsg]) -> Table | None:
    """What is known of the name on the measures that a wish is about, beside the index, and who says so."""
    return _esg([one for one in known if one.wished], "ESG: what is known of the name on what is wished")


def other_esg_table(known: Sequence[NameEsg]) -> Table | None:
    """The same for measures that no wish is about and that are known."""
    rest = [one for one in known if not one.wished and not math.isnan(one.value)]
    if not rest:
        return None
    columns = (Column("ESG measure"), Column("Name", "", Align.RIGHT), Column("Index", "", Align.RIGHT))
    rows = tuple((one.measure, _figure(one.value, one.unit), _figure(one.index, one.unit)) for one in rest)
    return Table("ESG: what else is known of the name; no wish is about it", columns, rows)


def _esg(known: Sequence[NameEsg], caption: str) -> Table | None:
    if not known:
        return None
    columns = (
        Column("ESG measure"),
        Column("Name", "", Align.RIGHT),
        Column("Index", "", Align.RIGHT),
        Column("Source and evidence"),
    )
    rows = tuple(
        (
            f"{one.measure} ({one.direction.replace('_', ' ')})" if one.direction else one.measure,
            _figure(one.value, one.unit),
            _figure(one.index, one.unit),
            ". ".join(part for part in (one.source or one.provider or _NOT_KNOWN, one.evidence) if part),
        )
        for one in known
    )
    return Table(caption, columns, rows)


def swaps_bundle(proposal: Proposal) -> dict[str, str]:
    """All sales with the purchases they pay for, in every form a notebook may want; the sums are the plan's."""
    tables = _swap_tables(proposal)
    return {
        "text/html": str(_NO_FORMULAS.format(Markup("\n").join(as_html(t) for t in tables))),
        "text/markdown": "\n\n".join(as_markdown(t) for t in tables) + "\n",
        "text/plain": "\n\n".join(as_text(t) for t in tables) + "\n",
    }


def _swap_tables(proposal: Proposal) -> list[Table]:
    by_sale, by_buy = swaps(proposal.trade_list)
    columns = (
        Column("Sale"),
        Column("Lot", align=Align.WHOLE),
        Column("Sold", "$", Align.RIGHT),
        Column("Own benefit", "$", Align.RIGHT),
        Column("Swap's benefit", "$", Align.RIGHT),
        Column("Same sector", "%", Align.RIGHT),
        Column("Pays for", align=Align.BELOW),
    )
    rows = [
        (
            swap.trade.ticker,
            swap.trade.lot_id,
            money(swap.trade.value_usd),
            signed(money(swap.trade.benefit_usd)),
            signed(money(swap.benefit_usd)),
            percent(float(swap.same_sector_usd / swap.trade.value_usd), 0) if swap.trade.value_usd else "-",
            _basket(swap),
        )
        for swap in by_sale
    ]
    from_cash = [(b, b.cash_usd) for b in by_buy if b.cash_usd]
    paid = _sum(cash for _, cash in from_cash)
    whole = _sum(t.benefit_usd for t in proposal.trade_list)
    rest = whole - _sum(s.benefit_usd for s in by_sale)
    if paid:
        named = f"{count_of(len(from_cash), 'purchase')} or parts of them"
        rows.append(("From cash", "-", money(paid), "-", signed(money(rest)), "-", named))
    sold = _sum(s.trade.value_usd for s in by_sale)
    own = _sum(s.trade.benefit_usd for s in by_sale)
    total = ("Together", "", money(sold + paid), signed(money(own)), signed(money(whole)), "", "")
    caption = f"Swaps: {count_of(len(by_sale), 'sale')} with what they pay for, in the same sector first"
    return [Table(caption, columns, tuple(rows), (total,))]


def _basket(swap: Swap) -> str:
    parts = [f"{_named(leg)} ${money(leg.amount_usd)}" for leg in swap.legs[:_IN_BASKET]]
    if len(swap.legs) > _IN_BASKET:
        rest = _sum(leg.amount_usd for leg in swap.legs[_IN_BASKET:])
        parts.append(f"{len(swap.legs) - _IN_BASKET} more ${money(rest)}")
    if swap.cash_usd:
        parts.append(f"cash ${money(swap.cash_usd)}")
    return ", ".join(parts)


def _named(leg: Leg) -> str:
    return f"{leg.trade.ticker} lot {leg.trade.lot_id}" if leg.trade.lot_id else leg.trade.ticker


def _figure(value: float, unit: str) -> str:
    if math.isnan(value):
        return _NOT_KNOWN
    return f"{percent(value)} %" if unit == "%" else f"{value:,.2f}{f' {unit}' if unit else ''}"


def _sum(amounts: object) -> Decimal:
    return sum(amounts, _ZERO)  # type: ignore[call-overload, no-any-return]
