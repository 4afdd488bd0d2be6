"""What the commands do: read, propose, show, write."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.mandate_file import client_of
from di_advisor.cli.notation_options import notation_of
from di_advisor.cli.screen import Clock, Screen
from di_advisor.cli.wishes import mandate_of, refuse_strangers, tax_of
from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.propose.proposal import Proposal
    from di_advisor.runs.facts import Facts

__all__ = ["columns", "demo", "propose"]

# The report and the trades have fixed names, so nothing from a user's file becomes a path.
_REPORT = "report.html"
_TRADES = "trades.csv"
_PROPOSAL = "proposal"


def demo(arguments: argparse.Namespace, screen: Screen) -> None:
    """Rebalance an account of the embedded sample."""
    from di_advisor import sample
    from di_advisor.advisor import Advisor
    from di_advisor.domain.esg_table import EsgTable
    from di_advisor.registry import cost_model, risk_model

    clock = Clock()
    client = client_of(arguments)
    mandate = mandate_of(arguments, client.mandate if arguments.mandate else None)
    with clock.stage("sample world"):
        world = sample.load(arguments.seed)
        if arguments.account not in world.portfolios:
            raise InputError(
                f"The sample has no account {arguments.account!r}.", hint=f"It has: {', '.join(world.portfolios)}."
            )
        portfolio, market, target = world.portfolios[arguments.account], world.market(), world.target
        returns, exposures = world.returns, world.exposures
    own = client.own.loaded()
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
            tax=client.taxpayer or world.tax,
            risk=risk,
            costs=costs,
            account_id=arguments.account,
            esg=EsgTable.from_frame(world.esg) if mandate.esg or mandate.exclusions else None,
            terms=own.terms,
            rules=own.rules,
        )
    _deliver(proposal, arguments.out, clock, screen, label=world.label)


def propose(arguments: argparse.Namespace, screen: Screen) -> None:
    """Propose trades for the user's files."""
    from di_advisor.advisor import Advisor
    from di_advisor.report.baskets import BASKET_FILE, INSTRUCTIONS_FILE, refuse_existing
    from di_advisor.runs.trained_costs import chosen_cost_model

    clock = Clock()
    if arguments.basket and not arguments.replace:
        refuse_existing(arguments.out, BASKET_FILE, INSTRUCTIONS_FILE)
    client = client_of(arguments)
    mandate = mandate_of(arguments, client.mandate if arguments.mandate else None)
    tax, own = tax_of(arguments, client.taxpayer), client.own.loaded()
    as_of = arguments.as_of or _today()
    with clock.stage("files"), screen.noting_warnings():
        facts = _facts(arguments, as_of)
    market = facts.market
    refuse_strangers(mandate, market.universe, arguments.prices.name)
    for sentence in facts.notes:
        screen.note(sentence)
    portfolio = next(iter(facts.portfolios.values()))
    account_id = portfolio.accounts[0].account_id
    screen.show(f"{len(market.universe)} names and {len(portfolio.lots)} lots on {as_of}.\n")
    advisor = Advisor(cost_model=chosen_cost_model(arguments.cost_model))
    with clock.stage("risk model"):
        risk = facts.risk or advisor.estimate_risk(market, facts.returns)
    with clock.stage("cost model"):
        costs = advisor.estimate_costs(market)
    with clock.stage(_PROPOSAL):
        proposal = advisor.propose(
            portfolio,
            market=market,
            target=facts.target,
            mandate=mandate,
            tax=tax,
            risk=risk,
            costs=costs,
            account_id=account_id,
            esg=facts.esg,
            terms=own.terms,
            rules=own.rules,
        )
    proposal = replace(proposal, notes=(*proposal.notes, *facts.notes))  # who reads the report saw no terminal
    _deliver(proposal, arguments.out, clock, screen, label="", basket=arguments.basket or "")


def columns(arguments: argparse.Namespace, screen: Screen) -> None:  # noqa: ARG001  # as every command
    """Show the columns of every file."""
    from di_advisor.cli.files import file_columns, order_columns

    screen.show(f"{file_columns()}\n\n{order_columns()}")


def _today() -> date:
    return datetime.now(EXCHANGE_ZONE).date()  # noqa: TID251  # here, at the rim, today becomes an argument


def _facts(arguments: argparse.Namespace, as_of: date) -> Facts:
    from di_advisor.runs.files import file_facts, refuse_several
    from di_advisor.runs.spec import FileSource

    source = FileSource(
        lots=arguments.lots,
        prices=arguments.prices,
        index=arguments.index,
        as_of=as_of,
        cash_usd=arguments.cash,
        returns=arguments.returns,
        fills=arguments.fills,
        esg=arguments.esg,
        reader=arguments.broker,
        cash_account=arguments.account,
        notation=notation_of(arguments),
    )
    limits = {"price_age_max_days": arguments.price_age_max_days, "rescaled_index": arguments.rescale_index}
    facts = file_facts(source, settings=limits)
    if not arguments.account:
        refuse_several(next(iter(facts.portfolios.values())))
    return facts


def _deliver(proposal: Proposal, folder: Path, clock: Clock, screen: Screen, *, label: str, basket: str = "") -> None:
    from di_advisor.cli.outputs import write_all
    from di_advisor.report.baskets import OrderKind, basket_texts, fractions_left_out
    from di_advisor.report.csv_export import trades_csv
    from di_advisor.report.page import html_report
    from di_advisor.report.views import proposal_text

    with clock.stage("report"):
        parts = [s for s in clock.stages if s.name != _PROPOSAL]  # the proposal's own stages say it in detail
        page = html_report(proposal, label=label, stages=[*parts, *proposal.stages])
        texts = {_REPORT: page, _TRADES: trades_csv(proposal)}
        if basket:
            texts |= basket_texts(proposal, OrderKind[basket.upper()])
        written = write_all(folder, texts)
    for sentence in fractions_left_out(proposal) if basket else ():
        screen.note(sentence)
    screen.show(proposal_text(proposal))
    screen.show(clock.table())
    screen.show("".join(f"\nWrote {path}" for path in written))
