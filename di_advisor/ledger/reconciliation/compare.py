"""Reconciliation: positions, lots, basis and dates of the books and of the custodian, side by side.

Where shares differ, the difference is one break with its cause, and lots are not compared further.
Where they agree, lots are paired, and their basis and dates compared. A basis that differs by what
wash sales moved into the lot is explained by that: brokers adjust within one account and one CUSIP
only (26 CFR 1.6045-1(d)(6)(iii)). A statement whose position is not the sum of its lots is a break of
its own. Not tax advice.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, at_places
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.paper import about
from di_advisor.ledger.papers.words import shares_text
from di_advisor.ledger.parts import WashMatch
from di_advisor.ledger.realized import BookedLot
from di_advisor.ledger.reconciliation.breaks import Break, BreakKind, Cause, Reconciliation
from di_advisor.ledger.reconciliation.causes import PositionGap, cause_of_gap
from di_advisor.ledger.reconciliation.custodian import SAME_SHARES, CustodianLot, CustodianStatement
from di_advisor.ledger.reconciliation.lot_pairs import LotPair, pairs_of_lots
from di_advisor.ledger.settlement import standard_settlement

__all__ = ["reconcile"]

_ONE_CENT: Final = Fraction(1, 10) ** 2
_MOST_AMOUNTS: Final = 10


def reconcile(books: Books, statement: CustodianStatement) -> Reconciliation:
    """Compare the books with a custodian's statement of the same day.

    Parameters
    ----------
    books : Books
        The books; accounts that the statement does not cover are left out.
    statement : CustodianStatement
        The custodian.

    Raises
    ------
    InputError
        If the days differ.
    """
    if books.as_of != statement.as_of:
        raise InputError(
            f"The books are as of {books.as_of}, and the statement of {statement.as_of}.",
            hint="Replay the journal to the day of the statement.",
        )
    booked: dict[tuple[str, str], list[BookedLot]] = {}
    for b in books.lots:
        if b.lot.account_id in statement.accounts:
            booked.setdefault((b.lot.account_id, b.lot.security_id), []).append(b)
    ours = {key: sum((as_fraction(b.lot.shares) for b in lots), Fraction(0)) for key, lots in booked.items()}
    listed: dict[tuple[str, str], list[CustodianLot]] = {}
    for x in statement.lots:
        listed.setdefault((x.account_id, x.security_id), []).append(x)
    theirs, contradictions = statement.shares(), statement.contradictions()
    breaks: list[Break] = [_no_account(a) for a in sorted(statement.accounts - set(books.accounts))]
    compared = tuple(sorted({k for k in (*ours, *theirs, *contradictions) if k[0] in books.accounts}))
    for account_id, security_id in compared:
        key = (account_id, security_id)
        if key in contradictions:
            breaks.append(_contradiction(key, *contradictions[key], ours.get(key, Fraction(0))))
        held = (ours.get(key, Fraction(0)), theirs.get(key, Fraction(0)))
        if abs(held[0] - held[1]) > SAME_SHARES:
            gap = PositionGap(
                books,
                statement,
                account_id,
                security_id,
                *held,
                only_ours={s: n for (a, s), n in ours.items() if a == account_id and (a, s) not in theirs},
                only_theirs={s: n for (a, s), n in theirs.items() if a == account_id and (a, s) not in ours},
            )
            breaks.append(_position(gap))
        elif key in listed and key in booked and key not in contradictions:
            breaks += _lots(books, booked[key], listed[key])
    title = f"Books and custodian on {statement.as_of}"
    return Reconciliation(about(books, title), statement.as_of, compared, tuple(breaks))


def _no_account(account_id: str) -> Break:
    said = f"Account {account_id} of the statement is not in the books: open it, or leave it out."
    return Break(account_id, "", BreakKind.ACCOUNT, Cause.ACCOUNT_UNKNOWN, "", account_id, "", "", said)


def _contradiction(where: tuple[str, str], position: Fraction, lots: Fraction, held: Fraction) -> Break:
    stated, listed, ours = (shares_text(n) for n in (position, lots, held))
    said = (
        f"{where[1]} in account {where[0]}: the custodian contradicts itself, with a position of {stated} shares and "
        f"lots of {listed}; the books have {ours}. Ask the custodian which is right: the lots were not compared."
    )
    shown = f"position {stated}, lots {listed}"
    return Break(where[0], where[1], BreakKind.POSITION, Cause.CUSTODIAN_CONTRADICTS, ours, shown, "", "", said)


def _position(gap: PositionGap) -> Break:
    cause, clause = cause_of_gap(gap)
    ours, theirs, less = (shares_text(n) for n in (gap.ours, gap.theirs, gap.gap))
    said = (
        f"{gap.security_id} in account {gap.account_id}: {ours} shares in the books, {theirs} at the custodian "
        f"({less}); {clause}."
    )
    return Break(gap.account_id, gap.security_id, BreakKind.POSITION, cause, ours, theirs, less, "", said)


def _lots(books: Books, ours: list[BookedLot], theirs: list[CustodianLot]) -> list[Break]:
    pairs, left, right = pairs_of_lots(ours, theirs)
    found = []
    for pair in pairs:
        found += [b for b in (_date_break(pair), _basis_break(books, pair)) if b is not None]
    if left or right:
        found.append(_other_lots((ours[0].lot.account_id, ours[0].lot.security_id), left, right))
    return found


def _other_lots(where: tuple[str, str], left: list[BookedLot], right: list[CustodianLot]) -> Break:
    mine = ", ".join(f"{b.lot.acquired} {shares_text(as_fraction(b.lot.shares))}" for b in left)
    others = ", ".join(f"{x.acquired} {shares_text(as_fraction(x.shares))}" for x in right)
    said = (
        f"{where[1]} in account {where[0]}: as many shares on both sides, in other lots; the books have "
        f"{mine or 'none'}, the custodian {others or 'none'}. A sale may have taken other lots there: compare "
        "the confirmation."
    )
    lots = "; ".join(b.lot.lot_id for b in left)
    return Break(*where, BreakKind.LOTS, Cause.OTHER_LOTS_SOLD, mine, others, "", lots, said)


def _date_break(pair: LotPair) -> Break | None:
    lot = pair.ours[0].lot
    shown = pair.theirs[0].acquired
    if shown == lot.acquired:
        return None
    if shown is None or lot.acquired is None:
        side = "the custodian" if shown is None else "the books"
        cause, clause = Cause.DATE_UNKNOWN, f"not known to {side}; supply it"
    elif shown == lot.held_since:
        cause, clause = (
            Cause.TACKED_DATE,
            "the start of the holding period, which the books keep too",
        )
    elif shown == standard_settlement(lot.acquired):
        cause, clause = Cause.SETTLEMENT_DATE, "that is the settlement date; the trade date counts (Rev. Rul. 66-97)"
    else:
        cause, clause = Cause.UNEXPLAINED, "term and wash-sale windows depend on it"
    mine, others = str(lot.acquired or "unknown"), str(shown or "unknown")
    said = (
        f"{lot.security_id} in account {lot.account_id}, lot {pair.lots}: acquired {mine} in the books, {others} at "
        f"the custodian; {clause}."
    )
    return Break(lot.account_id, lot.security_id, BreakKind.DATE, cause, mine, others, "", pair.lots, said)


def _total(amounts: list[Exact | None]) -> Fraction | None:
    known = [as_fraction(a) for a in amounts if a is not None]
    return sum(known, Fraction(0)) if len(known) == len(amounts) else None


def _basis_break(books: Books, pair: LotPair) -> Break | None:
    lot = pair.ours[0].lot
    ours = _total([b.lot.basis_total_usd if b.gain_basis_usd is None else b.gain_basis_usd for b in pair.ours])
    theirs = _total([x.basis_total_usd for x in pair.theirs])
    if ours is None and theirs is None:
        return None
    less = "" if ours is None or theirs is None else _usd(theirs - ours)
    if ours is None or theirs is None:
        side = "the books" if ours is None else "the custodian"
        cause, clause = Cause.BASIS_UNKNOWN, f"{side} lack it; supply it before a gain is computed"
    elif abs(theirs - ours) < _ONE_CENT:
        return None
    else:
        cause, clause = _why(books, pair, theirs - ours)
    mine, others = (_usd(x) if x is not None else "unknown" for x in (ours, theirs))
    said = (
        f"{lot.security_id} in account {lot.account_id}, lot {pair.lots}: basis {mine} in the books, {others} at "
        f"the custodian{f' ({less})' if less else ''}; {clause}."
    )
    return Break(lot.account_id, lot.security_id, BreakKind.BASIS, cause, mine, others, less, pair.lots, said)


def _why(books: Books, pair: LotPair, less: Fraction) -> tuple[Cause, str]:
    tolerance = _ONE_CENT * max(len(pair.ours), len(pair.theirs))
    if abs(less) <= tolerance:
        return Cause.ROUNDING, "rounding of each part to cents"
    carried = [each for b in pair.ours for each in _carried(books, b)][:_MOST_AMOUNTS]
    for size in range(len(carried), 0, -1):
        for some in combinations(carried, size):
            if abs(less + sum((amount for _, amount in some), Fraction(0))) <= tolerance:
                sales = ", ".join(dict.fromkeys(f"{m.loss_event_id} in account {m.loss_account_id}" for m, _ in some))
                return Cause.WASHED_BASIS, (
                    f"the books carry the disallowed loss of sale {sales}, and the custodian does not (brokers adjust "
                    "within one account and one CUSIP only)"
                )
    return Cause.UNEXPLAINED, "no wash sale or rounding explains it: a commission, return of capital or spin-off may"


def _carried(books: Books, booked: BookedLot) -> list[tuple[WashMatch, Fraction]]:
    """Losses that went into a lot's basis: by its own matches, and by those of the shares it replaced."""
    found: list[tuple[WashMatch, Fraction]] = []
    wanted = [(booked.lot.lot_id, booked.purchase_id, as_fraction(booked.lot.shares))]
    seen: set[int] = set()
    while wanted and len(found) < _MOST_AMOUNTS:
        lot_id, purchase_id, shares = wanted.pop(0)
        for at, match in enumerate(books.washes):
            into = match.replacement_lot_id == lot_id and purchase_id in ("", match.replacement_purchase_id)
            if at in seen or match.lost_for_good or not into:
                continue
            seen.add(at)
            found.append((match, match.disallowed_usd * min(Fraction(1), shares / match.replacement_shares)))
            wanted.append((match.loss_lot_id, "", match.loss_shares))
    return found


def _usd(amount: Fraction) -> str:
    return str(at_places(amount, 2))
