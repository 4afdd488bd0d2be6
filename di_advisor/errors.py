"""The errors of di_advisor, in one tree.

::

    DiAdvisorError
    |- InputError              what came in is wrong: file, row, field, or value
    |  |- UnknownSecurityError a name that the universe does not hold
    |  |- IncompleteDataError  a value that is needed is not known (basis, date, price)
    |  |- RowsError            every wrong row of one file or frame, collected
    |  |- UnsupportedWishError a wish the current formulation cannot honour, so it refuses
    |  |- OwnWishError         a user's own term or rule that is not convex, not scalar, or cannot be evaluated
    |  |- ConflictingEventError the journal says otherwise: same id or action, other content
    |  |- ClosedYearError      an event would change a tax year that is closed
    |  |- LateIdentificationError the lots of a sale are named after their choice was final
    |  |- UnreconciledError    a trade in a name on which the books and the custodian differ
    |  `- NewerSchemaError     written by a newer version than this one reads
    |- SolveError              no certified answer
    |  |- InfeasibleError      the rules contradict each other
    |  |- UnboundedError       the objective has no minimum
    |  |- UncertifiedError     a solver answered, and its answer failed our own check
    |  `- UnfinishedError      the budget of iterations ran out, or the call was cancelled
    |     `- UndecidedError    the budget of nodes ran out: no plan was found, and it is not proved that there is none
    |- SettlementError         whole shares or cash would break a rule
    |- ConservationError       shares or basis would be lost or made up
    |- SourceError             a source of data gave nothing that can be used; what was stored before stays
    |  |- SourceContentError   what came is not what is documented: a login page, a renamed column, half a file
    |  |- SourceRefusedError   the source says no: no key, wrong key, a plan that does not include it, not found
    |  |- SourceUnavailableError the source does not answer in time or at all, or asks to wait longer than we do
    |  `- SourceAddressError   an address that may not be called: another host, another scheme, a private network
    |- StoreError              the store could not be read or written; nothing was half-written
    |  `- DamagedStoreError    what is stored is not what was written
    |- ClusterError            the scheduler of a cluster cannot be reached, or was lost; what is finished is kept
    `- PluginError             a plug-in is missing or does not keep its contract

Every error carries facts (``facts``, a mapping) and a ``hint`` that says what to do;
``str(error)`` shows both. Nothing in the package catches errors blindly.

What came in and is odd, but can be used, is an `InputWarning`: the same facts through Python's
own `warnings`, so that a notebook shows it and a program may turn it into an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = [
    "ClosedYearError",
    "ClusterError",
    "ConflictingEventError",
    "ConservationError",
    "DamagedStoreError",
    "DiAdvisorError",
    "IncompleteDataError",
    "InfeasibleError",
    "InputError",
    "InputWarning",
    "LateIdentificationError",
    "NewerSchemaError",
    "OwnWishError",
    "PluginError",
    "RowsError",
    "SettlementError",
    "SolveError",
    "SourceAddressError",
    "SourceContentError",
    "SourceError",
    "SourceRefusedError",
    "SourceUnavailableError",
    "StoreError",
    "UnboundedError",
    "UncertifiedError",
    "UndecidedError",
    "UnfinishedError",
    "UnknownSecurityError",
    "UnreconciledError",
    "UnsupportedWishError",
    "why_unreadable",
]


_MAX_ROWS_SHOWN = 20


_UNREADABLE: tuple[tuple[type[OSError], str], ...] = (
    (FileNotFoundError, "there is no such file"),
    (IsADirectoryError, "it is a folder"),
    (NotADirectoryError, "a part of its path is a file, not a folder"),
    (PermissionError, "its permissions do not allow it"),
)


def why_unreadable(error: Exception) -> str:
    """Why a file could not be read, in words that are the same on every system; what is rarer stays as it is."""
    known = next((words for kind, words in _UNREADABLE if isinstance(error, kind)), "")
    if known:
        return known
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.object[error.start]:#04x} at place {error.start + 1} is not UTF-8"
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


class InputWarning(UserWarning):
    """What came in is odd but usable: the sentence says what was done with it."""


class DiAdvisorError(Exception):
    """Root of the tree.

    Parameters
    ----------
    what : str
        One sentence that says what is wrong and where.
    hint : str, optional
        What the user can do about it.
    **facts
        The figures and names behind the sentence, kept for programs.
    """

    def __init__(self, what: str, *, hint: str = "", **facts: Any) -> None:
        self.what = what
        self.hint = hint
        self.facts = facts
        super().__init__(what)

    def __str__(self) -> str:
        return f"{self.what} Hint: {self.hint}" if self.hint else self.what


class InputError(DiAdvisorError):
    """A value that came in is wrong; nothing was changed."""


class UnknownSecurityError(InputError):
    """A security id that the universe does not hold."""

    @classmethod
    def from_missing(cls, missing: list[str], where: str) -> UnknownSecurityError:
        """Build the error from the missing ids and the place that named them."""
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        count = "1 security" if len(missing) == 1 else f"{len(missing)} securities"
        return cls(
            f"{where} names {count} that the universe does not hold: {shown}.",
            hint="Add them to the universe (with a price), or remove them; nothing is renormalised silently.",
            missing=missing,
            where=where,
        )


class IncompleteDataError(InputError):
    """A value that is needed here is not known."""


class RowsError(InputError):
    """Every wrong row of one file or frame; nothing was imported.

    Attributes
    ----------
    errors : tuple of InputError
        One for each wrong cell or row, in order; their facts name ``source``, ``row`` and ``field``.
    """

    errors: tuple[InputError, ...] = ()

    @classmethod
    def collected(cls, source: str, errors: Sequence[InputError]) -> RowsError:
        """Build the error from the source's name and at least one error of a row.

        The text shows the first twenty, and what to do once for all that need the same; ``errors`` keeps all.
        """
        hints: set[str] = set()
        shown = ""
        for e in errors[:_MAX_ROWS_SHOWN]:
            shown += f"\n- {e.what if e.hint in hints else e}"
            hints.add(e.hint)
        more = len(errors) - _MAX_ROWS_SHOWN
        tail = f"\n... and {more} more." if more > 0 else ""
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        built = cls(f"{source}: {count}, and nothing was imported.{shown}{tail}", source=source)
        built.errors = tuple(errors)
        return built


class UnsupportedWishError(InputError):
    """A wish that this version cannot honour: it refuses instead of ignoring it."""


class OwnWishError(InputError):
    """A user's own term or rule cannot be solved with; its name, and the part that is wrong, are named."""


class ConflictingEventError(InputError):
    """The journal says otherwise: the same id, or the same corporate action, with other content."""


class ClosedYearError(InputError):
    """An event would change a tax year that is closed, and nothing says that it is amended."""


class LateIdentificationError(InputError):
    """The lots of a sale are named, or named otherwise, after the day on which their choice became final."""


class UnreconciledError(InputError):
    """A trade in a name on which the books and the custodian's statement differ, without a recorded override."""


class NewerSchemaError(InputError):
    """Something was written by a newer version of di_advisor than this one; it was left untouched."""


class SolveError(DiAdvisorError):
    """No certified answer, and so no trades."""


class InfeasibleError(SolveError):
    """The rules contradict each other.

    ``facts``, where wishes clash: ``conflict`` (sentences; dropping any one of them is enough),
    ``relaxations`` (for each of them the least it would have to give, in words), ``rules`` (their names),
    ``amounts`` (by how much, in the rule's own measure), ``enough`` (whether that alone is enough) and
    ``together`` (what would do together where nothing alone does).
    """


class UnboundedError(SolveError):
    """The objective has no minimum."""


class UncertifiedError(SolveError):
    """A solver answered, and its answer failed the solution's own check."""


class UnfinishedError(SolveError):
    """The budget of iterations ran out, or the call was cancelled."""


class UndecidedError(UnfinishedError):
    """The budget of nodes ran out: no plan was found, and that there is none is not proved."""


class SettlementError(DiAdvisorError):
    """Whole shares or cash would break a rule after rounding."""


class ConservationError(DiAdvisorError):
    """Shares or basis would be lost or made up: a fault of these programs, or terms that cannot be."""


class SourceError(DiAdvisorError):
    """A source of data gave nothing that can be used; what was stored before stays as it was.

    ``facts``: ``source`` (the adapter's name), ``address`` (without secrets), and what was seen.
    """


class SourceContentError(SourceError):
    """What came is not what is documented, whatever its status said."""


class SourceRefusedError(SourceError):
    """The source says no, and asking again would not help: 400, 401, 402, 403, 404."""


class SourceUnavailableError(SourceError):
    """No answer after bounded retries (429, 5xx, timeouts), or the source was set aside after failing in a row."""


class SourceAddressError(SourceError):
    """An address that may not be called: not on the adapter's list of hosts, not https, or a private network."""


class StoreError(DiAdvisorError):
    """The store could not be read or written: locked, unreachable, or no store at all."""


class DamagedStoreError(StoreError):
    """What is stored is not what was written; it was left untouched."""


class ClusterError(DiAdvisorError):
    """The scheduler of a cluster cannot be reached, or was lost; results that were written stay."""


class PluginError(DiAdvisorError):
    """A plug-in is missing, or does not keep the contract of its port."""
