"""A user's files as facts: read by a registered reader, checked against each other, told what is odd.

Problem: a name in one file that another does not know must be said before anything is estimated, and a
command and a panel must say the same. Decision: one function for all of them. Limits: one market, prices
of one day; without returns the correlations are assumed, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from di_advisor.domain.plausibility import doubtful_bases
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio
from di_advisor.domain.rows import some_of
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.errors import InputError, PluginError, UnknownSecurityError
from di_advisor.ports import FillsReader, ReturnsReader, SymbolReader
from di_advisor.registry import portfolio_reader, risk_model, trade_history_reader
from di_advisor.runs.esg_files import esg_of
from di_advisor.runs.facts import Facts, sha256_of
from di_advisor.runs.spec import FileSource, split_notation

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.domain.market import Market
    from di_advisor.domain.risk import FactorRisk
    from di_advisor.domain.target import Target

__all__ = ["ASSUMED_CORRELATIONS", "file_facts", "refuse_several"]

ASSUMED_CORRELATIONS = "no returns were given, so risk rests on"
"""How the note begins that says what stands in for an estimate of risk."""


def file_facts(source: FileSource, *, settings: Mapping[str, Any] | None = None) -> Facts:
    """Facts of a user's files.

    Parameters
    ----------
    source : FileSource
        Which files.
    settings : Mapping, optional
        Further settings of the reader, beside `FileSource.notation`.

    Raises
    ------
    InputError
        If a file cannot be used, the files do not fit together, or cash is given where there are several accounts.
    PluginError
        If the reader cannot read what is given.
    """
    common, single = split_notation(source.notation)
    of_esg = {**common, **single.pop("esg", {})}
    stated: dict[str, Any] = {**common, **({"files": single} if single else {}), **(settings or {})}
    reader = portfolio_reader(source.reader, **stated)
    market = reader.market(source.prices, as_of=source.as_of)
    caveats: tuple[str, ...] = ()
    if isinstance(reader, SymbolReader):
        caveats = (reader.caveat,) if reader.caveat else ()
        reader = reader.naming(SecurityMaster.of_universe(market.universe))
    target = reader.target(source.index, as_of=source.as_of)
    portfolio = reader.portfolio(source.lots, as_of=source.as_of, cash_usd="0")
    if source.fills is not None:
        if not isinstance(reader, FillsReader):
            raise PluginError("The reader of files cannot read fills.", hint="Leave out the fills.")
        portfolio = _with_fills(portfolio, reader.fills(source.fills))
    portfolio = _with_cash(portfolio, source)
    _refuse_unknown(portfolio, target, market, source)
    returns, risk, notes = None, None, (*caveats, *_notes(portfolio, market, source))
    if source.returns is None:
        risk = _assumed_risk(market)
        notes = (*notes, f"{ASSUMED_CORRELATIONS} {risk.provenance}.")
    elif isinstance(reader, ReturnsReader):
        returns = reader.returns(source.returns, as_of=source.as_of)
    else:
        raise PluginError("The reader of files cannot read returns.", hint="Leave out the returns.")
    esg = None if source.esg is None else esg_of(source.esg, market, source.esg_columns, notation=of_esg)
    hashes = {role: sha256_of(path) for role, path in source.files.items() if path.is_file()}
    name = portfolio.accounts[0].account_id if len(portfolio.accounts) == 1 else source.lots.stem
    return Facts(
        {name: portfolio},
        market,
        target,
        returns=returns,
        risk=risk,
        esg=None if esg is None else esg.measures,
        orders=None if source.orders is None else _orders(source.orders),
        notes=(*notes, *(esg.notes if esg else ())),
        fingerprint=hashes,
    )


def _orders(path: Path) -> pd.DataFrame:
    return trade_history_reader("csv").trade_history(path).history.to_frame()


def _first(accounts: tuple[Account, ...], chosen: Account) -> tuple[Account, ...]:
    return (chosen, *(a for a in accounts if a is not chosen))


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


def _with_cash(portfolio: Portfolio, source: FileSource) -> Portfolio:
    """The portfolio with the account of the cash first; cash that is stated takes the place of the statement's."""
    if not source.cash_account:
        if source.cash_usd:
            refuse_several(portfolio)
        elif len(portfolio.accounts) > 1:
            return portfolio
    chosen = portfolio.account(source.cash_account) if source.cash_account else portfolio.accounts[0]
    cash = (CashItem(source.cash_usd, source.as_of),) if source.cash_usd else chosen.cash
    accounts = _first(portfolio.accounts, chosen)
    return replace(portfolio, accounts=(replace(chosen, cash=cash), *accounts[1:]))


def refuse_several(portfolio: Portfolio) -> None:
    """Refuse files of several accounts where one is meant.

    Raises
    ------
    InputError
        Naming the accounts.
    """
    if len(portfolio.accounts) > 1:
        raise InputError(
            f"The files hold {len(portfolio.accounts)} accounts.",
            hint=f"Choose one with --account: {', '.join(a.account_id for a in portfolio.accounts)}. "
            "All of them are searched for wash sales.",
        )


def _refuse_unknown(portfolio: Portfolio, target: Target, market: Market, source: FileSource) -> None:
    """Refuse names without a row in the prices, before anything is estimated."""
    prices: Path = source.prices
    named = {
        source.lots.name: {lot.security_id for lot in portfolio.lots},
        source.index.name: {k for c in target.components for w in c.path for k in w.weights},
    }
    for file, ids in named.items():
        missing = sorted(ids - set(market.universe.security_ids))
        if missing:
            raise UnknownSecurityError(
                f"{file} names what {prices.name} does not have: {some_of(missing)}.",
                hint=f"Add a row for each to {prices.name} (with a blank price_usd, a position is left alone), "
                "or remove them; weights are not rescaled silently.",
                missing=missing,
            )


def _notes(portfolio: Portfolio, market: Market, source: FileSource) -> tuple[str, ...]:
    """What is missing or odd in the files."""
    notes = (*doubtful_bases(portfolio, market), *_shared_tickers(market, source.prices.name))
    account = portfolio.accounts[0]
    if not account.lots:
        notes += (f"Account {account.account_id} has no lots in {source.lots.name}: it is taken as all cash.",)
    if source.fills is None:
        unseen = (
            "No recent trades were given (--fills). Purchases are known from the lots; sales of the last 30 days are "
            "not, so buying back what was sold at a loss is not seen."
        )
        notes = (*notes, unseen)
    return notes


def _shared_tickers(market: Market, prices: str) -> tuple[str, ...]:
    """Tickers that two securities have: reasons speak of tickers, and so do orders."""
    named: dict[str, list[str]] = {}
    for security in market.universe.securities:
        named.setdefault(security.ticker, []).append(security.security_id)
    return tuple(
        f"{prices}: the ticker {ticker} stands for {some_of(ids)}. Reasons name the ticker; orders of a basket are "
        "refused until it is corrected."
        for ticker, ids in named.items()
        if len(ids) > 1
    )


def _assumed_risk(market: Market) -> FactorRisk:
    import numpy as np

    from di_advisor.domain.market import ReturnHistory

    ids = market.universe.security_ids
    nothing = np.zeros((0, len(ids)))
    none = ReturnHistory(np.array([], dtype="datetime64[D]"), ids, nothing, nothing.astype(np.bool_))
    return risk_model("volatility").estimate(market, none)
