"""Books for the papers, in few words."""

from datetime import date
from decimal import Decimal

from di_advisor.domain.events import (
    Buy,
    Event,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    Sell,
)
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from di_advisor.ledger.replay import replay

OPENED = date(2019, 1, 2)
D = Decimal


def opened(account: str = "A", kind: AccountKind = AccountKind.TAXABLE) -> OpenAccount:
    return OpenAccount(event_id=f"open {account}", on=OPENED, account_id=account, kind=kind)


def buy(lot: str, on: date, shares: object, amount: object, account: str = "A", security: str = "X") -> Buy:
    return Buy(event_id=lot, on=on, account_id=account, security_id=security, shares=shares, amount_usd=amount)


def sell(
    name: str, on: date, shares: object, amount: object, *lots: str, security: str = "X", fees: object = 0
) -> Sell:
    choice = LotChoice(LotMethod.SPECIFIC, tuple(LotShares(lot) for lot in lots)) if lots else LotChoice()
    return Sell(
        event_id=name,
        on=on,
        account_id="A",
        security_id=security,
        shares=shares,
        amount_usd=amount,
        fees_usd=fees,
        choice=choice,
    )


def books_of(*events: Event, as_of: date = date(2026, 12, 31)) -> Books:
    return replay(events, as_of=as_of)


def washed_books(as_of: date = date(2026, 12, 31)) -> Books:
    """100 shares lose 1,000 on June 2, of which 40 are bought back in the IRA and 30 in the account."""
    return books_of(
        opened(),
        opened("IRA", AccountKind.IRA),
        buy("L1", date(2025, 1, 6), 100, 5000),
        sell("S1", date(2025, 6, 2), 100, 4000),
        buy("R1", date(2025, 6, 10), 40, 1600, "IRA"),
        buy("L2", date(2025, 6, 12), 30, 1200),
        as_of=as_of,
    )
