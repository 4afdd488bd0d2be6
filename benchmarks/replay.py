"""100,000 events over 200 accounts of 100 taxpayers, replayed to books.

Made-up journals: purchases, sales by FIFO and highest basis, dividends, reinvested dividends, deposits and splits, in
two accounts a taxpayer, a third of them with an IRA. Making the events does not count; replaying and freezing the
books does. Forward questions are measured on the books of a harvester with 500 names.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from benchmarks.bars import Bar
from benchmarks.ledger_books import desk, many_names
from di_advisor.domain.amounts import as_fraction
from di_advisor.ledger.forward import WashQuestions
from di_advisor.ledger.replay import replay

__all__ = ["AREA", "bars"]

AREA = "ledger"

_EVENTS = 100_000
_ACCOUNTS = 200
_END = date(2100, 1, 1)
_MOST_LOTS_ASKED = 1_000


def _replayed() -> tuple[float, int, int, Counter[str]]:
    """CPU seconds of all replays, events, accounts, and the events by kind."""
    seconds, events, accounts = 0.0, 0, 0
    kinds: Counter[str] = Counter()
    for _, journal in desk(_EVENTS, _ACCOUNTS):
        kinds.update(type(e).__name__ for e in journal)
        gc.collect()
        start = time.process_time()
        books = replay(journal, as_of=_END)
        seconds += time.process_time() - start
        events += len(journal)
        accounts += len(books.accounts)
    return seconds, events, accounts, kinds


def _asked() -> tuple[float, float, float]:
    """CPU seconds to make ready, for one question on a sale, and for one on a purchase."""
    events = many_names(10_000, names=500, per_day=4)
    last = max(e.on for e in events)
    books = replay(events, as_of=last)
    on = last + timedelta(days=1)
    gc.collect()
    start = time.process_time()
    questions = WashQuestions(books)
    ready = time.process_time() - start
    lots = [b.lot for b in books.lots][:_MOST_LOTS_ASKED]
    start = time.process_time()
    for lot in lots:
        price = as_fraction(lot.basis_total_usd or 0) / as_fraction(lot.shares) * Fraction(9, 10)
        questions.sell(lot.account_id, lot.lot_id, price_usd=price, on=on)
    selling = (time.process_time() - start) / len(lots)
    names = sorted({b.lot.security_id for b in books.lots})
    start = time.process_time()
    for name in names:
        questions.buy("A", name, shares=Fraction(10), on=on)
    return ready, selling, (time.process_time() - start) / len(names)


def bars() -> list[Bar]:
    """Replay the desk, and ask about every name of a harvester."""
    seconds, events, accounts, kinds = _replayed()
    mix = ", ".join(f"{n:,} {name}" for name, n in kinds.most_common())
    where = f"target; {events:,} events, {accounts} accounts: {mix}"
    ready, selling, buying = _asked()
    asked = "target; 500 names, three accounts, books of 10,000 trades"
    return [
        Bar.at_most("ledger.replay_100k_cpu", seconds, 10.0, unit="CPU s", compared_to=where),
        Bar.at_least("ledger.replay_events", events, _EVENTS, unit="events", compared_to="what is asked for"),
        Bar.at_most("ledger.questions_ready_cpu", ready, 0.5, unit="CPU s", compared_to=asked),
        Bar.at_most("ledger.question_sell_cpu", selling, 0.005, unit="CPU s", compared_to=asked),
        Bar.at_most("ledger.question_buy_cpu", buying, 0.005, unit="CPU s", compared_to=asked),
    ]
