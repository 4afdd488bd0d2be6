"""Questions as Python: lines that ask in a fresh kernel what a page of the app asked, made from the values.

Problem: a measure, a frontier or a year-end plan that only a click can make cannot be checked or repeated. Decision:
every question has its lines: the account of the spec is opened under its wishes, and asked as the app asks; a test
runs them and compares. Limits: as in `di_advisor.runs.code`, values of a kernel are named ``facts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from di_advisor.domain.mandate import Mandate
from di_advisor.runs.code import import_lines, python_value
from di_advisor.runs.spec import KernelSource, RunSpec

__all__ = [
    "opened_lines",
    "python_of_coverage",
    "python_of_frontier",
    "python_of_measures",
    "python_of_price",
    "python_of_prices",
    "python_of_swaps",
    "python_of_trade",
    "python_of_watch",
    "python_of_why_not",
    "python_of_year_end",
]

_MEASURE_IMPORTS = ("di_advisor.policy.measures import measures_now", "di_advisor.formulate.schedule_d import rates_of")
_WATCH_IMPORTS = ("di_advisor.policy.day_facts import DayFacts", "di_advisor.policy.monitor import watch")


def opened_lines(
    spec: RunSpec,
    lines: Sequence[str],
    imports: Sequence[str] = (),
    *,
    workspace: bool = True,
    **values: Any,
) -> str:
    """Lines over ``spec``, ``facts`` and ``workspace``, and over values by their names.

    Parameters
    ----------
    spec : RunSpec
        The account and its wishes.
    lines : sequence of str
        What is asked.
    imports : sequence of str
        What the lines need, each without its ``from``.
    workspace : bool
        Whether the lines need one.
    **values
        Assigned before the lines.
    """
    needed = {f"from {each}" for each in imports}
    assigned = []
    for name, value in {"spec": spec, **values}.items():
        theirs, expression = python_value(value)
        needed.update(theirs)
        assigned.append(f"{name} = {expression}")
    if not isinstance(spec.source, KernelSource):
        needed.add("from di_advisor.runs.facts import facts_of")
        assigned.append("facts = facts_of(spec.source)")
    if workspace:
        needed.add("from di_advisor.runs.run import workspace_of")
        assigned.append("workspace = workspace_of(spec, facts)")
    return "\n".join([*import_lines(needed), "", *assigned, *lines])


def python_of_measures(spec: RunSpec, *, proposed: bool) -> str:
    """Measures of today, and a proposal with its own where ``proposed``."""
    now = "measures_now(workspace.signals, rates_of(workspace.tax, workspace.signals.market.as_of))"
    return opened_lines(spec, [now, *(["workspace.propose().after"] if proposed else [])], _MEASURE_IMPORTS)


def python_of_year_end(spec: RunSpec, wishes: Any) -> str:  # noqa: ANN401 a `YearEndWishes`, which solvers load with
    """A year-end plan."""
    imports = ["di_advisor.policy.year_end import plan_year_end"]
    return opened_lines(spec, ["plan_year_end(workspace, wishes)"], imports, wishes=wishes)


def python_of_frontier(spec: RunSpec, field: str, values: Sequence[Any]) -> str:
    """A frontier of one wish."""
    return opened_lines(spec, [f"workspace.frontier({field}=values)"], values=tuple(values))


def python_of_watch(spec: RunSpec, *, every: bool) -> str:
    """What the policy of the spec says of the account, or of every account of the source."""
    if not every:
        day = "DayFacts.of(workspace, spec.account)"
        return opened_lines(spec, [f"watch([{day}], spec.watching.as_policy(), {{}})"], _WATCH_IMPORTS)
    lines = [
        "days = [",
        "    DayFacts.of(workspace_of(spec.with_changes(account=label), facts), label)",
        "    for label in facts.accounts",
        "]",
        "watch(days, spec.watching.as_policy(), {})",
    ]
    return opened_lines(spec, lines, _WATCH_IMPORTS)


def python_of_coverage(spec: RunSpec) -> str:
    """How much of the account and of its index each ESG measure covers."""
    lines = [
        "portfolio, account_id = facts.account(spec.account)",
        "measure_coverage(facts.esg, facts.market, facts.target, portfolio, account_id)",
    ]
    return opened_lines(spec, lines, ["di_advisor.signals.measure_coverage import measure_coverage"])


def python_of_price(spec: RunSpec, mandate: Mandate, wish: str) -> str:
    """What a wish would cost, solved with it and without."""
    lines = [
        "wished = spec.with_changes(mandate=mandate)",
        "workspace.propose().workspace.price_of_change(wish, wished.wishes)",
    ]
    return opened_lines(spec, lines, mandate=mandate, wish=wish)


def python_of_prices(spec: RunSpec) -> str:
    """What each wish that is set costs."""
    return opened_lines(spec, ["workspace.propose().workspace.prices_of_wishes()"])


def python_of_trade(spec: RunSpec, asked: str) -> str:
    """Everything about one proposed trade; ``asked`` is its side, name and lot with blanks between."""
    lines = [
        "proposal = workspace.propose()",
        "trade = next(",
        "    t for t in proposal.trade_list if f'{t.side.value} {t.security_id} {t.lot_id}'.strip() == asked",
        ")",
        "proposal.workspace.explain_trade(trade)",
    ]
    return opened_lines(spec, lines, asked=asked)


def python_of_swaps(spec: RunSpec) -> str:
    """Which purchases each sale of a proposal pays for, and the other way round."""
    return opened_lines(spec, ["swaps(workspace.propose().trade_list)"], ["di_advisor.propose.swaps import swaps"])


def python_of_why_not(spec: RunSpec, name: str) -> str:
    """Why a name is not traded."""
    return opened_lines(spec, ["workspace.propose().workspace.why_not(name)"], name=name)
