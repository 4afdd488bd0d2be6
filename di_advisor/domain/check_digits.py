"""Check digits of identifiers: which texts cannot be an ISIN, CUSIP, SEDOL, LEI or FIGI.

Problem: an identifier that lost a digit in a spreadsheet still looks like one, and matches nothing, or
something else. Decision: the check digit of each scheme, as pure functions; an `Identifier` may hold
what a provider wrote, and whoever joins by it asks `defect_of` first. Limits: a right check digit does
not mean that the identifier was ever given to anything.

Sources: ISO 6166:2021 (ISIN, Luhn over the letters' numbers), ANSI X9.6 (CUSIP), the London Stock
Exchange's SEDOL masterfile guide (weights 1 3 1 7 3 9), ISO 17442-1:2020 with ISO/IEC 7064 MOD 97-10
(LEI), and OMG's Financial Instrument Global Identifier 1.0 (FIGI).
"""

from __future__ import annotations

import re
from typing import Final

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.errors import InputError

__all__ = [
    "cusip_check_digit",
    "cusip_of_isin",
    "defect_of",
    "figi_check_digit",
    "isin_check_digit",
    "isin_of_cusip",
    "lei_check_digits",
    "require_sound",
    "sedol_check_digit",
]

_SHAPES: Final = {
    IdentifierScheme.ISIN: re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]"),
    IdentifierScheme.CUSIP: re.compile(r"[A-Z0-9*@#]{8}[0-9]"),
    IdentifierScheme.SEDOL: re.compile(r"[B-DF-HJ-NP-TV-Z0-9]{6}[0-9]"),
    IdentifierScheme.LEI: re.compile(r"[A-Z0-9]{18}[0-9]{2}"),
    IdentifierScheme.FIGI: re.compile(r"(?!BS|BM|GG|GB|GH|KY|VG)[B-DF-HJ-NP-TV-Z]{2}G[B-DF-HJ-NP-TV-Z0-9]{8}[0-9]"),
}
_WORDS: Final = {
    IdentifierScheme.ISIN: "two letters, nine letters or digits, and a check digit",
    IdentifierScheme.CUSIP: "eight letters or digits and a check digit",
    IdentifierScheme.SEDOL: "six consonants or digits and a check digit",
    IdentifierScheme.LEI: "eighteen letters or digits and two check digits",
    IdentifierScheme.FIGI: "two consonants, G, eight consonants or digits, and a check digit",
}
_SEDOL_WEIGHTS: Final = (1, 3, 1, 7, 3, 9)
_CUSIP_SIGNS: Final = {"*": 36, "@": 37, "#": 38}
_NORTH_AMERICA: Final = ("US", "CA")
"""Countries whose ISINs hold a CUSIP; others that do (islands with CINS numbers) are left alone."""


def _number(sign: str) -> int:
    """Digits as they are, letters from 10 (A) to 35 (Z)."""
    return _CUSIP_SIGNS[sign] if sign in _CUSIP_SIGNS else int(sign, 36)


def _digit_sum(number: int) -> int:
    return sum(int(digit) for digit in str(number))


def _completing(total: int) -> str:
    return str(-total % 10)


def isin_check_digit(first_eleven: str) -> str:
    """Luhn digit of an ISIN's first eleven characters, their letters written as two digits each."""
    digits = "".join(str(_number(sign)) for sign in first_eleven)
    return _completing(sum(_digit_sum(int(d) * (2 - i % 2)) for i, d in enumerate(reversed(digits))))


def cusip_check_digit(first_eight: str) -> str:
    """Digit of a CUSIP's first eight characters: every second number doubled, digits added."""
    return _completing(sum(_digit_sum(_number(sign) * (1 + i % 2)) for i, sign in enumerate(first_eight)))


def figi_check_digit(first_eleven: str) -> str:
    """Digit of a FIGI's first eleven characters, computed as a CUSIP's."""
    return cusip_check_digit(first_eleven)


def sedol_check_digit(first_six: str) -> str:
    """Digit of a SEDOL's first six characters, weighted 1, 3, 1, 7, 3, 9."""
    return _completing(sum(w * _number(sign) for w, sign in zip(_SEDOL_WEIGHTS, first_six, strict=True)))


def lei_check_digits(first_eighteen: str) -> str:
    """Two digits that make the number of an LEI leave 1 when divided by 97."""
    number = int("".join(str(_number(sign)) for sign in first_eighteen) + "00")
    return f"{98 - number % 97:02d}"


_CHECKS: Final = {
    IdentifierScheme.ISIN: (1, isin_check_digit),
    IdentifierScheme.CUSIP: (1, cusip_check_digit),
    IdentifierScheme.SEDOL: (1, sedol_check_digit),
    IdentifierScheme.LEI: (2, lei_check_digits),
    IdentifierScheme.FIGI: (1, figi_check_digit),
}


def defect_of(identifier: Identifier) -> str:
    """What is wrong with an identifier, in words; empty where nothing is, or its scheme has no check."""
    scheme, value = identifier.scheme, identifier.value
    if scheme not in _CHECKS:
        return ""
    if not _SHAPES[scheme].fullmatch(value):
        return f"the {scheme.value.upper()} {value} is not {_WORDS[scheme]}"
    width, check = _CHECKS[scheme]
    right = check(value[:-width])
    if right != value[-width:]:
        return f"the check digit of the {scheme.value.upper()} {value} is {value[-width:]}, and would be {right}"
    return ""


def require_sound(identifier: Identifier) -> Identifier:
    """The identifier itself, where nothing is wrong with it.

    Raises
    ------
    InputError
        If its shape or its check digit is wrong.
    """
    defect = defect_of(identifier)
    if defect:
        raise InputError(
            f"{defect[0].upper()}{defect[1:]}.",
            hint="A digit may be lost or turned round: copy it again as text (a spreadsheet drops leading zeros).",
            identifier=str(identifier),
        )
    return identifier


def isin_of_cusip(cusip: str, country: str = "US") -> Identifier:
    """ISIN of a security with a CUSIP: country, CUSIP, Luhn digit.

    Parameters
    ----------
    cusip : str
        Nine characters.
    country : str
        "US" or "CA", where the issuer is.

    Raises
    ------
    InputError
        If the CUSIP is not one, or the country gives no CUSIPs.
    """
    if country not in _NORTH_AMERICA:
        raise InputError(f"{country!r} does not number its securities by CUSIP.", hint="Use US or CA.")
    sound = require_sound(Identifier(IdentifierScheme.CUSIP, cusip)).value
    body = f"{country}{sound}"
    if not body.isalnum():
        raise InputError(f"The CUSIP {sound} is of a private placement, and has no ISIN.", hint="Keep the CUSIP.")
    return Identifier(IdentifierScheme.ISIN, body + isin_check_digit(body))


def cusip_of_isin(isin: str) -> Identifier | None:
    """CUSIP inside an ISIN of the United States or Canada; None of other countries.

    Raises
    ------
    InputError
        If the ISIN is not one.
    """
    sound = require_sound(Identifier(IdentifierScheme.ISIN, isin)).value
    if sound[:2] not in _NORTH_AMERICA:
        return None
    inner = Identifier(IdentifierScheme.CUSIP, sound[2:11])
    return None if defect_of(inner) else inner
