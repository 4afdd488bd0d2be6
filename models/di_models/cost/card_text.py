"""A cost model's card as Markdown; whatever came from outside is escaped before it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from di_advisor.units import PERCENT_PER_UNIT

__all__ = ["card_markdown", "compare_cards"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")


def card_markdown(facts: Mapping[str, Any]) -> str:
    """The card of `ModelCard.facts`, as Markdown."""
    data, sizes = facts["data"], facts["sizes"]
    label = " (simulated orders)" if facts["simulated"] else ""
    mix = ", ".join(f"{count:,} {_escaped(name)}" for name, count in sorted(data["arrival_prices"].items()))
    lines = [
        f"# {_escaped(facts['title'])}{label}",
        "",
        f"**Verdict.** {_escaped(facts['promotion']['sentence'])}",
        "",
        f"**Power.** {_escaped(facts['power'])}",
        "",
        "## Data",
        "",
        f"- {data['orders']:,} orders in {data['names']:,} names on {data['days']:,} days",
        f"- {data['first_day']} to {data['last_day']}; from: {_escaped(data['provenance']) or 'not said'}",
        f"- arrival prices: {mix or 'none'}",
        f"- venues: {_escaped(', '.join(data['venues'])) or 'none'}",
        f"- algorithms: {_escaped(', '.join(data['algos'])) or 'none'}",
        f"- order types: {_escaped(', '.join(data.get('order_types', []))) or 'none'}",
        f"- sizes seen (1st to 99th percentile): {sizes['low']:.1e} to {sizes['high']:.1e} of the daily volume",
        f"- SHA-256 of the data: `{data['sha256']}`",
        "",
        "## Law: spread capture x half-spread + impact x daily volatility x size^exponent",
        "",
        *_table(
            ("constant", "prior (90 %)", "posterior (90 %)", "share of prior"),
            [
                (
                    _escaped(row["constant"]),
                    _interval(row["prior"]),
                    _interval(row["posterior"]),
                    _percent(row["prior_share"]),
                )
                for row in facts["law"]
            ],
        ),
        "",
        f"Trees count by {_percent(facts['gate']['share'])}: their out-of-fold slope is {facts['gate']['slope']:.2f}.",
        *(["", f"Early stop: {_escaped(facts['stopping']['sentence'])}"] if "stopping" in facts else []),
        "",
        "## Out of sample, walking forward",
        "",
        *_scores(facts["walk_forward"]),
        "",
        "## What the trees add, mean size as a share of the law's cost",
        "",
        *(
            _table(("feature", "effect"), [(_escaped(e["feature"]), f"{e['effect']:.2%}") for e in facts["effects"]])
            if facts["effects"]
            else ["Nothing: the gate is shut."]
        ),
        "",
        "## Limits",
        "",
        *(f"- {_escaped(limit)}" for limit in facts["limits"]),
        "",
        f"Trained on {facts['trained_on']} with seed {facts['seed']}; "
        + ", ".join(f"{_escaped(name)} {_escaped(v)}" for name, v in sorted(facts["versions"].items()))
        + ".",
    ]
    return "\n".join(lines) + "\n"


def compare_cards(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Two cards side by side, as Markdown: data, constants, gate, and scores where there are any."""
    rows = [
        ("orders", *(f"{each['data']['orders']:,}" for each in (first, second))),
        ("days", *(f"{each['data']['days']:,}" for each in (first, second))),
        ("simulated", *("yes" if each["simulated"] else "no" for each in (first, second))),
    ]
    for one, other in zip(first["law"], second["law"], strict=True):
        rows.append((_escaped(one["constant"]), _interval(one["posterior"]), _interval(other["posterior"])))
    rows.append(("share of the trees", *(_percent(each["gate"]["share"]) for each in (first, second))))
    if any("stopping" in each for each in (first, second)):
        rows.append(("early stop", *(_stopped(each) for each in (first, second))))
    for name, key in (("dollars predicted over paid", "dollar_ratio"), ("skill against the prior", "skill")):
        rows.append((name, *(_scored(each["walk_forward"], key) for each in (first, second))))
    rows.append(("replaces the prior", *("yes" if each["promotion"]["promoted"] else "no" for each in (first, second))))
    same = first["data"]["sha256"] == second["data"]["sha256"]
    note = "Same data." if same else "Different data: scores of different orders are not comparable one to one."
    return "\n".join([*_table(("", "first", "second"), rows), "", note]) + "\n"


def _stopped(facts: Mapping[str, Any]) -> str:
    return f"at {facts['stopping']['trees']} trees" if "stopping" in facts else "no, a fixed number"


def _scores(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return ["Not tested: too few days."]
    rows = [
        ("dollars predicted over dollars paid", _of(found["dollar_ratio"])),
        ("the same for the prior", _of(found["prior_dollar_ratio"])),
        ("calibration slope", f"{found['slope']:.2f}"),
        ("skill against the prior", _of(found["skill"])),
        ("coverage of 90 % intervals", _percent(found["coverage"])),
        ("by quartile of noise, low to high", ", ".join(map(_percent, found["coverage_by_noise"]))),
        ("R squared, information only", f"{found['r_squared']:.3f}"),
        ("error around the prediction", f"{found['noise_bps']:.1f} bps"),
    ]
    deciles = [(f"{k + 1}", f"{p:.1f}", f"{r:.1f} ± {e:.1f}") for k, (p, r, e) in enumerate(found["deciles"])]
    return [
        f"{found['orders']:,} orders of {found['days']:,} days; intervals of 90 % by resampling days.",
        "",
        *_table(("score", "value"), rows),
        "",
        *_table(("decile of prediction", "predicted, bps", "realised, bps (1 s.e.)"), deciles),
    ]


def _scored(found: Mapping[str, Any] | None, key: str) -> str:
    return "not tested" if found is None else _of(found[key])


def _of(interval: Mapping[str, float]) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def _interval(values: Sequence[float]) -> str:
    middle, low, high = values
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _percent(share: float) -> str:
    return f"{share * PERCENT_PER_UNIT:.0f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(each)} |" for each in (head, ["---"] * len(head), *rows)]


def _escaped(text: object) -> str:
    """Text that Markdown shows as it is: no table, link, formula or HTML can come out of it."""
    one_line = " ".join(str(text).split())
    html = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", html)
