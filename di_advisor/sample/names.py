"""Invented names and tickers.

Every name is put together from meaningless syllables, and every ticker has six letters, one more
than any ticker of a US exchange has, so that none can be taken for a real company's.
"""

from __future__ import annotations

import numpy as np

__all__ = ["invent_names", "ticker_of"]

_HEADS = (
    "Zelv Vorq Quath Oryz Thraz Kelv Brynd Daxt Fenzo Grynt Holvo Ixor Jurv Kravo Luzm Myrz Nevro Orlq Pyxo Rhov "
    "Sylq Tovra Ulvr Vexo Wyrn Xandr Yelm Zorv Brixo Cwelo Druvo Ektra Flyzo Gwend Hyzmo Jaxo Kwyl Mizra"
)
_MIDDLES = "a e i o u y ando ivo ulo ero ani oxa uzi eky ilo ova"
_TAILS = "n x ra lio dine sk ma rix tor vane que zo plex dra nt lox mere thix bryn wen"
_ENDINGS: dict[str, tuple[str, ...]] = {
    "Communication Services": ("Media", "Networks", "Broadcast"),
    "Consumer Discretionary": ("Brands", "Stores", "Leisure"),
    "Consumer Staples": ("Foods", "Home Goods", "Provisions"),
    "Energy": ("Petroleum", "Oilfield", "Resources"),
    "Financials": ("Bancorp", "Assurance", "Capital"),
    "Health Care": ("Therapeutics", "Medical", "Health"),
    "Industrials": ("Works", "Machine", "Freight"),
    "Information Technology": ("Software", "Devices", "Systems"),
    "Materials": ("Chemical", "Mining", "Packaging"),
    "Real Estate": ("Property Trust", "Estates", "Realty"),
    "Utilities": ("Power", "Electric", "Water"),
}
_TICKER_LETTERS = 6


def ticker_of(word: str, taken: set[str]) -> str:
    """Ticker of six letters from a name's first word, distinct from those taken (and added to them)."""
    letters = (word.upper() + "QXZVKJ")[:_TICKER_LETTERS]
    stem, at = letters[:-1], 0
    while letters in taken:
        letters = stem + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at]
        at += 1
        if at == 26:
            stem, at = stem[:-1] + "Q", 0
    taken.add(letters)
    return letters


def invent_names(rng: np.random.Generator, sectors: list[str]) -> tuple[list[str], list[str]]:
    """Invent a name and a ticker for each company.

    Parameters
    ----------
    rng : Generator
    sectors : list of str
        Sector by company; it picks the name's second word.

    Returns
    -------
    names, tickers : list of str
        Distinct within the list.
    """
    words = list(dict.fromkeys(h + m + t for h in _HEADS.split() for m in _MIDDLES.split() for t in _TAILS.split()))
    order = rng.permutation(len(words))
    names: list[str] = []
    tickers: list[str] = []
    taken: set[str] = set()
    for sector, pick in zip(sectors, order[: len(sectors)], strict=True):
        word = words[int(pick)]
        endings = _ENDINGS[sector]
        names.append(f"{word} {endings[int(rng.integers(len(endings)))]}")
        tickers.append(ticker_of(word, taken))
    return names, tickers
