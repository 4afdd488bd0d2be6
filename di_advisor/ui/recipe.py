"""The Python that repeats what the panel did, and the line above a result that says what it answers."""

from __future__ import annotations

from markupsafe import Markup

from di_advisor.report.markup import escaped, folded
from di_advisor.report.tables import markdown_escaped
from di_advisor.report.wording import joined, printable
from di_advisor.ui.choices import Choices, shortest

__all__ = ["answer_bundle", "python_of"]


def _wishes(choices: Choices) -> list[str]:
    mandate = choices.mandate_changes()
    wishes = []
    for name, value in mandate.items():
        match name:
            case "min_trade_usd":
                wishes.append(f'{name}="{shortest(choices.min_trade_usd)}"')
            case "sector_band" if value is not None:
                wishes.append(f"{name}=Band.within({value.upper!r})")
            case _:
                wishes.append(f"{name}={value!r}")
    return wishes


def _text(value: str) -> str:
    """A string in Python that cannot end a fenced block."""
    return repr(value).replace("`", "\\x60")


def python_of(choices: Choices, own: tuple[str, str] | None = None) -> str:
    """Python that makes the same proposal.

    Parameters
    ----------
    choices : Choices
        What was asked.
    own : tuple of str and str, optional
        Name of the user's own portfolio and id of its account: the code then uses the names of the
        arguments of `di_advisor.app`; without it, the sample.

    Returns
    -------
    str
        Lines that run in a fresh kernel (of the user's own values: after those are there).
    """
    rates = choices.rates()
    sample = own is None
    name, account = (choices.account, "") if own is None else own
    of = "world." if sample else ""
    lines = ["from dataclasses import replace", ""]
    lines.append("from di_advisor import Advisor" + (", sample" if sample else ""))
    lines.append("from di_advisor.domain.mandate import Band" + (", Mandate" if sample else ""))
    lines += ["from di_advisor.domain.taxes import ConstantRates", ""]
    lines += ["world = sample.load()"] if sample else []
    wishes = ", ".join(_wishes(choices))
    lines.append(f"mandate = Mandate({wishes})" if sample else f"mandate = mandate.with_changes({wishes})")
    lines.append(f"tax = replace({of}tax, rates=ConstantRates({rates.short_term!r}, {rates.long_term!r}))")
    lines += [
        "proposal = Advisor().propose(",
        f"    {of}portfolios[{_text(name)}],",
        *([f"    account_id={_text(account)},"] if account else []),
        "    market=world.market()," if sample else "    market=market,",
        f"    target={of}target,",
        "    mandate=mandate,",
        "    tax=tax,",
        f"    returns={of}returns,",
        f"    exposures={of}exposures,",
        ")",
        "proposal",
    ]
    return "\n".join(lines)


def _stale(because: list[str], *, tried_in_vain: bool) -> str:
    if not because:
        return ""
    now = f"STALE: the panel now says {joined(because)}"
    if tried_in_vain:
        return f"{now}; the last run with that gave no proposal. Shown below is the last proposal that worked."
    return f"{now}. Press Propose again."


def answer_bundle(
    choices: Choices,
    stale_because: list[str],
    own: tuple[str, str] | None = None,
    *,
    tried_in_vain: bool = False,
) -> dict[str, str]:
    """What stands above a result: what was asked, whether the controls still ask that, and the Python.

    ``tried_in_vain`` says that the controls were already asked, without a result: asking again is no advice.
    """
    asked = f"Proposed for: {choices.sentence()}."
    stale = _stale(stale_because, tried_in_vain=tried_in_vain)
    code = python_of(choices, own)
    alarm = Markup('<div style="border-left:4px solid #c62828;padding:4px 10px;margin:4px 0"><b>{}</b></div>')
    html = Markup(
        '<div class="mathjax_ignore tex2jax_ignore di-answer">{}<div style="margin:6px 0">{}</div>{}</div>'
    ).format(
        alarm.format(escaped(stale)) if stale else "",
        escaped(asked),
        folded("Python that repeats this", Markup('<pre style="margin:4px 0">{}</pre>').format(code)),
    )
    fence = "```"
    markdown = "\n\n".join(
        [
            *([f"**{markdown_escaped(stale)}**"] if stale else []),
            markdown_escaped(asked),
            f"{fence}python\n{code}\n{fence}",
        ]
    )
    plain = "\n".join([*([printable(stale)] if stale else []), printable(asked)])
    return {"text/html": str(html), "text/markdown": markdown, "text/plain": plain}
