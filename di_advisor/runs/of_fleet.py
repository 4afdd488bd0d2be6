"""One account of a fleet as the app takes it: what is asked, and the facts behind it.

Limits: the facts are those of the kernel, so a saved run of it opens only where they are given again; prices of risk
and cost are the fleet's own estimates, joint size included, so that the app's first answer is the list's.
"""

from __future__ import annotations

from di_advisor.domain.market import Market
from di_advisor.errors import InputError
from di_advisor.fleet.desk import Desk
from di_advisor.runs.facts import Facts
from di_advisor.runs.spec import KernelSource, RunSpec

__all__ = ["run_of_account"]


def run_of_account(desk: Desk, label: str, market: Market) -> tuple[RunSpec, Facts]:
    """The run of one account of a desk.

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
