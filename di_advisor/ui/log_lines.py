"""What `di_advisor` logs, as lines of the app's log: the last few hundred, never a growing notebook."""

from __future__ import annotations

import logging
from collections.abc import Callable

__all__ = ["LogLines", "listen"]

_LOGGER = "di_advisor"


class LogLines(logging.Handler):
    """Hands each record on as one line.

    Parameters
    ----------
    note : callable
        Takes a line; called on whichever thread logs.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on."""
        self._note(f"{record.levelname.lower()}: {record.getMessage()}")


def listen(note: Callable[[str], None]) -> None:
    """Let the app hear the package's logger; an earlier app hears no more."""
    logger = logging.getLogger(_LOGGER)
    for handler in [each for each in logger.handlers if isinstance(each, LogLines)]:
        logger.removeHandler(handler)
    logger.addHandler(LogLines(note))
