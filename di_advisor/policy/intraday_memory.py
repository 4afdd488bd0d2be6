"""What a monitor remembers between the polls of a day, and in a file, so that a restart does not fire twice.

Decision: frozen values that go in and come out, as with `di_advisor.policy.monitor`; the calls of the day are part of
the memory, so a memory that is written before a call is announced neither loses the call nor makes it twice. Limits:
memories are of one policy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.policy.policies import PolicyState

__all__ = ["AccountMemory", "Call", "Heard", "PollMemory", "memory_from_json", "memory_to_json"]

_SCHEMA: Final = 2
_READ: Final = (1, _SCHEMA)
# Version 1 knew the newest time of a market only, which says nothing of a name.
_KIND: Final = "intraday"


@dataclass(frozen=True, slots=True)
class Heard:
    """A trigger within the day.

    Attributes
    ----------
    polls_on : int
        Polls in a row on which it was on.
    heard_at : datetime or None
        When it was part of a call last.
    released : bool
        Whether it was off since then; true where it was not heard today.
    """

    polls_on: int = 0
    heard_at: datetime | None = None
    released: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """A call for a rebalance: when, why, and by which triggers."""

    at: datetime
    reasons: tuple[str, ...]
    triggers: tuple[str, ...]


@dataclass(frozen=True)
class AccountMemory:
    """What is remembered of an account.

    Attributes
    ----------
    policy : PolicyState
        As a daily monitor keeps it.
    heard : Mapping of str to Heard
        By trigger, of today.
    calls : tuple of Call
        Of today, in order.
    """

    policy: PolicyState = field(default_factory=PolicyState)
    heard: Mapping[str, Heard] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "heard", FrozenMap(dict(self.heard)))


@dataclass(frozen=True)
class PollMemory:
    """What a monitor remembers.

    Attributes
    ----------
    day : date or None
        The session that the rest is of; None before the first poll.
    polled_at : datetime or None
        The last poll that could be read.
    accepted_usd : Mapping of str to (Mapping of str to float)
        Prices accepted last today, by market and security id.
    accounts : Mapping of str to AccountMemory
        By label.
    newest : Mapping of str to (Mapping of str to datetime)
        Times of the newest quotes accepted today, by market and security id.
    """

    day: date | None = None
    polled_at: datetime | None = None
    accepted_usd: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    accounts: Mapping[str, AccountMemory] = field(default_factory=dict)
    newest: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accepted = {k: FrozenMap(dict(v)) for k, v in self.accepted_usd.items()}
        object.__setattr__(self, "accepted_usd", FrozenMap(accepted))
        object.__setattr__(self, "accounts", FrozenMap(dict(self.accounts)))
        newest = {k: FrozenMap(dict(v)) for k, v in self.newest.items()}
        object.__setattr__(self, "newest", FrozenMap(newest))

    def on(self, day: date) -> PollMemory:
        """The memory on a day: of another day only what a policy remembers overnight is left."""
        if day == self.day:
            return self
        kept = {label: replace(known, heard={}, calls=()) for label, known in self.accounts.items()}
        return PollMemory(day, None, {}, kept)


def memory_to_json(policy: str, memory: PollMemory) -> str:
    """A memory as text for a file."""
    given = {
        "schema_version": _SCHEMA,
        "kind": _KIND,
        "policy": policy,
        "day": None if memory.day is None else memory.day.isoformat(),
        "polled_at": _written(memory.polled_at),
        "accepted_usd": {market: dict(prices) for market, prices in memory.accepted_usd.items()},
        "newest": {market: {k: at.isoformat() for k, at in known.items()} for market, known in memory.newest.items()},
        "accounts": {label: _account(known) for label, known in sorted(memory.accounts.items())},
    }
    return json.dumps(given, indent=1) + "\n"


def memory_from_json(text: str, policy: str) -> PollMemory:
    """A memory of a file, for the same policy.

    Raises
    ------
    InputError
        If the text is not one of `memory_to_json`, or is of another policy.
    """
    try:
        given = json.loads(text)
        version, kind, name = given["schema_version"], given.get("kind", "closes"), given["policy"]
        if version not in _READ or (kind, name) != (_KIND, policy):
            raise InputError(
                f"The file is of {kind}, policy {name} (version {version}), not of {_KIND}, policy {policy}.",
                hint="Keep a file for each policy, and one of its own for polled quotes.",
            )
        return PollMemory(
            None if given["day"] is None else date.fromisoformat(given["day"]),
            _moment(given["polled_at"]),
            {str(m): {str(k): _price(v) for k, v in prices.items()} for m, prices in given["accepted_usd"].items()},
            {str(label): _known(known) for label, known in given["accounts"].items()},
            {}
            if version == 1
            else {str(m): {str(k): _at(v) for k, v in of.items()} for m, of in given["newest"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as e:
        raise InputError("The file of what was polled cannot be read.", hint="Remove it to start anew.") from e


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(written: str | None) -> datetime | None:
    return None if written is None else _at(written)


def _at(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError(f"{written} has no zone")
    return moment


def _price(written: float) -> float:
    price = float(written)
    if not (math.isfinite(price) and price > 0):
        raise ValueError(f"{price} is no price")
    return price


def _account(known: AccountMemory) -> dict[str, Any]:
    heard = {
        name: {"polls_on": h.polls_on, "heard_at": _written(h.heard_at), "released": h.released}
        for name, h in known.heard.items()
    }
    calls = [{"at": c.at.isoformat(), "reasons": list(c.reasons), "triggers": list(c.triggers)} for c in known.calls]
    return {"policy": known.policy.to_dict(), "heard": heard, "calls": calls}


def _known(given: Mapping[str, Any]) -> AccountMemory:
    heard = {
        str(name): Heard(int(h["polls_on"]), _moment(h["heard_at"]), h["released"] is True)
        for name, h in given["heard"].items()
    }
    calls = tuple(
        Call(_at(c["at"]), tuple(map(str, c["reasons"])), tuple(map(str, c["triggers"]))) for c in given["calls"]
    )
    return AccountMemory(PolicyState.from_dict(given["policy"]), heard, calls)
