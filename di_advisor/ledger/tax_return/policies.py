"""Policy switches of the return: where the law or its forms leave a choice, it is named and recorded.

Not tax advice. Each switch has a default and stands in every result.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AmtPolicy", "ReturnPolicies", "SmallIncomeTax"]


class SmallIncomeTax(StrEnum):
    """Tax on a taxable income below $100,000.

    The forms send such a return to the printed Tax Table, whose steps of $50 differ from the rate
    schedule by a few dollars.
    """

    FORMULA = "formula"
    TABLE = "table"


class AmtPolicy(StrEnum):
    """Alternative minimum tax: part of the total, or named in a warning and left out."""

    COMPUTED = "computed"
    WARNED = "warned"


@dataclass(frozen=True, slots=True)
class ReturnPolicies:
    """Switches of one return.

    Attributes
    ----------
    small_income_tax : SmallIncomeTax
        Rate schedule (default) or Tax Table below $100,000.
    amt : AmtPolicy
        Whether the alternative minimum tax is part of the total (default) or a warning.
    """

    small_income_tax: SmallIncomeTax = SmallIncomeTax.FORMULA
    amt: AmtPolicy = AmtPolicy.COMPUTED

    def __post_init__(self) -> None:
        object.__setattr__(self, "small_income_tax", SmallIncomeTax(self.small_income_tax))
        object.__setattr__(self, "amt", AmtPolicy(self.amt))
