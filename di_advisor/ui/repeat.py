"""The line above a result that says what it answers, whether that is still asked, and the Python that repeats it."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from di_advisor.domain.mandate import Band, Mandate
from di_advisor.report.markup import escaped, folded
from di_advisor.report.tables import markdown_escaped
from di_advisor.report.wording import joined, printable
from di_advisor.runs.code import python_of as lines_of
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.pages.page import Asked
from di_advisor.ui.pages.wish_items import items_of
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["answered_bundle", "differences", "empty_bundle", "python_of"]

_ALARM = Markup('<div style="border-left:4px solid #c62828;padding:4px 10px;margin:4px 0"><b>{}</b></div>')
_EMPTY = Markup('<div class="mathjax_ignore tex2jax_ignore di-empty"><p style="margin:6px 0"><b>{}.</b> {}</p></div>')
_BOX = Markup('<div class="mathjax_ignore tex2jax_ignore di-answer">{}<div style="margin:6px 0">{}</div>{}</div>')


_WISHES: Final = frozenset({"esg", "exclusions", "group_bands", "factor_tilts", "factor_bands"})
_LONGEST, _LONGEST_WISHES = 40, 160
_OTHER = {
    "tax": "another taxpayer",
    "models": "other models",
    "decisions": "other decisions on trades",
    "own": "other own terms and rules",
}


def python_of(spec: RunSpec) -> str:
    """Python that repeats a spec, in which no text can end a fenced block."""
    return _unfenced(lines_of(spec))


def _unfenced(lines: str) -> str:
    return lines.replace("`", "\\x60")


def differences(answered: RunSpec, asked: RunSpec) -> list[str]:
    """What differs between two specs, in words."""
    found = []
    if (answered.source, answered.account) != (asked.source, asked.account):
        found.append(f"account {asked.account}")
    found += [
        f"{_named(f.name)} {_shown(f.name, getattr(asked.mandate, f.name))} "
        f"(was {_shown(f.name, getattr(answered.mandate, f.name))})"
        for f in fields(Mandate)
        if getattr(asked.mandate, f.name) != getattr(answered.mandate, f.name)
    ]
    return found + [
        words for name, words in _OTHER.items() if getattr(answered.solved, name) != getattr(asked.solved, name)
    ]


def _named(field: str) -> str:
    return "ESG" if field == "esg" else field.removesuffix("_usd").replace("_", " ")


def _shown(field: str, value: Any) -> str:  # noqa: ANN401 any wish
    if field in _WISHES:
        words = "; ".join(item.label for item in items_of(Mandate().with_changes(**{field: value})))
        return _shortened(words or "none", _LONGEST_WISHES)
    match value:
        case None:
            text = "none"
        case float() if field.startswith("tracking_error"):
            text = f"{bps_from_fraction(value):g} bps a year"
        case Decimal():
            text = f"${value:,}"
        case Band() if value.upper == -value.lower:
            text = f"± {percent_from_fraction(value.upper):g} %"
        case _:
            text = str(value)
    return _shortened(text, _LONGEST)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _asked(spec: RunSpec, did: str, *, wished: bool) -> str:
    if not wished:
        return f"{did} for {spec.account}."
    standing = Mandate()
    wishes = [
        f"{_named(f.name)} {_shown(f.name, getattr(spec.mandate, f.name))}"
        for f in fields(Mandate)
        if getattr(spec.mandate, f.name) != getattr(standing, f.name)
    ]
    decided = spec.decisions
    if decided.rejected:
        wishes.append(f"{len(decided.rejected)} trades rejected")
    if decided.locked:
        wishes.append(f"{len(decided.locked)} trades locked")
    return f"{did} for {spec.account}: {', '.join(wishes) or 'no wishes'}."


def empty_bundle(title: str, words: str) -> dict[str, str]:
    """What stands below a page that has no result yet."""
    return {
        "text/html": str(_EMPTY.format(escaped(title), escaped(words))),
        "text/markdown": f"**{markdown_escaped(title)}.** {markdown_escaped(words)}",
        "text/plain": f"{printable(title)}. {printable(words)}",
    }


def answered_bundle(answered: Asked, asked: RunSpec) -> dict[str, str]:
    """What stands above a result.

    Parameters
    ----------
    answered : Asked
        What the shown result answers.
    asked : RunSpec
        What the controls say now.
    """
    if not answered.under_wishes:
        asked = asked.with_changes(mandate=answered.spec.mandate, decisions=answered.spec.decisions)
    because = [*differences(answered.spec, asked), *([answered.other] if answered.other else [])]
    stale = f"STALE: the controls now say {joined(because)}. {answered.again}" if because else ""
    said = _asked(answered.spec, answered.did, wished=answered.under_wishes)
    code = _unfenced(answered.code) or python_of(answered.spec)
    html = _BOX.format(
        _ALARM.format(escaped(stale)) if stale else "",
        escaped(said),
        folded("Python that repeats this", Markup('<pre style="margin:4px 0">{}</pre>').format(code)),
    )
    fence = "```"
    markdown = [*([f"**{markdown_escaped(stale)}**"] if stale else []), markdown_escaped(said)]
    plain = [*([printable(stale)] if stale else []), printable(said)]
    return {
        "text/html": str(html),
        "text/markdown": "\n\n".join([*markdown, f"{fence}python\n{code}\n{fence}"]),
        "text/plain": "\n".join(plain),
    }
