"""Identifiers of issuers and securities, each with the scheme that gives it its meaning.

Problem: a provider speaks of "BRK.B", another of CIK 1067983, a third of a company's name, and a text
alone does not say which it is. Decision: an identifier is a scheme and a value in its usual writing;
which security it means, and when, is for the security master to say. Limits: a name identifies nobody
by itself: it is kept as what was written, and matched by rules that people can read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from di_advisor.errors import InputError

__all__ = ["Identifier", "IdentifierScheme"]

_CIK_DIGITS = 10


class IdentifierScheme(StrEnum):
    """What kind of text identifies."""

    SECURITY_ID = "security_id"
    """Our own permanent id."""
    CIK = "cik"
    """SEC's number of a filer, ten digits with leading zeros."""
    LEI = "lei"
    """ISO 17442, twenty characters: a legal entity."""
    ISIN = "isin"
    """ISO 6166, twelve characters: a security."""
    CUSIP = "cusip"
    """Nine characters: a security of North America (licensed: not to be handed on in lists)."""
    SEDOL = "sedol"
    """Seven characters: a security at one market."""
    FIGI = "figi"
    """Twelve characters; here the share-class FIGI unless said otherwise."""
    TICKER = "ticker"
    """A symbol, valid at a date only."""
    NAME = "name"
    """A company's name as a provider writes it."""

    @property
    def of_issuer(self) -> bool:
        """Whether it means an issuer rather than one of its securities."""
        return self in {IdentifierScheme.CIK, IdentifierScheme.LEI, IdentifierScheme.NAME}


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One identifier.

    Attributes
    ----------
    scheme : IdentifierScheme
        What kind of text it is.
    value : str
        In the scheme's usual writing: codes in capitals without blanks, a CIK with ten digits, a name
        as it was written but for blanks at its ends.

    Raises
    ------
    InputError
        If the value is empty, or a CIK is not a number.
    """

    scheme: IdentifierScheme
    value: str

    def __post_init__(self) -> None:
        scheme = IdentifierScheme(self.scheme)
        value = str(self.value).strip()
        if scheme is IdentifierScheme.CIK and not (value.isascii() and value.isdigit() and len(value) <= _CIK_DIGITS):
            raise InputError(f"The CIK {value!r} is not a number of up to ten digits.", hint="Write digits only.")
        if scheme is IdentifierScheme.CIK:
            value = value.zfill(_CIK_DIGITS)
        elif scheme not in {IdentifierScheme.NAME, IdentifierScheme.SECURITY_ID}:
            value = value.replace(" ", "").upper()
        if not value:
            raise InputError(f"An identifier of kind {scheme.value} is empty.", hint="Leave out what is not known.")
        object.__setattr__(self, "scheme", scheme)
        object.__setattr__(self, "value", value)

    def __str__(self) -> str:
        return f"{self.scheme.value}:{self.value}"
