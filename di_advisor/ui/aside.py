"""A long job in a process of its own, while the app's questions go on.

Problem: a fleet solves for minutes to hours, and the app answers one question at a time. Decision: such a job has its
own child process, its own Stop and its own line of words; it ends with the kernel, or by Stop, and neither touches the
process that remembers the app's account. Limits: one job at a time; it tells the page alone, and the app's state not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from di_advisor.ui.plain import plain, restored
from di_advisor.ui.serving import serve
from di_advisor.ui.serving_modules import preloaded
from di_advisor.ui.worker import Worker

__all__ = ["Aside"]


class Aside:
    """One job beside the app's questions.

    Parameters
    ----------
    worker : Worker, optional
        Where it works; else a process that answers the app's verbs.

    Attributes
    ----------
    running : bool
        Whether it works now.
    """

    def __init__(self, worker: Worker | None = None) -> None:
        self._worker = worker or Worker(serve, preloaded())
        self.running = False

    def stop(self) -> None:
        """End the job at once; what it wrote stands."""
        self._worker.cancel()

    async def work(
        self,
        verb: str,
        told: Callable[[str], None],
        **request: Any,
    ) -> tuple[str, Any]:
        """Have a verb done; its process is gone afterwards.

        Parameters
        ----------
        verb : str
            As in `di_advisor.ui.verbs.VERBS`.
        told : callable
            Told what the job says on the way, in words.
        **request
            Of the verb.

        Returns
        -------
        tuple of str and any
            ``("result", the verb's answer)``, ``("stopped", "")``, ``("busy", "")`` where a job works already, or
            ``("failed", what happened in words)``.
        """
        if self.running:
            return "busy", ""
        self.running = True
        try:
            kind, content = await self._worker.ask(verb, plain(request), _in_words(told), _nothing)
            await self._worker.close()  # hundreds of megabytes that nobody will ask again
        finally:
            self.running = False
        match kind:
            case "result":
                return "result", restored(content)
            case "cancelled":
                return "stopped", ""
            case "refused":
                return "failed", f"{content['what']} {content['hint']}".strip()
            case "died":
                return "failed", f"The process ended by itself (exit code {content}); memory may have run out."
            case _:
                return "failed", str(content)


def _in_words(told: Callable[[str], None]) -> Callable[[str, Any], None]:
    def hear(kind: str, content: Any) -> None:  # noqa: ANN401 what a verb says on the way
        if kind == "phase":
            told(str(content))
        elif kind == "progress":
            told(f"{content[0]:.0%}: {content[1]}")

    return hear


def _nothing() -> None: ...
