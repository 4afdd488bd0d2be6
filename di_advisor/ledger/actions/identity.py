"""Whether a name and the one it was exchanged for count as one security for wash sales.

Problem: predecessor and successor in a reorganisation may be substantially identical (Pub. 550), and
no ruling was found. Decision: groups decide (`IdenticalGroups`). In one group, a lot stays the
purchase it was, and a loss on the one waits for purchases of the other. Without a group the two are
taken as different, and a notice says so where it can matter: a lot exchanged was bought within 30
days before, or the predecessor was sold at a loss within 30 days before. Limits: shares of the two
count one for one in a wash sale between them, whatever the ratio of the exchange.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from di_advisor.domain.events import Exchange, MixedMerger, StockMerger
from di_advisor.ledger.book import Book
from di_advisor.ledger.parts import Part
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["note_unsettled_identity"]


def note_unsettled_identity(book: Book, event: StockMerger | MixedMerger | Exchange, lots: Iterable[Part]) -> None:
    """Note that nothing says whether two names count as one, where a purchase or a loss nearby makes it matter.

    Parameters
    ----------
    book : Book
        Before the exchange.
    event : StockMerger, MixedMerger or Exchange
        A tax-free exchange, in whole or in part.
    lots : iterable of Part
        Open lots that it takes, of all accounts.
    """
    old, new = event.security_id, event.new_security_id
    group = book.groups.group_by_security.get(old)
    # In one group somebody has decided already, also where it was decided that the two are distinct.
    if book.groups.key(old) == book.groups.key(new) or (
        group is not None and group == book.groups.group_by_security.get(new)
    ):
        return
    since = event.on - timedelta(days=WASH_WINDOW_DAYS)
    recent = sorted(
        {
            p.lot_id
            for p in lots
            if p.purchase.bought_on is not None and p.purchase.bought_on >= since and not p.replaced
        }
    )
    key = book.groups.key(old)
    losses = sorted(
        {
            p.sale_id
            for p in book.realized
            if p.sold is not None
            and p.sold >= since
            and p.taxed
            and not p.settled
            and p.loss_usd > 0
            and book.groups.key(p.security_id) == key
        }
    )
    if not (recent or losses):
        return
    facts = [f"lots bought within {WASH_WINDOW_DAYS} days before: {', '.join(recent)}"] if recent else []
    facts += [f"sold at a loss within {WASH_WINDOW_DAYS} days before: {', '.join(losses)}"] if losses else []
    book.note(
        "identity_unsettled",
        f"{old} became {new} on {event.on}. Whether the two are substantially identical for wash sales is not settled "
        f"(Pub. 550: predecessor and successor in a reorganisation may be); they are taken as different, and it "
        f"matters here ({'; '.join(facts)}). To decide, put both in one group with a reason: "
        f"groups.join({new!r}, [{old!r}, {new!r}], reason=...), with level=Level.DISTINCT if they are not one.",
        event_id=event.event_id,
        security_id=new,
    )
