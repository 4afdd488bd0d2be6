"""What changed between two pulls of the same prices: past closes, dividends, splits, and days.

Problem: a provider corrects or re-bases a past price without a word, and last year's result cannot be
made again. Decision: both pulls stay stored under their checksums; this says what differs between them,
field by field, and whether one factor explains all of it (then somebody re-based the series for a split).
What is adjusted changes with every dividend by design and is only counted. Limits: it tells, it does not
decide which of the two is right; results stay with the pull they were made from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.price_bars import PriceBar

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PriceChange", "PriceDifferences", "price_differences"]

_FIELDS: Final = ("close_usd", "open_usd", "high_usd", "low_usd", "volume_shares", "dividend_usd", "split_ratio")
_SAME: Final = 1e-9
_ONE_FACTOR: Final = 1e-3


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One figure that changed.

    Attributes
    ----------
    subject : Identifier
        Of which security.
    day : date
        Of which day.
    field : str
        Name in `PriceBar`.
    before, after : float or None
        What it was and is; None where nothing was or is said.
    """

    subject: Identifier
    day: date
    field: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class PriceDifferences:
    """Differences between two pulls.

    Attributes
    ----------
    changes : tuple of PriceChange
        By security, day and field.
    gone, added : tuple of (Identifier, date)
        Days of the first pull, within the span of the second, that the second lacks; and the other way round.
    readjusted : int
        Adjusted closes that changed, which they do with every later dividend.
    rebased : dict of Identifier to float
        Securities whose changed closes are all the same multiple of what they were, with that factor.
    sources : tuple of str
        Checksums of the bodies on either side: what a result must name to be made again.
    """

    changes: tuple[PriceChange, ...]
    gone: tuple[tuple[Identifier, date], ...]
    added: tuple[tuple[Identifier, date], ...]
    readjusted: int
    rebased: dict[Identifier, float]
    sources: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same of the days that both cover."""
        return not (self.changes or self.gone or self.added)

    @property
    def sentence(self) -> str:
        """The differences in words."""
        if self.is_empty:
            return "Nothing that was known has changed."
        parts = [f"{len(self.changes)} figures changed, of {len({c.subject for c in self.changes})} securities"]
        if self.gone or self.added:
            parts.append(f"{len(self.gone)} days are gone and {len(self.added)} came between others")
        parts += [
            f"all closes of {s.value} that changed are {f:.6g} times what they were" for s, f in self.rebased.items()
        ]
        return "; ".join(parts) + ". Results stay with the pull that they were made from."

    def to_frame(self) -> pd.DataFrame:
        """One row a change."""
        import pandas as pd

        rows = [(c.subject.value, c.day, c.field, c.before, c.after) for c in self.changes]
        return pd.DataFrame(rows, columns=["symbol", "day", "field", "before", "after"])


def price_differences(before: Iterable[PriceBar], after: Iterable[PriceBar]) -> PriceDifferences:
    """Compare two pulls on the days that both cover.

    Parameters
    ----------
    before, after : iterable of PriceBar
        In any order; days before the first or after the last day of the other pull are not compared.
    """
    old, new = ({(b.subject, b.day): b for b in bars} for bars in (before, after))
    spans = _shared_spans(old, new)
    keys = {k for k in (*old, *new) if k[0] in spans and spans[k[0]][0] <= k[1] <= spans[k[0]][1]}
    changes, readjusted = [], 0
    factors: dict[Identifier, list[float]] = {}
    for key in sorted(keys & old.keys() & new.keys()):
        one, other = old[key], new[key]
        for field in _FIELDS:
            was, now = getattr(one, field), getattr(other, field)
            if not _equal(was, now):
                changes.append(PriceChange(*key, field, was, now))
                if field == "close_usd":
                    factors.setdefault(key[0], []).append(now / was)
        readjusted += not _equal(one.adjusted_close_usd, other.adjusted_close_usd)
    rebased = {s: f[0] for s, f in factors.items() if len(f) > 1 and max(f) - min(f) <= _ONE_FACTOR * f[0]}
    bodies = {b.provenance.raw_sha256 for bars in (old, new) for b in bars.values()}
    gone, added = (
        tuple(sorted(k for k in keys if k in mine and k not in theirs)) for mine, theirs in ((old, new), (new, old))
    )
    return PriceDifferences(tuple(changes), gone, added, readjusted, rebased, tuple(sorted(bodies)))


def _equal(was: float | None, now: float | None) -> bool:
    if was is None or now is None:
        return was is now
    return abs(was - now) <= _SAME * max(abs(was), abs(now))


def _shared_spans(
    old: dict[tuple[Identifier, date], PriceBar], new: dict[tuple[Identifier, date], PriceBar]
) -> dict[Identifier, tuple[date, date]]:
    ends = []
    for bars in (old, new):
        span: dict[Identifier, tuple[date, date]] = {}
        for subject, day in bars:
            first, last = span.get(subject, (day, day))
            span[subject] = (min(first, day), max(last, day))
        ends.append(span)
    return {s: (max(ends[0][s][0], ends[1][s][0]), min(ends[0][s][1], ends[1][s][1])) for s in ends[0] if s in ends[1]}
