"""The same verbs from a terminal: ``di-advisor demo``, ``propose`` and ``columns``.

Problem: a run from a terminal has to say what it did, how long each stage took, and what is wrong
with the input, without a traceback. Decision: three commands over the facade; typed errors become
one message on the error stream and exit code 2; percent and basis points exist in the options and
are fractions from there on. Limits: one account a run; the fleet has its own entry.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from di_advisor.errors import DiAdvisorError

__all__ = ["main"]

_FAILED = 2
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; those of the process when left out.

    Returns
    -------
    int
        0 when the command did what was asked; 1 when `watch` found an account to rebalance; 2 when the
        input, the options or the rules do not allow it (the reason is on the error stream, nothing was
        written); 130 when interrupted.
    """
    from di_advisor.cli.arguments import parser
    from di_advisor.cli.screen import Screen

    screen = Screen(sys.stdout, sys.stderr)
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as e:  # how argparse ends after --help (0) and after wrong options (2)
        return e.code if isinstance(e.code, int) else _FAILED
    try:
        code = arguments.run(arguments, screen)
    except DiAdvisorError as e:
        screen.error(str(e))
        return _FAILED
    except KeyboardInterrupt:
        screen.error("Interrupted; files that were written are whole.")
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0
