"""Accounts as they go to workers: bytes under a label, or why there are none.

Problem: a file may hold an account under another's label, or one of a gigabyte, and records are kept by label.
Decision: what was written by `account_to_bytes` begins with its label and is passed on unread; anything else is read
once to find it. What does not fit is told as a failure of that one account. Limits: what is wrong inside an account is
found where it is solved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from di_advisor.errors import DiAdvisorError, InputError
from di_advisor.execution.jobs import FAULTS, Failure, failure_of
from di_advisor.fleet.account import FleetAccount, account_to_bytes
from di_advisor.fleet.sealed import heads_of, label_of
from di_advisor.fleet.sources import StoredBodies

__all__ = ["bodies_of"]

_MOST_BYTES: Final = 2**26
"""Of one account: some hundred thousand lots."""


def bodies_of(accounts: Iterable[FleetAccount]) -> Iterator[tuple[str, bytes | Failure]]:
    """Labels and bytes of accounts, or why there are none; those of a file are taken as they lie there."""
    if not isinstance(accounts, StoredBodies):
        for account in accounts:
            yield account.label, _travelling(account)
        return
    for label, body in accounts.bodies():
        yield label, body if isinstance(body, Failure) else _fitting(label, body)


def _travelling(account: FleetAccount) -> bytes | Failure:
    """An account's bytes, or why it has none: one that cannot be written down must not end a run for the others."""
    try:
        body = account_to_bytes(account)
    except (DiAdvisorError, *FAULTS) as error:
        return failure_of(error)
    return _fitting(account.label, body)


def _fitting(label: str, body: bytes) -> bytes | Failure:
    if len(body) > _MOST_BYTES:
        error = InputError(
            f"The account {label} has {len(body):,} bytes, and no account has more than {_MOST_BYTES:,}.",
            hint="Look at what was written under its label.",
        )
        return failure_of(error)
    if body.startswith(heads_of(label)):
        return body
    said = label_of(body)  # None is no account at all: who solves it says what is wrong
    if said is not None and said != label:
        error = InputError(
            f"What is stored as {label} is the account {said!r}.",
            hint="Write the file again with fleet.write_accounts.",
        )
        return failure_of(error)
    return body
