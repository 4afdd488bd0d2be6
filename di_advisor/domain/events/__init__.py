"""Events: what happened to accounts and securities, from which lots are derived by replay."""

from di_advisor.domain.events.actions import (
    Delisting,
    ReturnOfCapital,
    ReverseSplit,
    Rights,
    Split,
    StockDividend,
    TickerChange,
    Worthless,
)
from di_advisor.domain.events.cash import CashInLieu, Deposit, Dividend, DividendKind, Withdrawal
from di_advisor.domain.events.checks import FIRST_YEAR
from di_advisor.domain.events.corrections import Correction, YearAmended, YearClosed
from di_advisor.domain.events.event import AccountEvent, Event, SecurityEvent, TaxTreatment
from di_advisor.domain.events.moves import (
    GiftGiven,
    GiftReceived,
    Inheritance,
    OpenAccount,
    Recipient,
    Transfer,
    TransferIn,
    TransferOut,
)
from di_advisor.domain.events.reorganisations import CashMerger, Exchange, MixedMerger, SpinOff, StockMerger
from di_advisor.domain.events.trades import BY_LAW, Buy, LotChoice, LotMethod, LotShares, Reinvestment, Sell

__all__ = [
    "BY_LAW",
    "FIRST_YEAR",
    "AccountEvent",
    "Buy",
    "CashInLieu",
    "CashMerger",
    "Correction",
    "Delisting",
    "Deposit",
    "Dividend",
    "DividendKind",
    "Event",
    "Exchange",
    "GiftGiven",
    "GiftReceived",
    "Inheritance",
    "LotChoice",
    "LotMethod",
    "LotShares",
    "MixedMerger",
    "OpenAccount",
    "Recipient",
    "Reinvestment",
    "ReturnOfCapital",
    "ReverseSplit",
    "Rights",
    "SecurityEvent",
    "Sell",
    "SpinOff",
    "Split",
    "StockDividend",
    "StockMerger",
    "TaxTreatment",
    "TickerChange",
    "Transfer",
    "TransferIn",
    "TransferOut",
    "Withdrawal",
    "Worthless",
    "YearAmended",
    "YearClosed",
]
