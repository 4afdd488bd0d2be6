"""Announced changes and the lots at hand: sell a leaver now or on its day, buy an entrant now or after its wash window.

Problem: what leaves is sold anyway, and the only question is when: a loss may be locked by a wash window today and free
on the effective day, a short-term gain may be long-term by then, a loss may be worth less. Decision: each lot's tax is
put side by side for the two days at today's prices, and where every lot of a leaver is better sold then, a lock keeps
the optimizer from selling it today. Limits: rates are marginal; price moves in between are not foreseen (expected
return zero), and the risk of holding a leaver for the sessions in between is left to the optimizer's target.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from di_advisor.domain.signals import Lock, LockKind, Signals
from di_advisor.domain.taxes import ConstantRates
from di_advisor.ledger.holding_period import is_long_term
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.policy.ahead import Ahead
from di_advisor.policy.sessions import sessions_after, sessions_between
from di_advisor.policy.triggers.words import usd

__all__ = ["AheadChoice", "When", "choices_ahead", "waiting_locks"]

_ONE_DAY = timedelta(days=1)
_LEAST_USD = 0.005


class When(StrEnum):
    """Which day is better for a lot that is sold anyway, or for a purchase."""

    NOW = "now"
    THEN = "then"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class AheadChoice:
    """One lot of a leaver, or an entrant that may not be bought yet.

    Attributes
    ----------
    security_id, lot_id : str
        The name; the lot, empty for an entrant.
    then : date
        The last session before the change holds; for an entrant the first safe session.
    tax_now_usd, tax_then_usd : float or None
        Tax of selling the lot, negative for what a loss saves; None where a lock forbids it.
    better : When
        Which day costs less.
    sentence : str
        In words. Not escaped.
    """

    security_id: str
    lot_id: str
    then: date
    tax_now_usd: float | None
    tax_then_usd: float | None
    better: When
    sentence: str


def choices_ahead(ahead: Ahead, signals: Signals, rates: ConstantRates) -> tuple[AheadChoice, ...]:
    """Each lot of what leaves, now against then; each entrant that a wash window keeps from being bought.

    Parameters
    ----------
    ahead : Ahead
        Of `target_ahead`, of the signals' day.
    signals : Signals
        Lots with their gains and locks.
    rates : ConstantRates
        Marginal rates.
    """
    return (*_leavers(ahead, signals, rates), *_entrants(ahead, signals))


def waiting_locks(choices: tuple[AheadChoice, ...]) -> tuple[Lock, ...]:
    """Locks against selling today, for names of which every lot is better sold then.

    Parameters
    ----------
    choices : tuple of AheadChoice
        Of `choices_ahead`.
    """
    by_name: dict[str, list[AheadChoice]] = {}
    for c in choices:
        if c.lot_id:
            by_name.setdefault(c.security_id, []).append(c)
    return tuple(
        Lock(name, LockKind.NO_SELL, " ".join(c.sentence for c in lots))
        for name, lots in by_name.items()
        if all(c.better is When.THEN for c in lots)
    )


def _leavers(ahead: Ahead, signals: Signals, rates: ConstantRates) -> list[AheadChoice]:
    account, universe = signals.account, signals.market.universe
    if account.kind in RETIREMENT_KINDS:
        return []
    dated = {k.lot_id: k for k in account.locks if k.lot_id and k.kind is LockKind.NO_LOSS_SALE}
    found = []
    for at, lot in enumerate(account.lots):
        if lot.security_id not in ahead.leaves or not account.lot_known[at] or lot.held_since is None:
            continue
        then = max(sessions_after(ahead.leaves[lot.security_id] - _ONE_DAY, 0), ahead.day)
        gain, ticker = float(account.lot_gain_usd[at]), universe.securities[int(account.lot_name[at])].ticker
        lock = dated.get(lot.lot_id) if gain < 0 else None
        long_then = is_long_term(lot.held_since, then)
        now = None if lock is not None else gain * (rates.long_term if account.lot_long_term[at] else rates.short_term)
        late = None if _locked(lock, then) else gain * (rates.long_term if long_then else rates.short_term)
        better = _better(now, late)
        sentence = _words(f"Lot {lot.lot_id} of {ticker}", gain, now, late, then, better)
        found.append(AheadChoice(lot.security_id, lot.lot_id, then, now, late, better, sentence))
    return found


def _locked(lock: Lock | None, day: date) -> bool:
    return lock is not None and (lock.until is None or day <= lock.until)


def _better(now: float | None, then: float | None) -> When:
    if now is None or then is None:
        return When.EITHER if now is then else (When.THEN if now is None else When.NOW)
    if abs(now - then) < _LEAST_USD:
        return When.EITHER
    return When.NOW if now < then else When.THEN


def _words(what: str, gain: float, now: float | None, then_usd: float | None, then: date, better: When) -> str:
    stands = f"{what}, which leaves, stands at a {'loss' if gain < 0 else 'gain'} of {usd(abs(gain))}"

    def taxed(tax: float | None) -> str:
        if tax is None:
            return "is kept from it by a wash window"
        return f"{'saves' if tax < 0 else 'costs'} {usd(abs(tax))} of tax"

    verdict = {
        When.NOW: "now is better",
        When.THEN: "then is better",
        When.EITHER: "the day makes no difference to the tax",
    }[better]
    return f"{stands}: sold now it {taxed(now)}, sold on {then} it {taxed(then_usd)}; {verdict}."


def _entrants(ahead: Ahead, signals: Signals) -> list[AheadChoice]:
    universe = signals.market.universe
    found = []
    until: dict[str, Lock] = {}
    for k in signals.account.locks:
        if k.kind is LockKind.NO_BUY and k.until is not None and k.security_id in ahead.enters:
            known = until.get(k.security_id)
            until[k.security_id] = k if known is None or (known.until or k.until) < k.until else known
    for name, lock in sorted(until.items()):
        if lock.until is None:
            continue
        first = sessions_after(lock.until, 1)
        enters = ahead.enters[name]
        late = sessions_between(enters, first)
        when = f"{late} sessions after it enters" if late else "before it enters or as it does"
        said = (
            f"{universe.securities[universe.positions[name]].ticker} enters on {enters} and may not be bought before "
            f"{first}, {when}: {lock.reason}"
        )
        found.append(AheadChoice(name, "", first, None, None, When.THEN, said))
    return found
