"""The same rows through the ledger, and both answers in a form that can be compared piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from di_advisor.domain.events import (
    Buy,
    Event,
    LotChoice,
    LotMethod,
    LotShares,
    OpenAccount,
    ReverseSplit,
    Sell,
    Split,
    Transfer,
    TransferIn,
    TransferOut,
)
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import LedgerPolicies, PartOrder, RetirementPlans, SpouseReplacement
from di_advisor.ledger.recent_trades import SoldReplacement
from di_advisor.ledger.replay import replay
from tests.ledger.wash.naive import Naive, Row, Rules

LONG_AFTER = date(2999, 1, 1)
FIRST = date(1900, 1, 1)


def event_of(row: Row) -> Event:
    where = {"event_id": row.name, "on": row.on, "sequence": row.sequence}
    what = {"security_id": row.security, "shares": row.shares}
    lots = tuple(LotShares(name, shares) for name, shares in row.lots)
    choice = LotChoice(LotMethod.SPECIFIC, lots) if lots else LotChoice(LotMethod(row.method))
    if row.what == "buy":
        purchase = {"purchase_id": row.purchase}
        return Buy(**where, **what, account_id=row.account, amount_usd=row.usd, **purchase)
    if row.what == "in":
        dates = {"acquired": row.acquired, "held_since": row.held_since, "purchase_id": row.purchase}
        return TransferIn(**where, **what, account_id=row.account, basis_total_usd=row.usd, **dates)
    if row.what == "sell":
        return Sell(**where, **what, account_id=row.account, amount_usd=row.usd, choice=choice)
    if row.what == "out":
        return TransferOut(**where, **what, account_id=row.account, choice=choice)
    if row.what == "move":
        return Transfer(**where, **what, account_id=row.account, to_account_id=row.to, choice=choice)
    kind = Split if row.shares > 1 else ReverseSplit
    where |= {"security_id": row.security, "tax_treatment": "split", "source": "a test"}
    return kind(**where, new_per_old=row.shares)


def events_of(rows: Iterable[Row], rules: Rules) -> list[Event]:
    opened = [OpenAccount(event_id=f"open {a}", on=FIRST, account_id=a, kind=AccountKind(k)) for a, k in rules.kinds]
    return [*opened, *map(event_of, rows)]


def policies_of(rules: Rules) -> LedgerPolicies:
    return LedgerPolicies(
        sold_replacement=SoldReplacement.COUNTS if rules.sold_before_counts else SoldReplacement.DOES_NOT_COUNT,
        part_order=PartOrder.TACKED_FIRST if rules.tacked_first else PartOrder.UNTACKED_FIRST,
        spouse_replacement=SpouseReplacement.BASIS_CARRIES if rules.spouse_takes_basis else SpouseReplacement.LOST,
        retirement_plans=RetirementPlans.LIKE_AN_IRA if rules.plans_wash else RetirementPlans.NO_REPLACEMENT,
    )


def replayed(rows: Iterable[Row], rules: Rules, as_of: date = LONG_AFTER) -> Books:
    return replay(
        events_of(rows, rules), as_of=as_of, policies=policies_of(rules), groups=IdenticalGroups(dict(rules.groups))
    )


Facts = Counter[tuple[object, ...]]


def pieces_of_books(books: Books) -> Facts:
    """Shares by everything else there is to know of them, amounts a share; pieces with one fate are one."""
    found: Facts = Counter()
    for r in books.realized:
        n = r.shares
        facts = (r.account_id, r.security_id, r.root_id, r.event_id, r.sold, r.held_since, r.is_replacement)
        amounts = (r.basis_usd / n, r.disallowed_usd / n, (r.gain_usd + r.disallowed_usd) / n, r.lost_for_good_usd / n)
        found[(*facts, *amounts)] += n
    for b in books.lots:
        found[open_facts(b.lot.account_id, b.lot.security_id, b.root_id, b.lot, b.is_replacement)] += b.lot.shares
    for b in books.departed:
        found[("gone", *open_facts(b.lot.account_id, b.lot.security_id, b.root_id, b.lot, b.is_replacement))] += (
            b.lot.shares
        )
    return found


def open_facts(account: str, security: str, root: str, lot: object, replaced: bool) -> tuple[object, ...]:
    return (account, security, root, lot.held_since, replaced, lot.basis_total_usd / lot.shares)  # type: ignore[attr-defined]


def pieces_of_naive(naive: Naive) -> Facts:
    found: Facts = Counter()
    for p in naive.pieces:
        n = p.shares
        if p.sold:
            lost = p.disallowed if p.lost else Fraction(0)
            facts = (p.account, p.security, p.root, p.sale, p.sold, p.held_since, p.replaced)
            found[(*facts, p.basis / n, p.disallowed / n, (p.proceeds - p.basis + p.disallowed) / n, lost / n)] += n
        else:
            gone = ("gone",) if p.gone else ()
            found[(*gone, p.account, p.security, p.root, p.held_since, p.replaced, p.basis / n)] += n
    return found
