"""Fleets as the app takes them: a run that can be started, and one of its accounts with the facts behind it.

Problem: a click on a list of thousands must open the very account that was solved, at the very prices. Decision: a
`FleetRequest` says which accounts go into which folder; one account of it is a `FleetSource`, whose facts are those of
the run's last pass, joint size included, so that the app's first answer is the list's; an account whose bytes are not
those that were solved is refused. The market is the built-in one or that of files, estimated by the models of a new
run (`fleet_facts_of`). Limits: for facts made otherwise `run_of_account` takes a desk that was opened with them, and
the run then rests on values of the kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from di_advisor.domain.market import Market
from di_advisor.errors import InputError
from di_advisor.execution.jobs import never, one_thread
from di_advisor.execution.results_folder import ResultsFolder
from di_advisor.fleet.account import account_to_bytes, digest_of
from di_advisor.fleet.desk import Desk
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet, sample_facts_of
from di_advisor.fleet.running import FleetProgress, FleetRun, facts_of_pass, passes_of, propose
from di_advisor.fleet.sources import AccountSource, ParquetAccounts
from di_advisor.runs.code import python_value
from di_advisor.runs.facts import Facts, facts_of, sample_facts, sha256_of
from di_advisor.runs.run import advisor_of
from di_advisor.runs.spec import FileSource, FleetSource, KernelSource, Models, RunSpec

__all__ = [
    "FleetRequest",
    "fleet_account_facts",
    "fleet_facts_of",
    "python_of_fleet",
    "run_fleet",
    "run_of_account",
    "run_of_source",
]


@dataclass(frozen=True)
class FleetRequest:
    """A fleet's run.

    Attributes
    ----------
    folder : Path
        Where the results go; where they are already, the run goes on.
    accounts : Path or None
        Parquet file that `di_advisor.fleet.write_accounts` wrote; None for generated accounts.
    count, seed : int
        Of the generated accounts.
    joint_rounds : int
        How often the fleet is solved again at its own joint size.
    market : FileSource or None
        Files whose prices, index and history it rests on; None for the built-in market.

    Raises
    ------
    InputError
        If a number is out of range, or generated accounts are asked for over another market.
    """

    folder: Path
    accounts: Path | None = None
    count: int = 0
    seed: int = 1
    joint_rounds: int = 1
    market: FileSource | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        object.__setattr__(self, "accounts", None if self.accounts is None else Path(self.accounts))
        if self.accounts is None and self.count < 1:
            raise InputError(f"{self.count} accounts were asked for.", hint="Give at least 1, or a file of accounts.")
        if self.accounts is None and self.market is not None:
            raise InputError("Generated accounts are of the built-in market.", hint="Give a file of accounts.")
        if self.seed < 0 or self.joint_rounds < 0:
            raise InputError(
                f"The seed is {self.seed}, the joint rounds are {self.joint_rounds}.", hint="Give 0 or more."
            )

    def account(self, label: str) -> FleetSource:
        """One of its accounts as a source."""
        return FleetSource(self.folder, label, self.accounts, self.count, self.seed, self.market)


def fleet_facts_of(facts: Facts) -> FleetFacts:
    """What all accounts over a market share: its facts, estimated by the models of a new run where they are not.

    A run rests on the bits of these facts, and may be begun by a terminal on one thread and opened by an app on
    eight: they are estimated on one.
    """
    advisor = advisor_of(Models())
    with one_thread():
        risk = facts.risk or advisor.estimate_risk(facts.market, facts.returns, facts.exposures)
        costs = facts.costs or advisor.estimate_costs(facts.market)
        return FleetFacts.of(facts.market, facts.target, risk, costs, esg=facts.esg)


def run_fleet(
    request: FleetRequest,
    *,
    scheduler: str | None = None,
    progress: Callable[[FleetProgress], None] | None = None,
    cancel: Callable[[], bool] = never,
) -> FleetRun:
    """Run a fleet, or go on with it.

    Raises
    ------
    InputError, StoreError, ClusterError
        As `di_advisor.fleet.propose`.
    """
    return propose(
        _accounts(request.accounts, request.count, request.seed),
        _shared_facts(request.market)[0],
        into=request.folder,
        scheduler=scheduler,
        joint_rounds=request.joint_rounds,
        progress=progress,
        cancel=cancel,
    )


def python_of_fleet(request: FleetRequest) -> str:
    """Lines that run the same fleet in a fresh kernel and show its list."""
    imports, first = ["from di_advisor import fleet, sample"], ["world = sample.load()"]
    facts = "fleet.sample_facts_of(world)"
    accounts = f"fleet.SampleFleet(world, {request.count}, seed={request.seed})"
    if request.accounts is not None:
        accounts = f"fleet.ParquetAccounts({str(request.accounts)!r})"
    if request.market is not None:
        needed, source = python_value(request.market)
        ours = ["from di_advisor.runs import facts_of", "from di_advisor.runs.of_fleet import fleet_facts_of"]
        imports = ["from di_advisor import fleet", *sorted({*needed, *ours})]
        first, facts = [f"market = {source}"], "fleet_facts_of(facts_of(market))"
    return "\n".join(
        [
            *imports,
            "",
            *first,
            f"accounts = {accounts}",
            f"facts = {facts}",
            f"run = fleet.propose(accounts, facts, into={str(request.folder)!r}, joint_rounds={request.joint_rounds})",
            "fleet.Desk.open(run, facts, accounts)",
        ]
    )


def fleet_account_facts(source: FleetSource) -> Facts:
    """Facts of one account of a fleet's run.

    Raises
    ------
    InputError
        If there is no such run or account, the run rests on another market, or the account is not the one it solved.
    """
    return run_of_source(source)[1]


def run_of_source(source: FleetSource) -> tuple[RunSpec, Facts]:
    """The run of one account of a fleet: `di_advisor.runs.run(spec)` gives the proposal that stands on the list.

    Raises
    ------
    InputError
        As `fleet_account_facts`.
    """
    shared, market = _shared_facts(source.market)
    desk = _desk(source, passes_of(source.folder), shared)
    spec, facts = run_of_account(desk, source.label, market.market)
    solved = _solved_digest(desk.records_folder, source.label)
    accounts = _accounts(source.accounts, source.count, source.seed)
    if isinstance(accounts, ParquetAccounts):
        body = accounts.body_of(source.label)  # as it was solved: an earlier version may have written the file
    else:
        body = account_to_bytes(accounts.find(source.label))
    found = digest_of(body)
    if solved not in {"", found}:
        raise InputError(
            f"The account {source.label} of {source.accounts or f'seed {source.seed}'} is not the one that the run in "
            f"{source.folder} solved.",
            hint="Give the file or the seed of that run, or run the fleet again.",
            label=source.label,
        )
    hashes = {**market.fingerprint, "account": found}
    if source.accounts is not None:
        hashes["accounts"] = sha256_of(source.accounts)
    whole = replace(
        facts,
        returns=market.returns,
        exposures=market.exposures,
        esg=market.esg,
        orders=market.orders,
        label="; ".join(filter(None, (market.label, f"account {source.label} of a fleet"))),
        notes=market.notes,
        fingerprint=hashes,
    )
    return spec.with_changes(source=source), whole


def run_of_account(desk: Desk, label: str, market: Market) -> tuple[RunSpec, Facts]:
    """The run of one account of a desk, on values of the kernel.

    Parameters
    ----------
    desk : Desk
        Opened with facts and accounts.
    label : str
        The account.
    market : Market
        That the fleet's facts were made of.

    Returns
    -------
    RunSpec, Facts
        `di_advisor.runs.run(spec, facts)` gives the proposal that stands on the list, with its reasons.

    Raises
    ------
    InputError
        If the desk has no facts, there is no such account, or the market is of another day.
    """
    if desk.facts is None or desk.source is None:
        raise InputError(
            "The desk was opened without the facts of its run.", hint="Desk.open(folder, facts, accounts)."
        )
    signals = desk.facts.market
    if market.as_of != signals.as_of:
        raise InputError(
            f"The market is of {market.as_of}, the fleet's facts of {signals.as_of}.",
            hint="Pass the market of that day.",
        )
    account = desk.source.find(label)
    facts = Facts(
        portfolios={label: account.portfolio},
        market=market,
        target=desk.facts.target_of(account.target),
        risk=signals.risk,
        costs=signals.costs,
        esg=dict(signals.esg) if len(signals.universe) == len(market.universe) else None,
        tax=account.tax,
        label=f"account {label} of a fleet",
    )
    several = len(account.portfolio.accounts) > 1
    name = f"{label} / {account.account_id}" if several else label
    return RunSpec(KernelSource(facts.label), name, account.mandate, account.tax, own=account.own), facts


def _accounts(path: Path | None, count: int, seed: int) -> AccountSource:
    if path is not None:
        return ParquetAccounts(path)
    from di_advisor import sample

    return SampleFleet(sample.load(), count, seed)


def _shared_facts(market: FileSource | None) -> tuple[FleetFacts, Facts]:
    """What all accounts share, and the facts of the market behind it."""
    if market is not None:
        facts = facts_of(market)
        return fleet_facts_of(facts), facts
    from di_advisor import sample

    world = sample.load()
    return sample_facts_of(world), sample_facts(world.seed)


_OPEN: dict[str, Desk] = {}
"""The desk that was opened last: the joint size of the passes before is summed from every record."""


def _desk(source: FleetSource, passes: tuple[Path, ...], facts: FleetFacts) -> Desk:
    of = (source.folder, passes, source.accounts, source.count, source.seed)
    key = f"{of} {facts.digest()}"
    if key not in _OPEN:
        accounts = _accounts(source.accounts, source.count, source.seed)
        _OPEN.clear()
        _OPEN[key] = Desk((), passes[-1], facts_of_pass(source.folder, facts), accounts)
    return _OPEN[key]


def _solved_digest(records: Path, label: str) -> str:
    """Digest of the account as it was solved; empty where the run has not come to it."""
    found = ""
    for row in ResultsFolder.open(records).records():
        if row["key"] == label:
            found = str(row["account_digest"])
    return found
