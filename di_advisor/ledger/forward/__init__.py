"""Forward questions on wash sales: may I sell, may I buy, from when, and what would it cost."""

from di_advisor.ledger.forward.answers import (
    BasisMove,
    Block,
    LossRates,
    PlannedPurchase,
    PurchaseAnswer,
    SaleAnswer,
    SaleVerdict,
    WashCost,
)
from di_advisor.ledger.forward.questions import WashQuestions

__all__ = [
    "BasisMove",
    "Block",
    "LossRates",
    "PlannedPurchase",
    "PurchaseAnswer",
    "SaleAnswer",
    "SaleVerdict",
    "WashCost",
    "WashQuestions",
]
