"""A household as one file: whose accounts, which returns, which files; read into what a proposal needs.

Problem: a household is several accounts with wishes of their own, and returns beside them. Decision: one TOML names the
files (as `di-advisor columns` lists them, relative to its own folder), the returns with their people and budgets, and
the accounts with their owners; kinds of accounts stand with the lots; wishes and taxpayers are those of clients' files
(`di-advisor mandate template`), own terms and rules of an account by name among them: they are named here, and
imported by `loaded_own`. Limits: one index and one file of lots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from di_advisor.domain.amounts import Exact
from di_advisor.domain.household import Filer, Household, HouseholdAccount, Tracking
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.portfolio import Account, CashItem
from di_advisor.domain.record_data import record_of
from di_advisor.domain.toml_text import read_toml
from di_advisor.errors import InputError, UnsupportedWishError, why_unreadable
from di_advisor.formulate.client_file import ClientFile, OwnNames, client_from_toml
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.runs.facts import Facts
from di_advisor.runs.files import file_facts
from di_advisor.runs.spec import FileSource

__all__ = ["HouseholdFacts", "household_from_toml"]


@dataclass(frozen=True)
class _Return:
    """A return: who files it, its budgets, and the file of its taxpayer."""

    name: str
    people: tuple[str, ...]
    taxpayer: str
    gain_budget_usd: Exact | None = None
    tax_budget_usd: Exact | None = None


@dataclass(frozen=True)
class _Account:
    """An account: its id among the lots, whose it is, its cash, the file of its wishes, and tax on withdrawals."""

    account_id: str
    owner: str
    cash_usd: Decimal = Decimal(0)
    mandate: str = ""
    withdrawal_tax_rate: float = 0.0


@dataclass(frozen=True)
class _File:
    """All that the file says."""

    name: str
    as_of: date
    lots: str
    prices: str
    index: str
    returns: tuple[_Return, ...]
    accounts: tuple[_Account, ...]
    history: str = ""
    fills: str = ""
    tracking: Tracking = Tracking.EACH
    wash_policy: WashPolicy = WashPolicy.BAN
    wash_deferral_years: float = 5.0
    discount_rate_per_year: float = 0.05
    risk_aversion: float = 25.0
    location_years: float = 1.0


@dataclass(frozen=True)
class HouseholdFacts:
    """A household with the facts of its files.

    Attributes
    ----------
    household : Household
        People, returns, accounts, wishes.
    taxes : Mapping of str to TaxProfile, ReturnInputs or FilerTax
        By return.
    facts : Facts
        Market, risk, notes.
    own : Mapping of str to OwnNames
        By account, own terms and rules by name, where it brings some; nothing of them is imported yet.
    """

    household: Household
    taxes: Mapping[str, Taxpayer]
    facts: Facts
    own: Mapping[str, OwnNames] = field(default_factory=dict)

    def loaded_own(self) -> dict[str, OwnWishes]:
        """Own terms and rules by account, imported: what `di_advisor.propose.household.propose` takes.

        Raises
        ------
        OwnWishError
            If one cannot be imported, or is neither a term nor a rule.
        """
        return {account_id: names.loaded() for account_id, names in self.own.items()}


def household_from_toml(path: Path) -> HouseholdFacts:
    """The household of a file.

    Parameters
    ----------
    path : Path
        TOML; the files that it names are relative to its folder.

    Raises
    ------
    InputError
        If a file cannot be read or is wrong, naming it, the key and what is allowed; or accounts do not fit the lots.
    UnsupportedWishError
        If own terms or rules stand in a file that is of a return only: they are kept for an account.
    """
    said = record_of(_File, read_toml(_text(path), path.name), path.name)
    folder = path.parent
    facts = file_facts(
        FileSource(
            lots=folder / said.lots,
            prices=folder / said.prices,
            index=folder / said.index,
            as_of=said.as_of,
            returns=folder / said.history if said.history else None,
            fills=folder / said.fills if said.fills else None,
        )
    )
    held = {a.account_id: a for portfolio in facts.portfolios.values() for a in portfolio.accounts}
    _refuse_left_out(said, held, path.name)
    taxes: dict[str, Taxpayer] = {}
    for each in said.returns:
        found = _client(folder / each.taxpayer).taxpayer
        if found is None:
            raise InputError(
                f"{each.taxpayer} has no [taxpayer], which the return {each.name} needs.",
                hint="See: di-advisor mandate template.",
                file=each.taxpayer,
            )
        taxes[each.name] = found
        _refuse_own_of_return(folder, each, said)
    household = Household(
        said.name,
        tuple(Filer(r.name, r.people, r.gain_budget_usd, r.tax_budget_usd) for r in said.returns),
        tuple(_account(a, held.get(a.account_id, Account(a.account_id)), folder, said.as_of) for a in said.accounts),
        facts.target,
        tracking=said.tracking,
        wash_policy=said.wash_policy,
        wash_deferral_years=said.wash_deferral_years,
        discount_rate_per_year=said.discount_rate_per_year,
        risk_aversion=said.risk_aversion,
        location_years=said.location_years,
    )
    clients = {a.account_id: _client(folder / a.mandate) for a in said.accounts if a.mandate}
    return HouseholdFacts(household, taxes, facts, {i: c.own for i, c in clients.items() if c.own != OwnNames()})


def _account(said: _Account, held: Account, folder: Path, on: date) -> HouseholdAccount:
    cash = (CashItem(said.cash_usd, on),) if said.cash_usd else held.cash
    mandate = _client(folder / said.mandate).mandate if said.mandate else Mandate()
    account = replace(held, cash=cash)
    return HouseholdAccount(account, said.owner, mandate, withdrawal_tax_rate=said.withdrawal_tax_rate)


def _refuse_left_out(said: _File, held: Mapping[str, Account], source: str) -> None:
    """An account whose lots are there and that is not named could wash losses unseen."""
    left_out = sorted(held.keys() - {a.account_id for a in said.accounts})
    if left_out:
        raise InputError(
            f"{source}: the lots are also of {', '.join(repr(i) for i in left_out)}, which is no account of the "
            "household.",
            hint="Name it under [[accounts]] with its owner, or leave its lots out.",
            file=source,
        )


def _client(path: Path) -> ClientFile:
    return client_from_toml(_text(path), path.name)


def _refuse_own_of_return(folder: Path, each: _Return, said: _File) -> None:
    """Own wishes beside a taxpayer would be dropped silently where no account has that file for its wishes."""
    wished = {folder / a.mandate for a in said.accounts if a.mandate}
    if folder / each.taxpayer not in wished and _client(folder / each.taxpayer).own != OwnNames():
        raise UnsupportedWishError(
            f"{each.taxpayer} brings own terms or rules, and is no account's mandate.",
            hint="Put them into the file that an account names as its mandate: they are kept for that account.",
            fields=["own"],
        )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {why_unreadable(error)}.", hint="Check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8.", hint="Save it as UTF-8.") from error
