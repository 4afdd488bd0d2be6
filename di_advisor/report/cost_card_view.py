"""The card of a trained cost model, and two of them side by side, for a notebook and a terminal.

Problem: a verdict without the data, the noise and the limits behind it is a slogan. Decision: the rule's verdict comes
first, then what so many orders can tell at all, scores in the order of what matters, constants with their share of
prior, what moves the prediction, and the limits; names from a user's file are escaped. Limits: scores of models that
were tested on different orders are shown side by side with that said, not ranked.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from di_advisor.domain.trained_costs import CostModelCard
from di_advisor.report.cost_card_chart import calibration_png
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.tables import Align, Bars, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import percent, printable

__all__ = ["card_bundle", "card_headline", "cards_bundle"]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-cost-card">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b><br>{}</div>')
_LINE: Final = Markup('<div style="margin:4px 0">{}</div>')
_PICTURE: Final = Markup('<img src="data:image/png;base64,{}" alt="{}" style="max-width:100%">')
_CODE: Final = Markup('<pre style="margin:4px 0">{}</pre>')
_RIGHT: Final = Align.RIGHT


def card_headline(card: CostModelCard) -> str:
    """The model's id, how many orders made it, and whether they were simulated."""
    data = card.facts["data"]
    source = "simulated orders" if card.simulated else "orders"
    return f"Cost model {card.model_id}: {data['orders']:,} {source} of {data['days']:,} days"


def _of(interval: Mapping[str, float]) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def _constant(values: Sequence[float]) -> str:
    middle, low, high = values
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _bias(interval: Mapping[str, float]) -> str:
    off = interval["value"] - 1.0
    return f"{percent(abs(off), 1)} % too {'much' if off > 0 else 'little'}"


def _scores(found: Mapping[str, Any]) -> Table:
    ratio, prior = found["dollar_ratio"], found["prior_dollar_ratio"]
    quartiles = ", ".join(f"{percent(q, 0)}" for q in found["coverage_by_noise"])
    rows = (
        ("Dollars predicted over dollars paid", _of(ratio), _bias(ratio)),
        ("The same for the prior", _of(prior), _bias(prior)),
        ("Skill against the prior", _of(found["skill"]), "share of squared error saved; 0 is the prior"),
        ("Slope of paid on predicted", f"{found['slope']:.2f}", "1 is calibrated"),
        (
            "Trades inside their 90 % interval",
            f"{percent(found['coverage'], 0)} %",
            f"by noise, low to high: {quartiles}",
        ),
        ("R squared", f"{found['r_squared']:.3f}", "information only: published figures are 0.01 to 0.10"),
    )
    caption = (
        f"Out of sample: {found['orders']:,} orders of {found['days']:,} days that it had not seen "
        "(90 % intervals by days)"
    )
    return Table(caption, (Column("Score"), Column("Value", align=_RIGHT), Column("Read as")), rows)


def _law(facts: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            str(row["constant"]).replace("_", " "),
            _constant(row["prior"]),
            _constant(row["posterior"]),
            percent(row["prior_share"], 0),
        )
        for row in facts["law"]
    )
    columns = (
        Column("Constant"),
        Column("Prior (90 %)", align=_RIGHT),
        Column("Learned (90 %)", align=_RIGHT),
        Column("Share of prior", "%", _RIGHT),
    )
    return Table("Law: spread capture x half-spread + impact x daily volatility x size^exponent", columns, rows)


def _effects(facts: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            str(row["feature"]).replace("_", " "),
            percent(row["effect"]),
            Bars((row["effect"],), f"{percent(row['effect'])} %"),
        )
        for row in facts["effects"]
    )
    columns = (Column("Feature"), Column("Effect", "% of the law's cost", _RIGHT), Column("Drawn", align=Align.BARS))
    return Table("What the trees add: mean size of each exact contribution", columns, rows)


def _deciles(found: Mapping[str, Any]) -> Table:
    rows = tuple((f"{k}", f"{p:.1f}", f"{r:.1f}", f"{e:.1f}") for k, (p, r, e) in enumerate(found["deciles"], start=1))
    names = (("Predicted", "bps"), ("Paid", "bps"), ("Standard error", "bps"))
    columns = (Column("Tenth of the orders"), *(Column(name, unit, _RIGHT) for name, unit in names))
    return Table("Predicted against paid, by tenth of the prediction", columns, rows)


def _data(card: CostModelCard) -> Table:
    facts, data, sizes = card.facts, card.facts["data"], card.facts["sizes"]
    prices = ", ".join(f"{count:,} {name}" for name, count in sorted(data["arrival_prices"].items()))
    versions = ", ".join(f"{name} {version}" for name, version in sorted(facts["versions"].items()))
    rows = (
        ("Orders", f"{data['orders']:,} in {data['names']:,} names on {data['days']:,} days"),
        ("Window", f"{data['first_day']} to {data['last_day']}"),
        ("From", data["provenance"] or "not said"),
        ("Arrival prices", prices or "none"),
        ("Venues", ", ".join(data["venues"]) or "none"),
        ("Algorithms", ", ".join(data["algos"]) or "none"),
        ("Order types", ", ".join(data.get("order_types", [])) or "none"),  # cards from before do not know of them
        ("Sizes seen", f"{sizes['low']:.1e} to {sizes['high']:.1e} of daily volume (1st to 99th percentile)"),
        ("SHA-256 of the data", data["sha256"]),
        ("SHA-256 of the model", card.fingerprint),
        ("Trained on", f"{facts['trained_on']}, seed {facts['seed']}; {versions}"),
    )
    return Table("Data and versions", (Column("What"), Column("Value")), rows)


def _gate(facts: Mapping[str, Any]) -> str:
    gate = facts["gate"]
    if not facts["effects"]:
        return f"The trees add nothing: their out-of-fold slope is {gate['slope']:.2f}, and the gate is shut."
    return f"The trees count by {percent(gate['share'], 0)} %: their out-of-fold slope is {gate['slope']:.2f}."


def card_bundle(card: CostModelCard, notes: Sequence[str] = (), *, code: str = "") -> dict[str, str]:
    """A card in every form a notebook may want, by media type.

    Parameters
    ----------
    card : CostModelCard
        What to show.
    notes : sequence of str
        Sentences that stand below its verdict.
    code : str
        Python that trains the same model, where it is known.
    """
    facts, walked = card.facts, card.facts["walk_forward"]
    untested = "It was not tested out of sample: there were too few days."
    first = [_scores(walked)] if walked else []
    tables = [*first, _law(facts), *([_effects(facts)] if facts["effects"] else [])]
    folds = [*([_deciles(walked)] if walked else []), _data(card)]
    said = [facts["power"], _gate(facts), *([] if walked else [untested]), *notes]
    limits = [str(each) for each in facts["limits"]]
    png = (
        calibration_png(walked["deciles"], "Out of sample" + (", simulated orders" if card.simulated else ""))
        if walked
        else b""
    )
    picture = _PICTURE.format(
        base64.b64encode(png).decode("ascii"), "Predicted against paid by tenth; the table says the same."
    )
    html = [
        _LEAD.format(escaped(card_headline(card)), escaped(card.verdict)),
        *(_LINE.format(escaped(each)) for each in said if each),
        *([picture] if png else []),
        *(as_html(table) for table in tables),
        *(folded(table.caption, as_html(table)) for table in folds),
        _LINE.format(Markup("<b>Limits</b>")),
        html_list(limits),
        *([folded("Python that repeats this", _CODE.format(code))] if code else []),
    ]
    lead = f"**{markdown_escaped(card_headline(card))}**"
    lines = [lead, markdown_escaped(card.verdict), *(markdown_escaped(each) for each in said if each)]
    listed = "\n".join(f"- {markdown_escaped(each)}" for each in limits)
    plain = [card_headline(card), card.verdict, *(each for each in said if each)]
    return {
        "text/html": str(_NO_FORMULAS.format(Markup("\n").join(html))),
        "text/markdown": "\n\n".join([*lines, *(as_markdown(t) for t in (*tables, *folds)), listed]) + "\n",
        "text/plain": "\n\n".join(
            [*map(printable, plain), *(as_text(t) for t in (*tables, *folds)), *(printable(f"- {e}") for e in limits)]
        )
        + "\n",
    }


def _compared(first: CostModelCard, second: CostModelCard) -> Table:
    both = (first.facts, second.facts)

    def scored(key: str) -> tuple[str, ...]:
        return tuple("not tested" if f["walk_forward"] is None else _of(f["walk_forward"][key]) for f in both)

    rows = [
        ("Orders", *(f"{f['data']['orders']:,}" for f in both)),
        ("Days", *(f"{f['data']['days']:,}" for f in both)),
        ("Simulated", *("yes" if f["simulated"] else "no" for f in both)),
        ("Dollars predicted over paid", *scored("dollar_ratio")),
        ("Skill against the prior", *scored("skill")),
        ("Inside the 90 % interval, %", *(_coverage(f) for f in both)),
        ("Share of the trees, %", *(percent(f["gate"]["share"], 0) for f in both)),
    ]
    for one, other in zip(*(f["law"] for f in both), strict=True):
        name = str(one["constant"]).replace("_", " ").capitalize()
        rows.append((name, _constant(one["posterior"]), _constant(other["posterior"])))
    rows.append(("Replaces the prior", *("yes" if card.promoted else "no" for card in (first, second))))
    columns = (Column("What"), *(Column(card.model_id, align=_RIGHT) for card in (first, second)))
    return Table("Two cost models side by side", columns, tuple(rows))


def _coverage(facts: Mapping[str, Any]) -> str:
    walked = facts["walk_forward"]
    return "not tested" if walked is None else percent(walked["coverage"], 0)


def cards_bundle(first: CostModelCard, second: CostModelCard, *, code: str = "") -> dict[str, str]:
    """Two cards side by side, by media type, with what makes them comparable or not, and the Python of both."""
    table = _compared(first, second)
    same = first.facts["data"]["sha256"] == second.facts["data"]["sha256"]
    said = [
        "Trained on the same orders."
        if same
        else "Trained on different orders: their scores are not comparable one to one."
    ]
    said += [f"{card.model_id}: {card.verdict}" for card in (first, second)]
    return {
        "text/html": str(
            _NO_FORMULAS.format(
                as_html(table)
                + html_list(said)
                + (folded("Python that repeats this", _CODE.format(code)) if code else Markup(""))
            )
        ),
        "text/markdown": "\n\n".join([as_markdown(table), *(f"- {markdown_escaped(each)}" for each in said)]) + "\n",
        "text/plain": "\n\n".join([as_text(table), *map(printable, said)]) + "\n",
    }
