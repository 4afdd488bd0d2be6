"""Reading as Python: lines that open, list, look up, try or write what a click of the app does.

Problem: not only plans come from clicks: files are opened and tried, lists are turned, quotes are polled, orders are
written. Decision: as in `di_advisor.runs.question_code`, each has its lines, made from the values. Limits: lines that
write files refuse to overwrite what the click wrote, unless overwriting was asked for; a poll gives what it gave only
while the quotes stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from di_advisor.runs.code import import_lines, python_value
from di_advisor.runs.question_code import opened_lines
from di_advisor.runs.spec import FileSource, FleetSource, KernelSource, RunSpec, Source

__all__ = [
    "python_of_esg_head",
    "python_of_esg_trial",
    "python_of_export",
    "python_of_fleet_account",
    "python_of_fleet_page",
    "python_of_lots",
    "python_of_opening",
    "python_of_poll",
    "python_of_saving",
]


def _lines(*lines: str, imports: tuple[str, ...] = (), **values: Any) -> str:
    """Lines over values by their names."""
    needed = {f"from {each}" for each in imports}
    assigned = []
    for name, value in values.items():
        theirs, expression = python_value(value)
        needed.update(theirs)
        assigned.append(f"{name} = {expression}")
    return "\n".join([*import_lines(needed), *([""] if needed else []), *assigned, *lines])


def python_of_opening(source: Source) -> str:
    """Facts of a source."""
    if isinstance(source, KernelSource):
        return "facts"
    return _lines(
        "facts = facts_of(source)", "facts", imports=("di_advisor.runs.facts import facts_of",), source=source
    )


def python_of_lots(source: Source, account: str) -> str:
    """How an account stands, lot by lot."""
    imports = ["di_advisor.signals.standing import account_standing"]
    lines = [
        "portfolio, account_id = facts.account(account)",
        "account_standing(portfolio, account_id, facts.market)",
    ]
    if isinstance(source, KernelSource):
        return _lines(*lines, imports=tuple(imports), account=account)
    imports.append("di_advisor.runs.facts import facts_of")
    return _lines("facts = facts_of(source)", *lines, imports=tuple(imports), source=source, account=account)


def python_of_esg_head(path: Path) -> str:
    """Columns of an ESG file."""
    return _lines("esg_head(path)", imports=("di_advisor.runs.esg_files import esg_head",), path=path)


def python_of_esg_trial(source: FileSource) -> str:
    """What an ESG file gives under its named columns, and how much of account and index it covers."""
    return _lines(
        "facts = file_facts(replace(source, esg=None, esg_columns=None))",
        "found = esg_read(source.esg, source.esg_columns, facts.market)",
        "portfolio, account_id = facts.account(next(iter(facts.accounts)))",
        "found, measure_coverage(found.table, facts.market, facts.target, portfolio, account_id)",
        imports=(
            "dataclasses import replace",
            "di_advisor.runs.esg_files import esg_read",
            "di_advisor.runs.files import file_facts",
            "di_advisor.signals.measure_coverage import measure_coverage",
        ),
        source=source,
    )


def python_of_export(spec: RunSpec, folder: Path, *, basket: bool, accepted: bool, overwrite: bool) -> str:
    """Orders of a proposal as files.

    Parameters
    ----------
    spec : RunSpec
        Whose proposal.
    folder : Path
        Where the files go.
    basket : bool
        With a basket of Interactive Brokers and the lots to close.
    accepted : bool
        Only trades in accepted names.
    overwrite : bool
        Whether files that are there are overwritten.
    """
    imports = ["di_advisor.report.csv_export import trades_csv", "di_advisor.report.output_files import write_text"]
    lines = ["proposal = workspace.propose()"]
    if accepted:
        imports.append("dataclasses import replace")
        lines += [
            "agreed = tuple(t for t in proposal.trade_list if t.security_id in spec.decisions.accepted)",
            "proposal = replace(proposal, trade_list=agreed)",
        ]
    lines.append('texts = {"trades.csv": trades_csv(proposal)}')
    if basket:
        imports.append("di_advisor.report.baskets import basket_texts")
        lines.append("texts |= basket_texts(proposal)")
    if not overwrite:
        imports.append("di_advisor.report.baskets import refuse_existing")
        lines.append("refuse_existing(folder, *texts)")
    lines.append("[write_text(folder, name, text) for name, text in texts.items()]")
    return opened_lines(spec, lines, imports, folder=folder)


def python_of_fleet_page(folder: Path, **page: Any) -> str:
    """A page of a run's list; ``page`` as of `di_advisor.fleet.worklist.page_of`, its ``number`` among it."""
    named = ", ".join(f"{name}={name}" for name in page if name != "number")
    return _lines(
        f"page_of(Worklist.open(folder).rows, number, {named})",
        imports=("di_advisor.fleet.worklist import Worklist, page_of",),
        folder=folder,
        **page,
    )


def python_of_fleet_account(source: FleetSource) -> str:
    """The run of one account of a fleet, and its facts."""
    return _lines(
        "spec, facts = run_of_source(source)",
        "spec",
        imports=("di_advisor.runs.of_fleet import run_of_source",),
        source=source,
    )


def python_of_poll(spec: RunSpec, quotes: str, *, now: datetime, memory: str, every: bool) -> str:
    """One look at quotes; None where the exchange is closed.

    Parameters
    ----------
    spec : RunSpec
        Account, wishes and policy.
    quotes : str
        As of `di_advisor.runs.polled.quotes_from`.
    now : datetime
        The moment, UTC.
    memory : str
        What the poll before remembers; empty at the first.
    every : bool
        Every account of the source.
    """
    imports = [
        "di_advisor.domain.cells import EXCHANGE_ZONE",
        "di_advisor.policy.intraday import poll",
        "di_advisor.policy.intraday_memory import PollMemory, memory_from_json",
        "di_advisor.policy.sessions import hours_of",
        "di_advisor.runs.polled import WatchedRun, quotes_from, watched_run",
    ]
    lines = [
        "policy = spec.watching.as_policy()",
        f"watched = watched_run(WatchedRun(spec, every_account={every}, facts=facts))",
        "known = memory_from_json(memory, policy.name) if memory else PollMemory()",
        "is_open = hours_of(now.astimezone(EXCHANGE_ZONE).date()).hold(now)",
        "poll([watched], quotes_from(quotes), policy, known, now=now)[0] if is_open else None",
    ]
    values: Mapping[str, Any] = {"quotes": quotes, "now": now, "memory": memory}
    return opened_lines(spec, lines, imports, workspace=False, **values)


def python_of_saving(spec: RunSpec) -> str:
    """What the app saves beside the notebook, written there."""
    return opened_lines(
        spec,
        ["save_beside(SavedRun(spec, facts.fingerprint, versions()))"],
        [
            "di_advisor.runs.run import versions",
            "di_advisor.runs.saved import SavedRun",
            "di_advisor.ui.beside import save_beside",
        ],
        workspace=False,
    )
