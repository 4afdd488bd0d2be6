"""Known cases of securities that may be substantially identical, by ticker, with reason and source.

Problem: the law gives no list, and a user will not think of all share classes and twin funds.
Decision: the usual cases as data; a universe's own ids are put in place of the tickers. All are
taken as identical, the cautious reading, because no ruling was found either way; anyone may relax
them with a recorded reason. Kept apart, on purpose: funds on different indices, even where they
overlap (usual practice; flagged by `near_twins`), and a fund against the stocks it holds.

Limits: tickers as of 2026; funds change their index. A list of cases is no advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from di_advisor.domain.universe import Security
from di_advisor.errors import InputError
from di_advisor.ledger.identical import GroupFacts, IdenticalGroups, Level

__all__ = ["KNOWN_GROUPS", "KnownGroup", "default_groups", "groups_of_universe", "near_twins"]

_NO_RULING = "26 USC 1091; Pub. 550 (facts and circumstances); no ruling was found"


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """Securities that are taken as one for wash sales until somebody decides otherwise.

    Attributes
    ----------
    name : str
        Name of the group.
    tickers : tuple of str
        Members, as people call them.
    facts : GroupFacts
        Level, reason and source.
    """

    name: str
    tickers: tuple[str, ...]
    facts: GroupFacts


def _classes(name: str, *tickers: str) -> KnownGroup:
    reason = f"share classes of {name} differ in votes and little else; no ruling was found either way"
    return KnownGroup(name, tickers, GroupFacts(Level.IDENTICAL, reason, _NO_RULING))


def _funds(index: str, *tickers: str) -> KnownGroup:
    reason = f"funds that track the same index, {index}; unresolved, so taken as identical"
    return KnownGroup(f"funds on {index}", tickers, GroupFacts(Level.IDENTICAL, reason, _NO_RULING))


KNOWN_GROUPS: Final = (
    _classes("Alphabet", "GOOG", "GOOGL"),
    _classes("Berkshire Hathaway", "BRK.A", "BRK.B"),
    _classes("Fox", "FOX", "FOXA"),
    _classes("News Corp", "NWS", "NWSA"),
    _classes("Under Armour", "UA", "UAA"),
    _funds("the S&P 500", "SPY", "IVV", "VOO", "SPLG", "SPYM"),
    _funds("the S&P 500 Growth", "IVW", "SPYG", "VOOG"),
    _funds("the S&P 500 Value", "IVE", "SPYV", "VOOV"),
    _funds("the S&P MidCap 400", "MDY", "IJH", "IVOO", "SPMD"),
    _funds("the S&P SmallCap 600", "IJR", "SPSM", "VIOO"),
    _funds("the Russell 1000", "IWB", "VONE"),
    _funds("the Russell 1000 Growth", "IWF", "VONG"),
    _funds("the Russell 1000 Value", "IWD", "VONV"),
    _funds("the Russell 2000", "IWM", "VTWO"),
    _funds("the Russell 3000", "IWV", "VTHR"),
    _funds("the Nasdaq-100", "QQQ", "QQQM"),
)
"""Share classes of one issuer, and funds on one index."""

_OVERLAPPING: Final = (
    "funds on the S&P 500",
    "funds on the Russell 1000",
    "funds on the Russell 3000",
)
_TOTAL_MARKET: Final = ("VTI", "ITOT", "SCHB", "SPTM")


def _plain(ticker: str) -> str:
    # One class of Berkshire Hathaway is written BRK.B, BRK-B, BRK/B and BRK B.
    return ticker.strip().upper().replace("-", ".").replace("/", ".").replace(" ", ".")


def default_groups(ids_by_ticker: Mapping[str, str]) -> IdenticalGroups:
    """The known cases among securities, under their permanent ids.

    Parameters
    ----------
    ids_by_ticker : Mapping of str to str
        Security id by ticker, as of the day the tickers are valid.

    Raises
    ------
    InputError
        If two tickers that are written differently (BRK.B, BRK-B) lead to different ids.
    """
    ids: dict[str, str] = {}
    for ticker, security_id in ids_by_ticker.items():
        if ids.setdefault(_plain(ticker), security_id) != security_id:
            raise InputError(
                f"The ticker {ticker} leads to {security_id}, and written otherwise to {ids[_plain(ticker)]}.",
                hint="Give each ticker once, with the id it has on the day in question.",
                ticker=ticker,
            )
    members = {g.name: [ids[t] for t in g.tickers if t in ids] for g in KNOWN_GROUPS}
    kept = {name: found for name, found in members.items() if len(set(found)) > 1}
    return IdenticalGroups.from_lists(kept, {g.name: g.facts for g in KNOWN_GROUPS if g.name in kept})


def groups_of_universe(securities: Iterable[Security]) -> IdenticalGroups:
    """Groups that a universe names itself, and the known cases among the securities that name none.

    Parameters
    ----------
    securities : iterable of Security
        The universe, with tickers of its date.

    Raises
    ------
    InputError
        If a security comes with two groups.
    """
    listed = tuple(securities)
    own = IdenticalGroups.from_securities(listed)
    known = default_groups({s.ticker: s.security_id for s in listed if not s.identical_group})
    own_names = set(own.group_by_security.values())
    renamed = {g: f"{g} (known case)" if g in own_names else g for g in known.facts}
    return IdenticalGroups(
        {**own.group_by_security, **{s: renamed[g] for s, g in known.group_by_security.items()}},
        {renamed[g]: f for g, f in known.facts.items()},
    )


def near_twins(ticker: str, other: str) -> str:
    """A sentence where two funds track different indices that overlap widely; empty for others.

    Parameters
    ----------
    ticker, other : str
        As people call them.
    """
    broad = {_plain(t): g.name for g in KNOWN_GROUPS if g.name in _OVERLAPPING for t in g.tickers}
    broad |= {t: f"total market ({t})" for t in _TOTAL_MARKET}
    one, two = broad.get(_plain(ticker)), broad.get(_plain(other))
    if one is None or two is None or one == two:
        return ""
    return (
        f"{ticker} and {other} track different indices that overlap widely: usual practice takes them as not "
        f"substantially identical, and no ruling was found."
    )
