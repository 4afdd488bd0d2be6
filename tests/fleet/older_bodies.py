"""Bodies of schema 1, JSON throughout, as files of earlier versions hold them."""

import json
from datetime import date
from typing import Any

from di_advisor.domain.portfolio import Account
from di_advisor.fleet.account import FleetAccount
from di_advisor.formulate.client_file import ClientFile, client_toml


def _day(on: date | None) -> int | None:
    return None if on is None else on.toordinal()


def _account(account: Account) -> dict[str, Any]:
    lots = account.lots
    return {
        "id": account.account_id,
        "kind": account.kind.value,
        "reinvests": account.reinvests_dividends,
        "cash": [[str(c.amount_usd), _day(c.available_on)] for c in account.cash],
        "lots": [
            [x.lot_id for x in lots],
            [x.security_id for x in lots],
            [str(x.shares) for x in lots],
            [None if x.basis_total_usd is None else str(x.basis_total_usd) for x in lots],
            [_day(x.acquired) for x in lots],
            [None if x.held_since == x.acquired else _day(x.held_since) for x in lots],
        ],
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


def older_body(account: FleetAccount) -> bytes:
    """An account as schema 1 wrote it, without prices to begin at."""
    found = {
        "schema": 1,
        "label": account.label,
        "taxpayer": account.portfolio.taxpayer,
        "account_id": account.account_id,
        "target": account.target,
        "client": client_toml(ClientFile(account.mandate, account.tax, account.own)),
        "accounts": [_account(a) for a in account.portfolio.accounts],
        "locks": [[k.security_id, k.kind.value, k.reason, _day(k.until), k.lot_id] for k in account.locks],
    }
    return json.dumps(found, separators=(",", ":")).encode()
