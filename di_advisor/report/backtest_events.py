"""What a replayed account met: corporate actions, flows and refusals, from its file alone.

Limits: buys, sales and dividends are counted, not listed; the journal holds each of them.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from di_advisor.backtest.record import Replayed
from di_advisor.domain.events import Deposit, SecurityEvent, Withdrawal
from di_advisor.report.tables import Align, Column, Table
from di_advisor.report.wording import day, money, printable

__all__ = ["met_table", "refused_table"]

_SHOWN: Final = 200


def met_table(replayed: Replayed) -> Table:
    """Corporate actions and flows in order, with what each was to the account; what is only counted stands below."""
    rows: list[tuple[object, str, str, str]] = []
    counted: Counter[str] = Counter()
    for event in replayed.events:
        if isinstance(event, SecurityEvent):
            rows.append((event.on, _kind(event), event.security_id, "booked"))
        elif isinstance(event, Deposit | Withdrawal):
            amount = money(float(event.amount_usd) * (1 if isinstance(event, Deposit) else -1))
            rows.append((event.on, _kind(event), event.event_id, f"{amount} USD"))
        else:
            counted[_kind(event)] += 1
    rows += [
        (event.on, _kind(event), event.security_id, "seen, never held")
        for event in replayed.seen
        if isinstance(event, SecurityEvent)
    ]
    rows.sort(key=lambda row: (str(row[0]), row[1], row[2]))
    shown = [(day(row[0]), row[1], printable(row[2]), row[3]) for row in rows[:_SHOWN]]  # type: ignore[arg-type]
    if len(rows) > _SHOWN:
        shown.append(("", f"{len(rows) - _SHOWN:,} more", "", ""))
    shown += [("all days", kind, f"{count:,}", "in the journal") for kind, count in sorted(counted.items())]
    columns = (Column("Day", align=Align.WHOLE), Column("Event"), Column("Of"), Column("Account"))
    return Table("Events that the account met", columns, tuple(shown))


def refused_table(replayed: Replayed) -> Table | None:
    """Withdrawals that could not be met when they were wanted; None where there were none."""
    if not replayed.refused:
        return None
    rows = tuple(
        (
            day(each.day),
            money(each.wanted_usd),
            money(each.value_usd),
            "-" if each.possible_usd is None else money(each.possible_usd),
            printable(each.why),
        )
        for each in replayed.refused
    )
    right = Align.RIGHT
    columns = (
        Column("Day", align=Align.WHOLE),
        Column("Wanted ($)", align=right),
        Column("Account ($)", align=right),
        Column("Possible ($)", align=right),
        Column("Why"),
    )
    return Table("Withdrawals refused", columns, rows)


def _kind(event: object) -> str:
    """The name of an event's class in words: "StockSplit" is "stock split"."""
    name = type(event).__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
