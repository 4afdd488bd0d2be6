"""The loop of the child process: takes questions from a pipe, answers each, and stays for the next.

Plain data in, plain data out (see `plain`). On the way ``("phase", text)``, ``("progress", (fraction,
text))`` and ``("partial", content)``; at the end one of ``("result", content)``, ``("refused", error)`` for
a typed error with its hint, ``("failed", traceback)`` for anything else. Verbs are the functions of
`di_advisor.ui.verbs`; each gets the desk, the restored request, and a way to say what it does.
"""

from __future__ import annotations

import contextlib
import traceback
from multiprocessing.connection import Connection
from typing import Any

from di_advisor.errors import DiAdvisorError, InputError
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain, restored

__all__ = ["answer", "get_ready", "serve"]


class _PipeSay:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def phase(self, text: str) -> None:
        self._pipe.send(("phase", text))

    def progress(self, fraction: float, text: str) -> None:
        self._pipe.send(("progress", (fraction, text)))

    def partial(self, content: Any) -> None:  # noqa: ANN401 any value that can be made plain
        self._pipe.send(("partial", plain(content)))


def answer(desk: Desk, verb: str, request: Any, say: Any) -> tuple[str, Any]:  # noqa: ANN401 plain data; a `Say`
    """Answer one question: its kind and plain content."""
    from di_advisor.ui.verbs import VERBS

    try:
        return "result", plain(VERBS[verb](desk, restored(request), say))
    except DiAdvisorError as error:
        return "refused", {
            "kind": type(error).__name__,
            "what": error.what,
            "hint": error.hint,
            "facts": plain({name: value for name, value in error.facts.items() if _travels(value)}),
        }
    except Exception:  # noqa: BLE001 the edge of the process: whatever happened is told, with its traceback
        return "failed", traceback.format_exc()


def _travels(value: Any) -> bool:  # noqa: ANN401 any fact of an error
    """Whether a fact is a value that can be sent."""
    try:
        plain(value)
    except InputError:
        return False
    return True


def serve(pipe: Connection) -> None:
    """Answer questions until the pipe closes; the entry point of the child process."""
    desk, say = Desk(), _PipeSay(pipe)
    while True:
        try:
            verb, request = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(answer(desk, verb, request, say))
        if verb == "open" and not pipe.poll():
            get_ready(desk)


def get_ready(desk: Desk) -> None:
    """Estimate for what is asked first, while nobody asks; what is wrong with it is said to who does ask."""
    with contextlib.suppress(DiAdvisorError):
        desk.get_ready(_Silent())


class _Silent:
    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None: ...

    def partial(self, content: Any) -> None: ...  # noqa: ANN401 any value
