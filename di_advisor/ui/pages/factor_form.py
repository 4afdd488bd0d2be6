"""A band or a tilt on a factor of the risk model, as controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from di_advisor.domain.mandate import Band, Mandate
from di_advisor.errors import InputError
from di_advisor.ui.pages.fields import choice, offer, typed_number
from di_advisor.ui.pages.wish_form import WishForm

__all__ = ["FactorForm"]

_AMOUNT: Final = {"band": "Exposure within ± (units of the factor)", "tilt": "Worth ($ a unit of exposure)"}


class FactorForm(WishForm):
    """A band or a tilt on a factor of the risk model."""

    title = "Factor"

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__(changed)
        self._factor = choice("Factor", [], "Of the risk model")
        kinds = [("Band around the index", "band"), ("Tilt", "tilt")]
        self._ask = choice("Wish", kinds)
        self._amount = typed_number(_AMOUNT["band"], 0.1, 0.05)
        self._has(self._factor, self._ask, self._amount)

    def explain(self) -> None:
        """Name the unit of the amount, and write the reason line."""
        self._amount.description = _AMOUNT[str(self._ask.value)]
        super().explain()

    def offer(self, found: dict[str, Any]) -> None:
        """Offer the factors there are."""
        offer(self._factor, found["factors"])
        self.explain()

    def reasons(self) -> Sequence[str]:
        """What a unit means."""
        if self._factor.value is None:
            return ("There are no factors yet.",)
        return (
            "Exposures of styles are in standard deviations across the names, those of sectors in weight.",
            "A tilt is worth so many dollars a unit of exposure above the index's; negative for what is not wanted."
            if self._ask.value == "tilt"
            else "",
        )

    def label(self) -> str:
        """The factor and what is asked of it."""
        amount = f"{self._amount.value:g}"
        asked = f"within ±{amount}" if self._ask.value == "band" else f"tilt of ${amount} a unit"
        return f"{self._factor.value} {asked}"

    def applied(self, mandate: Mandate) -> Mandate:
        """The mandate with the band or the tilt in the place of the factor's former one."""
        factor, amount = self._factor.value, float(self._amount.value)
        if factor is None:
            raise InputError("There is no factor.", hint="Open an account first.")
        if self._ask.value == "band":
            if amount < 0:
                raise InputError(f"The band is {amount:g} wide.", hint="Give a width of at least 0.")
            return mandate.with_changes(factor_bands={**mandate.factor_bands, factor: Band.within(amount)})
        if not amount:
            raise InputError("The tilt is worth nothing.", hint="Give dollars a unit of exposure.")
        return mandate.with_changes(factor_tilts={**mandate.factor_tilts, factor: amount})
