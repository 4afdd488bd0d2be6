"""Names of companies as sets of words, for the strict comparison of the security master.

Problem: "Alphabet Inc. Class A", "ALPHABET INC CLASS A" and "Alphabet, Inc." are one issuer, while
"Delta Air Lines" and "Delta Apparel" only share a word. Decision: accents, case and punctuation do not
count, neither do legal forms and the words of a share class; all other words must be the same, each as
often. Limits: abbreviations (INTL, MFG, GRP) are not spelled out, because that is a guess: such names stay
unresolved, and `di_data.identity` suggests candidates to a person.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["name_tokens"]

_LEGAL_FORMS: Final = frozenset(
    "ab ag asa co company corp corporation inc incorporated kgaa limited llc lp ltd nv oyj plc sa se spa the".split()
)
_SHARE_CLASS: Final = re.compile(
    r"\b(?:class|cl|series|ser)\s+[a-z]\b|\b(?:common stock|ordinary shares?|sponsored adr|adr)\b"
)


def name_tokens(name: str) -> tuple[str, ...]:
    """Words of a name that count, in alphabetical order.

    A name that consists of legal forms alone keeps them, so that it equals itself and nothing else.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    plain = plain.replace("&", " and ").replace("'", "")
    # "S.A." and "U.S." are one word; other points separate.
    plain = re.sub(r"\b((?:[a-z]\.){2,})", lambda m: m[1].replace(".", ""), plain)
    words = re.sub(r"[^a-z0-9]+", " ", plain)
    words = _SHARE_CLASS.sub(" ", words)
    found = words.split()
    return tuple(sorted([w for w in found if w not in _LEGAL_FORMS] or found))
