"""The cells of one row of transactions, read one by one; every error names its column and the reading goes on.

Problem: of a wrong row a user wants to hear everything at once. Decision: a cell that cannot be read
gives a stand-in and a finding, and no event is made of a row with findings. Limits: what only the
event itself can judge (a sale that settles before it was traded) is found after the cells are right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeVar

from di_advisor.domain.amounts import Exact, as_fraction, exact
from di_advisor.domain.cells import Notation, is_blank, text_of
from di_advisor.domain.events import BY_LAW, LotChoice, LotMethod, LotShares
from di_advisor.domain.rows import Findings, Row
from di_advisor.domain.tickers import Tickers
from di_advisor.errors import InputError
from di_advisor.units import CENTS_PER_USD

__all__ = ["RowCells"]

_T = TypeVar("_T")
_ONE_CENT: Final = Fraction(1, CENTS_PER_USD)
_NEAR: Final = Fraction(1, 20)
_UNKNOWN_DATES: Final = {"various", "unknown"}


@dataclass(frozen=True, slots=True)
class RowCells:
    """Reads cells of one row.

    Attributes
    ----------
    row : Row
        The row.
    notation : Notation
        How cells are written.
    findings : Findings
        Where errors go.
    as_of : date or None
        The day of the table: a later trade date is an error.
    tickers : Tickers or None
        What tickers meant, for rows without an id.
    """

    row: Row
    notation: Notation
    findings: Findings
    as_of: date | None
    tickers: Tickers | None = None

    def read(self, column: str, reader: Callable[[object], _T], default: _T) -> _T:
        """A cell by a reader; the default where it is blank, or wrong and noted."""
        cell = self.row[column]
        if not is_blank(cell):
            with self.findings.at(self.row, column):
                return reader(cell)
        return default

    def require(self, column: str, kind: str) -> None:
        """Note a blank cell that a kind of row must fill; a ticker stands in for an id."""
        if column == "security_id" and not is_blank(self.row["ticker"]):
            return
        if is_blank(self.row[column]):
            self.findings.wrong(self.row.label, column, "it is empty.", f"A row of the kind {kind} has one.")

    def security(self, on: date | None) -> str:
        """Permanent id: as it stands, or of what the ticker meant on the row's day."""
        ticker, given = self.text("ticker"), self.text("security_id")
        found = [given]
        with self.findings.at(self.row, "ticker"):
            if ticker and not given and self.tickers is None:
                raise InputError(
                    f"{ticker} is a ticker, and nothing says what it meant.",
                    hint="Give the permanent id (security_id), or pass the tickers over time.",
                )
            if ticker and self.tickers is not None:
                meant = self.tickers.security_id(ticker, on)
                if given and given != meant:
                    raise InputError(
                        f"{ticker} meant {meant} on {on}, and security_id is {given}.", hint="Correct one of the two."
                    )
                found[0] = meant
        return found[0]

    def text(self, column: str, default: str = "") -> str:
        """Text, without blanks around it."""
        return self.read(column, lambda cell: text_of(cell).strip(), default)

    def day(self, column: str) -> date | None:
        """A day; "VARIOUS" is not known."""
        return self.read(
            column,
            lambda cell: (
                None if isinstance(cell, str) and cell.strip().casefold() in _UNKNOWN_DATES else self.notation.day(cell)
            ),
            None,
        )

    def past_day(self, column: str) -> date | None:
        """A day that is not after the day of the table."""

        def reader(cell: object) -> date:
            day = self.notation.day(cell)
            if self.as_of is not None and day > self.as_of:
                raise InputError(
                    f"{day} is after {self.as_of}, the day of this table.",
                    hint="Correct the date; what is only planned is not recorded.",
                )
            return day

        return self.read(column, reader, None)

    def whole(self, column: str) -> int:
        """A whole number; 0 where it is blank."""

        def reader(cell: object) -> int:
            value = as_fraction(self.notation.amount(cell))
            if value.denominator != 1:
                raise InputError(f"{cell!r} is no whole number.", hint="Write 1, 2, 3, ...")
            return int(value)

        return self.read(column, reader, 0)

    def positive(self, column: str) -> Exact | None:
        """An amount of more than zero; None where it is blank."""

        def reader(cell: object) -> Exact:
            value = self.notation.amount(cell)
            if value <= 0:
                raise InputError(
                    f"{value}; it must be more than zero.",
                    hint="The kind says the side, so amounts have no sign; short positions are not booked.",
                )
            return value

        return self.read(column, reader, None)

    def not_negative(self, column: str) -> Exact | None:
        """An amount of at least zero; None where it is blank."""

        def reader(cell: object) -> Exact:
            value = self.notation.amount(cell)
            if value < 0:
                raise InputError(f"{value}; it must not be negative.", hint="The kind says the side; drop the sign.")
            return value

        return self.read(column, reader, None)

    def traded_amount(self, shares: Exact | None) -> tuple[Exact, str]:
        """Total of a trade, from ``amount_usd`` or ``price_usd``, and what looks wrong with it.

        Where both are given they must agree, as closely as the price is printed. A total that is
        about one share's price is kept as it stands, and said aloud.
        """
        amount, price = self.not_negative("amount_usd"), self.not_negative("price_usd")
        if amount is None and price is None:
            if is_blank(self.row["amount_usd"]) and is_blank(self.row["price_usd"]):
                self.findings.wrong(
                    self.row.label, "amount_usd", "it is empty.", "A trade has a total, or a price of a share."
                )
            return Decimal(0), ""
        if price is None or shares is None:
            return amount if amount is not None else Decimal(0), ""
        total = as_fraction(price) * as_fraction(shares)
        if amount is None:
            return total, ""
        if abs(as_fraction(amount) - total) <= _ONE_CENT + _half_a_digit(price) * as_fraction(shares):
            return amount, ""
        if as_fraction(shares) > 1 and abs(as_fraction(amount) - as_fraction(price)) <= _NEAR * as_fraction(price):
            implied = as_fraction(amount) / as_fraction(shares)
            return amount, (
                f"{self.row.label}: {shares} shares for {amount} USD in all are {float(implied):.2f} a share, at a "
                f"price of {price}; the amount looks as if it were per share"
            )
        self.findings.wrong(
            self.row.label,
            "amount_usd",
            f"{amount}, and {shares} shares at {price} are {float(total):.2f}.",
            "The amount is price times shares; fees have a column of their own.",
        )
        return amount, ""

    def choice(self) -> LotChoice:
        """Which lots a row takes."""
        method = self.text("lot_method")
        nothing: tuple[LotShares, ...] = ()
        named = self.read("lots", self._lots, nothing)
        rest, day, by = self.text("lots_rest"), self.day("lots_chosen"), self.text("lots_chosen_by")
        if not (method or named or rest or day or by):
            return BY_LAW
        chosen = [BY_LAW]
        with self.findings.at(self.row, "lot_method" if method else "lots"):
            by_default = LotMethod.SPECIFIC if named else LotMethod.FIFO
            chosen[0] = LotChoice(
                LotMethod(method) if method else by_default, named, LotMethod(rest) if rest else None, day, by
            )
        return chosen[0]

    def _lots(self, cell: object) -> tuple[LotShares, ...]:
        named = []
        for item in text_of(cell).split(";"):
            lot_id, mark, shares = item.rpartition(":") if ":" in item else (item, "", "")
            if not lot_id.strip():
                raise InputError(f"{item.strip()!r} names no lot.", hint="Write lots as L1:10; L2.")
            named.append(LotShares(lot_id.strip(), self._shares_of(shares) if mark else None))
        return tuple(named)

    def _shares_of(self, text: str) -> Exact:
        amount: Any = self.notation.amount(text.strip())
        return exact(amount, "shares of a lot")


def _half_a_digit(price: Exact) -> Fraction:
    """Half of the last digit that is printed; nothing for a ratio."""
    exponent = price.as_tuple().exponent if isinstance(price, Decimal) else 0
    return Fraction(Decimal(1).scaleb(int(exponent))) / 2 if isinstance(price, Decimal) else Fraction(0)
