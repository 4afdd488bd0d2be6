"""Lots in a mini-language, so that a test reads as an accountant would write it.

::

    L1 10 ACME @ 90.00 on 2025-01-02                      ten shares at 90.00 each
    L2 1/3 ACME for 1000 on 2025-01-02                    a third of a share, 1,000 in all
    L3 10 ACME @ 90.00 on 2025-01-02 since 2024-06-01     a holding period tacked from June
    L4 10 ACME @ ? on 2025-01-02                          a basis that is not known
    L5 10 ACME @ 90.00 on ?                               a date that is not known

The security may be left out where a test has only one (``L1 10 @ 90.00 on 2025-01-02``). Amounts
are exact: the basis is shares times price, as a decimal or, with a ratio of shares, a fraction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio
from di_advisor.errors import InputError

__all__ = ["lot", "lots", "portfolio"]

_LOT: Final = re.compile(
    r"(?P<lot_id>\S+)\s+(?P<shares>[0-9./]+)(?:\s+(?P<security_id>[^\s@]+))??"
    r"\s+(?P<how>@|for)\s+(?P<basis>\S+)"
    r"\s+on\s+(?P<acquired>\S+)(?:\s+since\s+(?P<held_since>\S+))?"
)
_UNKNOWN: Final = "?"


def _amount(text: str, what: str) -> Exact:
    return Fraction(text) if "/" in text else exact(text, what)


def lot(text: str, *, account_id: str = "account", security_id: str = "ACME") -> TaxLot:
    """One lot from one line.

    Parameters
    ----------
    text : str
        A line of the language above.
    account_id : str
        Where it is held.
    security_id : str
        What it is, where the line does not say.

    Raises
    ------
    InputError
        If the line does not read as a lot.

    Examples
    --------
    >>> lot("L1 10 ACME @ 90.00 on 2025-01-02").basis_total_usd
    Decimal('900.00')
    """
    match = _LOT.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"{text!r} does not read as a lot.", hint="Write it as: L1 10 ACME @ 90.00 on 2025-01-02", text=text
        )
    part = match.groupdict()
    shares = _amount(part["shares"], "shares")
    basis: Exact | None = None
    if part["basis"] != _UNKNOWN:
        basis = _amount(part["basis"], "basis")
        if part["how"] == "@":
            both_decimal = isinstance(shares, Decimal) and isinstance(basis, Decimal)
            basis = shares * basis if both_decimal else Fraction(shares) * Fraction(basis)  # type: ignore[operator]
    acquired = None if part["acquired"] == _UNKNOWN else date.fromisoformat(part["acquired"])
    since = part["held_since"]
    return TaxLot(
        lot_id=part["lot_id"],
        account_id=account_id,
        security_id=part["security_id"] or security_id,
        shares=shares,
        basis_total_usd=basis,
        acquired=acquired,
        held_since=date.fromisoformat(since) if since else acquired,
        state=LotState.of(basis, acquired),
    )


def lots(text: str, *, account_id: str = "account", security_id: str = "ACME") -> tuple[TaxLot, ...]:
    """Lots from lines; empty lines and what follows a ``#`` do not count.

    Parameters
    ----------
    text : str
        Lines of the language above.
    account_id, security_id : str
        As in `lot`.
    """
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(lot(line, account_id=account_id, security_id=security_id) for line in lines if line)


def portfolio(
    text: str,
    *,
    cash_usd: str = "0",
    cash_on: date = date(1970, 1, 1),
    account_id: str = "account",
    kind: AccountKind = AccountKind.TAXABLE,
    fills: Iterable[Fill] = (),
) -> Portfolio:
    """A portfolio of one account from lines of lots.

    Parameters
    ----------
    text : str
        Lines of the language above.
    cash_usd : str
        Cash in USD.
    cash_on : date
        First day on which it can be spent.
    account_id : str
        Key of the account.
    kind : AccountKind
        How the law sees it.
    fills : iterable of Fill
        Recent and planned trades.
    """
    cash = (CashItem(exact(cash_usd, "cash"), cash_on),)
    account = Account(account_id, lots(text, account_id=account_id), cash, tuple(fills), kind)
    return Portfolio("taxpayer", (account,))
