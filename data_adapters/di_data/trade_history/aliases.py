"""Which header is which column: the documented names, FIX tags and the words of usual systems, or a stated mapping.

Problem: every order system exports the same facts under other names. Decision: a header is known by
its documented name, a FIX tag (number or name), or a usual word; the user's own mapping, as an
argument or a TOML file, comes first. Where two headers could be one column, or one header two, that
is an error that asks for the mapping; nothing is guessed. Limits: US-English words.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from di_advisor.domain.columns import ORDER_COLUMNS, ORDER_FILL_COLUMNS
from di_advisor.domain.order_types import OrderType
from di_advisor.domain.rows import Column, require_columns, some_of
from di_advisor.errors import InputError, InputWarning, why_unreadable

__all__ = ["ALIASES", "BUY_WORDS", "SELL_WORDS", "ColumnMapping", "resolved", "side_of"]

ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "order_id": ("ClOrdID", "11", "OrderID", "37", "parent order id"),
        "account_id": ("Account", "1", "acct"),
        "symbol": ("55", "ticker", "security_id"),
        "side": ("54", "buy sell", "action"),
        "decision_time": ("created time",),
        "arrival_time": ("order time", "route time", "TransactTime", "60"),
        "end_time": ("completed time", "last fill time"),
        "order_shares": ("OrderQty", "38", "amount", "quantity", "qty"),
        "filled_shares": ("CumQty", "14", "filled amount"),
        "avg_fill_price_usd": ("AvgPx", "6", "average price"),
        "fill_time": ("TransactTime", "60", "execution time"),
        "fill_shares": ("LastQty", "32", "LastShares"),
        "fill_price_usd": ("LastPx", "31"),
        "exec_id": ("ExecID", "17", "execution id"),
        "venue": ("LastMkt", "30", "exchange"),
        "arrival_bid_usd": ("arrival bid",),
        "arrival_ask_usd": ("arrival ask",),
        "arrival_price_usd": ("arrival price", "arrival mid"),
        "order_type": ("OrdType", "40"),
        "algo": ("strategy", "TargetStrategy", "847"),
        "broker": ("ExecBroker", "76"),
        "commission_usd": ("commission", "12"),
        "fees_usd": ("fees", "MiscFeeAmt", "137"),
    }
)
"""Other names of the columns; case, blanks and signs do not count."""

BUY_WORDS: Final = ("buy", "b", "1", "+1", "bot", "bought", "bto", "btc", "buy to open", "buy to cover", "cover")
"""Words for a purchase; 1 is FIX's."""

SELL_WORDS: Final = (
    *("sell", "s", "2", "-1", "sld", "sold", "stc", "sto", "sell to open", "sell to close", "5", "6"),
    *("shrt", "short", "ss", "sse", "sell short", "sell short exempt"),
)
"""Words for a sale, short ones too; 2, 5 and 6 are FIX's."""

_FILL_ONLY = ("fill_time", "fill_shares", "fill_price_usd", "exec_id")


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]", "", header.casefold())


@dataclass(frozen=True)
class ColumnMapping:
    """What a user states about a file.

    Attributes
    ----------
    columns : Mapping of str to str
        Header of the file by documented column.
    sides : Mapping of str to str
        "buy" or "sell" by the file's own word.
    zone : str
        Zone of times that carry none; empty where all carry one.
    order_types : Mapping of str to str
        One `OrderType` by the file's own word, where that is not known already.

    Raises
    ------
    InputError
        If a column is not documented, a header is given twice, a side is neither buy nor sell, a type is not known, or
        a word has two meanings.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    order_types: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {c.name for c in (*ORDER_COLUMNS, *ORDER_FILL_COLUMNS)}
        unknown = sorted(set(self.columns) - known)
        if unknown:
            raise InputError(
                f"The mapping names the column {', '.join(unknown)}, which is not documented.",
                hint=f"On the left stand: {', '.join(sorted(known))}; on the right the headers of the file.",
                unknown=unknown,
            )
        wrong = sorted(w for w, side in self.sides.items() if side not in {"buy", "sell"})
        if wrong:
            raise InputError(
                f"The mapping's side of {wrong[0]!r} is {self.sides[wrong[0]]!r}.", hint="Write buy or sell."
            )
        for table, stated in (("sides", self.sides), ("order_types", self.order_types)):
            meant: dict[str, str] = {}
            for word, value in stated.items():
                if meant.setdefault(word.casefold(), value) != value:
                    raise InputError(
                        f"The mapping's {table} give {word!r} two meanings: {meant[word.casefold()]} and {value}.",
                        hint="Capitals do not count: state each word once.",
                        field=table,
                    )
        strange = sorted(w for w, kind in self.order_types.items() if kind not in set(OrderType))
        if strange:
            raise InputError(
                f"The mapping's order type of {strange[0]!r} is {self.order_types[strange[0]]!r}.",
                hint=f"Write one of: {', '.join(OrderType)}.",
                field="order_type",
            )

    def order_type(self, word: str) -> str:
        """The stated type of a word; the word itself where nothing is stated."""
        stated = {w.casefold(): kind for w, kind in self.order_types.items()}
        return stated.get(word.casefold(), word)

    @classmethod
    def from_toml(cls, path: Path) -> ColumnMapping:
        """From a TOML file: ``zone = "..."``, and tables ``columns``, ``sides`` and ``order_types``.

        Raises
        ------
        InputError
            If it cannot be read, is not TOML, or holds something else.
        """
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as e:
            raise InputError(
                f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the path.", source=path.name
            ) from e
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise InputError(
                f"{path.name} is not TOML: {e}.", hint='Write [columns] and symbol = "Ticker".', source=path.name
            ) from e
        names = ("columns", "sides", "order_types")
        strange = sorted(set(found) - {*names, "zone"})
        tables = [found.get(name, {}) for name in names]
        texts = all(isinstance(t, dict) and all(isinstance(v, str) for v in t.values()) for t in tables)
        if strange or not texts or not isinstance(found.get("zone", ""), str):
            raise InputError(
                f"{path.name}: {', '.join(strange) or 'a value'} is not what a mapping holds.",
                hint="It holds zone, and the tables columns, sides and order_types, all of texts.",
                source=path.name,
            )
        return cls(tables[0], tables[1], found.get("zone", ""), tables[2])


def resolved(header: Sequence[str], mapping: ColumnMapping, source: str, *, fills_file: bool) -> dict[str, str]:
    """Header of the file by documented column.

    Parameters
    ----------
    header : sequence of str
        Headers as they stand.
    mapping : ColumnMapping
        What the user states.
    source : str
        Name of the file.
    fills_file : bool
        Whether it is a file of fills beside one of orders.

    Raises
    ------
    InputError
        If a header is missing, stated but absent, or could be several columns.

    Warns
    -----
    InputWarning
        If headers are not known, and ignored.
    """
    columns = ORDER_FILL_COLUMNS if fills_file else (*ORDER_COLUMNS, *ORDER_FILL_COLUMNS)
    names = list(dict.fromkeys(c.name for c in columns))
    twice = sorted({h for h in header if list(header).count(h) > 1})
    if twice:
        raise InputError(
            f"{source}: the column {', '.join(twice)} stands there more than once.", hint="Keep one.", source=source
        )
    found: dict[str, str] = {}
    for name, stated in mapping.columns.items():
        if name not in names:
            continue
        match = next((h for h in header if h.casefold() == stated.casefold()), None)
        if match is None:
            raise InputError(
                f"{source}: the mapping says that {name} is {stated!r}, and there is no such header.",
                hint=f"It has: {some_of(list(header))}.",
                source=source,
                field=name,
            )
        if match in found.values():
            raise InputError(
                f"{source}: the mapping uses the header {match!r} twice.", hint="Each header is one column.", field=name
            )
        found[name] = match
    for name in names:  # documented names next
        exact = [h for h in header if h.casefold() == name and h not in found.values()]
        if name not in found and exact:
            found[name] = exact[0]
    _by_alias(header, names, found, source, fills_file=fills_file)
    documented = [*found, *(h for h in header if h not in found.values())]
    needed = ORDER_FILL_COLUMNS if fills_file else ORDER_COLUMNS
    beside = [Column(c.name, c.meaning) for c in columns if c.name not in {n.name for n in needed}]
    ignored = require_columns(documented, [*needed, *beside], source)
    if ignored:
        warnings.warn(
            f"{source}: columns {some_of(ignored)} are not known, and are ignored.", InputWarning, stacklevel=5
        )
    return found


def _by_alias(
    header: Sequence[str], names: Sequence[str], found: dict[str, str], source: str, *, fills_file: bool
) -> None:
    """Add headers that are known by another name."""
    free = [h for h in header if h not in found.values()]
    open_names = [n for n in names if n not in found]
    meant: dict[str, list[str]] = {
        h: [n for n in open_names if _plain(h) in {_plain(a) for a in (n, *ALIASES.get(n, ()))}] for h in free
    }
    has_fills = (
        fills_file
        or any(n in found for n in _FILL_ONLY)
        or any(len(m) == 1 and m[0] in _FILL_ONLY for m in meant.values())
    )
    if not has_fills:
        meant = {h: [n for n in m if n not in _FILL_ONLY] for h, m in meant.items()}
    for h, several in meant.items():
        if len(several) > 1:
            raise InputError(
                f"{source}: the header {h!r} could be {' or '.join(several)}.",
                hint=f'State it: ColumnMapping(columns={{"{several[0]}": "{h}"}}), or in TOML under [columns].',
                source=source,
                field=h,
            )
    for name in open_names:
        candidates = [h for h, m in meant.items() if m == [name]]
        if len(candidates) > 1:
            raise InputError(
                f"{source}: {name} could be {' or '.join(map(repr, candidates))}.",
                hint=f'State it: ColumnMapping(columns={{"{name}": "{candidates[0]}"}}), or in TOML under [columns].',
                source=source,
                field=name,
            )
        if candidates:
            found[name] = candidates[0]


def side_of(text: str, mapping: ColumnMapping) -> int:
    """+1 for a purchase, -1 for a sale.

    Raises
    ------
    InputError
        If the word is not known.
    """
    word = text.strip()
    stated = {w.casefold(): side for w, side in mapping.sides.items()}.get(word.casefold())
    if stated:
        return 1 if stated == "buy" else -1
    plain = re.sub(r"[\s_]+", " ", word.casefold())
    if plain in BUY_WORDS:
        return 1
    if plain in SELL_WORDS:
        return -1
    raise InputError(f"{text!r} is neither a purchase nor a sale.", hint="Write buy or sell, or map it under [sides].")
