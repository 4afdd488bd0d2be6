"""Sweeping: what each value of one wish would do, every point a full plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.formatters import frontier_bundle

__all__ = ["frontier"]


def frontier(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, str]:
    """A frontier of one wish, all other wishes as in the spec.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``; ``field``, of `Mandate`; ``values`` of it, in order.
    say : Say
        Told how many values are done.

    Returns
    -------
    dict
        A bundle: picture, sentence and table.

    Raises
    ------
    DiAdvisorError
        As `Workspace.frontier`; values without a plan are said in the table instead.
    """
    spec, values = request["spec"], tuple(request["values"])
    workspace = desk.workspace(spec, say)
    asked = workspace.under(**desk.changes(spec, workspace))

    def told(done: int, of: int) -> None:
        say.progress(done / of, f"Solved {done} of {of} points")

    say.progress(0.0, f"Solving {len(values)} points")
    dial: dict[str, Any] = {str(request["field"]): values}
    drawn = asked.frontier(progress=told, **dial)
    say.phase("Drawing")
    return frontier_bundle(drawn)
