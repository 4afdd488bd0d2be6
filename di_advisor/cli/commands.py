"""What the commands do: read, propose, show, write."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.screen import Clock, Screen
from di_advisor.cli.wishes import mandate_of, refuse_strangers, tax_of
from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio
from di_advisor.errors import InputError, PluginError, UnknownSecurityError

if TYPE_CHECKING:
    from di_advisor.domain.market import Market, ReturnHistory
    from di_advisor.domain.risk import FactorRisk
    from di_advisor.domain.target import Target
    from di_advisor.propose.proposal import Proposal

__all__ = ["columns", "demo", "propose"]

# The report and the trades have fixed names, so nothing from a user's file becomes a path.
_REPORT = "report.html"
_TRADES = "trades.csv"
_PROPOSAL = "proposal"


def demo(arguments: argparse.Namespace, screen: Screen) -> None:
    """Rebalance an account of the embedded sample."""
    from di_advisor import sample
    from di_advisor.advisor import Advisor
    from di_advisor.registry import cost_model, risk_model

    clock = Clock()
    mandate = mandate_of(arguments)
    with clock.stage("sample world"):
        world = sample.load(arguments.seed)
        if arguments.account not in world.portfolios:
            raise InputError(
                f"The sample has no account {arguments.account!r}.", hint=f"It has: {', '.join(world.portfolios)}."
            )
        portfolio, market, target = world.portfolios[arguments.account], world.market(), world.target
        returns, exposures = world.returns, world.exposures
    refuse_strangers(mandate, market.universe, "the sample")
    screen.show(
        f"{len(market.universe)} names and {len(portfolio.lots)} lots on {market.as_of}, {world.label} "
        f"(seed {arguments.seed}).\n"
    )
    with clock.stage("risk model"):
        risk = risk_model().estimate(market, returns, exposures)
    with clock.stage("cost model"):
        costs = cost_model().curves(market)
    with clock.stage(_PROPOSAL):
        proposal = Advisor().propose(
            portfolio,
            market=market,
            target=target,
            mandate=mandate,
            tax=world.tax,
            risk=risk,
            costs=costs,
            account_id=arguments.account,
        )
    _deliver(proposal, arguments.out, clock, screen, label=world.label)


def propose(arguments: argparse.Namespace, screen: Screen) -> None:
    """Propose trades for the user's files."""
    from di_advisor.advisor import Advisor
    from di_advisor.registry import cost_model

    clock = Clock()
    mandate, tax = mandate_of(arguments), tax_of(arguments)
    as_of = arguments.as_of or _today()
    with clock.stage("files"), screen.noting_warnings():
        portfolio, market, target, returns = _read(arguments, as_of)
    refuse_strangers(mandate, market.universe, arguments.prices.name)
    notes = _notes(portfolio, market, arguments)
    for sentence in notes:
        screen.note(sentence)
    account_id = portfolio.accounts[0].account_id
    screen.show(f"{len(market.universe)} names and {len(portfolio.lots)} lots on {as_of}.\n")
    with clock.stage("risk model"):
        risk = _risk(market, returns, screen)
    with clock.stage("cost model"):
        costs = cost_model().curves(market)
    with clock.stage(_PROPOSAL):
        proposal = Advisor().propose(
            portfolio,
            market=market,
            target=target,
            mandate=mandate,
            tax=tax,
            risk=risk,
            costs=costs,
            account_id=account_id,
        )
    proposal = replace(proposal, notes=(*proposal.notes, *notes))  # who reads the report saw no terminal
    _deliver(proposal, arguments.out, clock, screen, label="")


def columns(arguments: argparse.Namespace, screen: Screen) -> None:  # noqa: ARG001  # as every command
    """Show the columns of every file."""
    from di_advisor.cli.files import file_columns, order_columns

    screen.show(f"{file_columns()}\n\n{order_columns()}")


def _today() -> date:
    return datetime.now(EXCHANGE_ZONE).date()  # noqa: TID251  # here, at the rim, today becomes an argument


def _notes(portfolio: Portfolio, market: Market, arguments: argparse.Namespace) -> tuple[str, ...]:
    """What is missing or odd in the files, for the terminal and for the report."""
    from di_advisor.domain.plausibility import doubtful_bases

    notes = doubtful_bases(portfolio, market)
    account = portfolio.accounts[0]
    if not account.lots:
        notes += (f"Account {account.account_id} has no lots in {arguments.lots.name}: it is taken as all cash.",)
    if arguments.fills is None:
        unseen = (
            "No recent trades were given (--fills). Purchases are known from the lots; sales of the last 30 days are "
            "not, so buying back what was sold at a loss is not seen."
        )
        notes = (*notes, unseen)
    return notes


def _read(arguments: argparse.Namespace, as_of: date) -> tuple[Portfolio, Market, Target, ReturnHistory | None]:
    from di_advisor.ports import FillsReader, ReturnsReader
    from di_advisor.registry import portfolio_reader

    reader = portfolio_reader(
        "csv",
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        decimal_mark=arguments.decimal_mark,
        date_format=arguments.date_format,
        price_age_max_days=arguments.price_age_max_days,
        rescaled_index=arguments.rescale_index,
    )
    market = reader.market(arguments.prices, as_of=as_of)
    target = reader.target(arguments.index, as_of=as_of)
    portfolio = reader.portfolio(arguments.lots, as_of=as_of, cash_usd="0")
    if arguments.fills is not None:
        if not isinstance(reader, FillsReader):
            raise PluginError("The reader of files cannot read fills.", hint="Leave out --fills.")
        portfolio = _with_fills(portfolio, reader.fills(arguments.fills))
    portfolio = _with_cash(portfolio, arguments, as_of)
    _refuse_unknown(portfolio, target, market, arguments)
    if arguments.returns is None:
        return portfolio, market, target, None
    if not isinstance(reader, ReturnsReader):
        raise PluginError("The reader of files cannot read returns.", hint="Leave out --returns.")
    return portfolio, market, target, reader.returns(arguments.returns, as_of=as_of)


def _with_fills(portfolio: Portfolio, fills: Mapping[str, tuple[Fill, ...]]) -> Portfolio:
    """The portfolio with fills in their accounts; an account that only has fills is added."""
    known = {a.account_id: a for a in portfolio.accounts}
    if "" in fills:
        if len(known) > 1 or len(fills) > 1:
            raise InputError(
                "Some fills name no account, and there are several.", hint="Fill in the column account_id."
            )
        fills = {next(iter(known)): fills[""]}
    named = {**known, **{key: known.get(key, Account(key)) for key in fills}}
    accounts = tuple(replace(a, fills=fills.get(key, ())) for key, a in named.items())
    return replace(portfolio, accounts=accounts)


def _with_cash(portfolio: Portfolio, arguments: argparse.Namespace, as_of: date) -> Portfolio:
    """The portfolio with the chosen account first and the cash in it."""
    if arguments.account:
        chosen = portfolio.account(arguments.account)
    elif len(portfolio.accounts) == 1:
        chosen = portfolio.accounts[0]
    else:
        raise InputError(
            f"The files hold {len(portfolio.accounts)} accounts.",
            hint=f"Choose one with --account: {', '.join(a.account_id for a in portfolio.accounts)}. "
            "All of them are searched for wash sales.",
        )
    others = tuple(a for a in portfolio.accounts if a is not chosen)
    cash = (CashItem(arguments.cash, as_of),) if arguments.cash else ()
    return replace(portfolio, accounts=(replace(chosen, cash=cash), *others))


def _refuse_unknown(portfolio: Portfolio, target: Target, market: Market, arguments: argparse.Namespace) -> None:
    """Refuse names without a row in the prices, before anything is estimated."""
    prices: Path = arguments.prices
    named = {
        arguments.lots.name: {lot.security_id for lot in portfolio.lots},
        arguments.index.name: {k for c in target.components for w in c.path for k in w.weights},
    }
    for source, ids in named.items():
        missing = sorted(ids - set(market.universe.security_ids))
        if missing:
            raise UnknownSecurityError(
                f"{source} names {len(missing)} securities that {prices.name} does not have: {', '.join(missing[:5])}"
                f"{' ...' if len(missing) > 5 else ''}.",
                hint=f"Add a row for each to {prices.name} (with a blank price_usd, a position is left alone), "
                "or remove them; weights are not rescaled silently.",
                missing=missing,
            )


def _risk(market: Market, returns: ReturnHistory | None, screen: Screen) -> FactorRisk:
    import numpy as np

    from di_advisor.domain.market import ReturnHistory
    from di_advisor.registry import risk_model

    if returns is not None:
        return risk_model("factor").estimate(market, returns)
    ids = market.universe.security_ids
    nothing = np.zeros((0, len(ids)))
    risk = risk_model("volatility").estimate(
        market, ReturnHistory(np.array([], dtype="datetime64[D]"), ids, nothing, nothing.astype(np.bool_))
    )
    screen.note(f"no returns were given, so risk rests on {risk.provenance}.")
    return risk


def _deliver(proposal: Proposal, folder: Path, clock: Clock, screen: Screen, *, label: str) -> None:
    from di_advisor.cli.outputs import write_all
    from di_advisor.report.csv_export import trades_csv
    from di_advisor.report.page import html_report
    from di_advisor.report.views import proposal_text

    with clock.stage("report"):
        parts = [s for s in clock.stages if s.name != _PROPOSAL]  # the proposal's own stages say it in detail
        page = html_report(proposal, label=label, stages=[*parts, *proposal.stages])
        written = write_all(folder, {_REPORT: page, _TRADES: trades_csv(proposal)})
    screen.show(proposal_text(proposal))
    screen.show(clock.table())
    screen.show("".join(f"\nWrote {path}" for path in written))
