"""One account of a fleet, and the bytes in which it travels and is stored.

Problem: what belongs to one account must go to a worker, into Parquet and back without a loss, and quickly. Decision:
JSON with exact amounts as texts and days as numbers, lots as columns of numbers behind it (`lot_bytes`, `sealed`);
wishes and taxpayer are the text of a client's file (`client_toml`), which many accounts share, so that a worker reads
each text once. Bodies of an earlier version, JSON throughout, are read as well. Limits: own terms and rules travel by
name and must be importable where they are solved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from di_advisor.domain.amounts import Exact
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.lot_columns import LotColumns
from di_advisor.domain.lots import TaxLot, lots_of_columns
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.errors import InputError
from di_advisor.fleet.lot_bytes import ColumnReader, lots_from_bytes, lots_to_bytes
from di_advisor.fleet.sealed import begun_at, opened, sealed
from di_advisor.formulate.client_file import ClientFile, OwnNames, client_from_toml, client_toml
from di_advisor.formulate.schedule_d import Taxpayer, refuse_no_taxpayer

__all__ = ["FleetAccount", "account_from_bytes", "account_to_bytes", "digest_of"]

_KEPT: Final = 4096
_DIGITS: Final = 16


@dataclass(frozen=True)
class FleetAccount:
    """An account with everything that is only its own.

    Attributes
    ----------
    label : str
        Its name in the fleet, distinct; results are kept under it.
    portfolio : Portfolio
        All accounts of its taxpayer: wash sales are searched in all of them.
    account_id : str
        Which of them is advised.
    mandate : Mandate
        Its wishes.
    tax : TaxProfile, ReturnInputs or FilerTax
        Its taxpayer.
    target : str
        Which target of the fleet it tracks; may be left out where there is one.
    own : OwnNames
        Own terms and rules, by name.
    locks : tuple of Lock
        Further locks on names, such as those of a reconciliation.
    begins_at : Mapping of str to float
        Prices of exposures by factor at which the solve may begin (`WarmAccounts`).

    Raises
    ------
    InputError
        If there is no label, no such account, or no taxpayer.
    """

    label: str
    portfolio: Portfolio
    account_id: str
    mandate: Mandate
    tax: Taxpayer
    target: str = ""
    own: OwnNames = field(default_factory=OwnNames)
    locks: tuple[Lock, ...] = ()
    begins_at: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "begins_at", FrozenMap(dict(self.begins_at)))
        if not self.label:
            raise InputError("An account of a fleet has no label.", hint="Give each a distinct one.")
        self.portfolio.account(self.account_id)
        refuse_no_taxpayer(self.tax)


def account_to_bytes(account: FleetAccount) -> bytes:
    """An account as bytes; equal accounts, with amounts of as many decimals, give equal bytes."""
    columns: list[bytes] = []
    said = {
        "label": account.label,
        "taxpayer": account.portfolio.taxpayer,
        "account_id": account.account_id,
        "target": account.target,
        "client": _text_of(account.mandate, account.tax, account.own),
        "accounts": [_plain_account(a, columns) for a in account.portfolio.accounts],
        "locks": [[k.security_id, k.kind.value, k.reason, _day(k.until), k.lot_id] for k in account.locks],
    }
    return begun_at(sealed(said, columns), account.begins_at)


def digest_of(body: bytes) -> str:
    """A hash of an account's bytes: a result is taken again only for the same account."""
    return hashlib.sha256(body).hexdigest()[:_DIGITS]


def account_from_bytes(body: bytes) -> FleetAccount:
    """The account of `account_to_bytes`.

    Raises
    ------
    InputError
        If the bytes are not such, or what they say is no account.
    NewerSchemaError
        If a newer program wrote them.
    """
    try:
        found, behind = opened(body)
        client, columns = _client_of(found["client"]), ColumnReader(behind)
        accounts = tuple(_account_of(a, columns) for a in found["accounts"])
        columns.refuse_more()
        locks = tuple(Lock(i, LockKind(k), why, _date(until), lot) for i, k, why, until, lot in found["locks"])
        label, taxpayer = str(found["label"]), str(found["taxpayer"])
        account_id, target = str(found["account_id"]), str(found["target"])
        begins_at = {str(k): _number(v) for k, v in dict(found.get("begins_at", {})).items()}
    except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as e:
        raise InputError(
            f"An account of the fleet cannot be read: {type(e).__name__}: {e}.",
            hint="Write it with fleet.write_accounts, or pass FleetAccount values.",
        ) from e
    if client.taxpayer is None:
        raise InputError(f"The account {label} says no taxpayer.", hint="Its client's text needs [taxpayer].")
    portfolio = Portfolio(taxpayer, accounts)
    wishes = (client.mandate, client.taxpayer, target, client.own)
    return FleetAccount(label, portfolio, account_id, *wishes, locks, begins_at)


def _number(value: float) -> float:
    found = float(value)
    if not isfinite(found):
        raise ValueError(f"the price {value} is no number")
    return found


@lru_cache(maxsize=_KEPT)
def _client_of(text: str) -> ClientFile:
    return client_from_toml(text, "the client's text")


_TEXTS: dict[tuple[int, int, int], tuple[tuple[Any, Any, Any], str]] = {}


def _text_of(mandate: Mandate, tax: Taxpayer, own: OwnNames) -> str:
    """The client's text; that of the very same values is kept, because fleets share models of wishes."""
    key = (id(mandate), id(tax), id(own))
    known = _TEXTS.get(key)
    if known is not None:
        return known[1]
    if len(_TEXTS) >= _KEPT:
        _TEXTS.clear()
    text = client_toml(ClientFile(mandate, tax, own))
    _TEXTS[key] = ((mandate, tax, own), text)  # held, so that an id is not used again
    return text


def _plain_account(account: Account, columns: list[bytes]) -> dict[str, Any]:
    """An account in words of JSON; lots that are plain go into the columns."""
    return {
        "id": account.account_id,
        "kind": account.kind.value,
        "reinvests": account.reinvests_dividends,
        "cash": [[str(c.amount_usd), _day(c.available_on)] for c in account.cash],
        "lots": _plain_lots(account, columns),
        "fills": [
            [
                f.security_id,
                f.side.value,
                str(f.shares),
                _day(f.on),
                None if f.gain_usd is None else str(f.gain_usd),
                f.lot_id,
                f.replaced,
                f.purchase_id,
            ]
            for f in account.fills
        ],
    }


def _plain_lots(account: Account, columns: list[bytes]) -> dict[str, Any] | list[list[Any]]:
    lots = account.lots
    if isinstance(lots, LotColumns):
        known: LotColumns | None = lots
        texts: list[list[Any]] = []
    else:
        texts = _texts_of_lots(lots)
        known = LotColumns.of(account.account_id, texts) if lots else None
    written = None if known is None else lots_to_bytes(known)
    if written is None:
        return texts or _texts_of_lots(lots)
    said, found = written
    columns += found
    return said


def _texts_of_lots(lots: Sequence[TaxLot]) -> list[list[Any]]:
    return [
        [x.lot_id for x in lots],
        [x.security_id for x in lots],
        [str(x.shares) for x in lots],
        [None if x.basis_total_usd is None else str(x.basis_total_usd) for x in lots],
        [_day(x.acquired) for x in lots],
        [None if x.held_since == x.acquired else _day(x.held_since) for x in lots],
    ]


def _account_of(found: dict[str, Any], columns: ColumnReader) -> Account:
    account_id, lots = found["id"], found["lots"]
    return Account(
        account_id,
        lots_from_bytes(account_id, lots, columns) if isinstance(lots, dict) else _lots_of(account_id, lots),
        tuple(CashItem(_exact(amount), date.fromordinal(on)) for amount, on in found["cash"]),
        tuple(
            Fill(
                security_id,
                Side(side),
                _exact(shares),
                date.fromordinal(on),
                None if gain is None else _exact(gain),
                lot_id,
                replaced,
                purchase_id,
            )
            for security_id, side, shares, on, gain, lot_id, replaced, purchase_id in found["fills"]
        ),
        AccountKind(found["kind"]),
        found["reinvests"],
    )


def _lots_of(account_id: str, columns: Sequence[Sequence[Any]]) -> Sequence[TaxLot]:
    lot_ids, security_ids, shares, bases, acquired, since = columns
    if len({len(column) for column in columns}) > 1:
        raise ValueError("the columns of its lots differ in length")
    plain = LotColumns.of(account_id, columns) if lot_ids else None
    if plain is not None:
        return plain
    known = _dates(acquired)
    held = known
    if since.count(None) != len(since):
        held = [on if day is None else date.fromordinal(day) for on, day in zip(known, since, strict=True)]
    columns = (_exactly(shares), _exactly(bases), known, held)
    return lots_of_columns(account_id, lot_ids, security_ids, *columns)


def _exactly(texts: Sequence[Any]) -> list[Any]:
    """Amounts of a column; None where there is none."""
    if None in texts or "/" in "".join(texts):
        return [None if text is None else _exact(text) for text in texts]
    return list(map(Decimal, texts))


def _exact(text: str) -> Exact:
    return Fraction(text) if "/" in text else Decimal(text)


def _day(value: date | None) -> int | None:
    return None if value is None else value.toordinal()


def _dates(values: Sequence[int | None]) -> list[date | None]:
    return [_date(v) for v in values] if None in values else list(map(date.fromordinal, values))  # type: ignore[arg-type]


def _date(value: int | None) -> date | None:
    return None if value is None else date.fromordinal(value)
