"""A cell for the notebook, asked of JupyterLab; told whether anybody there wrote it.

Problem: a kernel cannot write into its notebook. Decision: a comm to the extension, which inserts the cell
in the window that was used last and answers; where none listens, the host closes the comm or stays silent,
and that is an answer too. A window that is busy answers late: the silence is told early, and heard out.
Limits: nothing is ever inserted unasked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

__all__ = ["ANSWER_WITHIN_SECONDS", "insert_cell"]

TARGET: Final = "di_advisor.lab"
ANSWER_WITHIN_SECONDS = 3.0
HEARD_OUT_SECONDS = 30.0


async def insert_cell(source: str, window: str, silent: Callable[[], None]) -> bool:
    """Ask for a code cell below the active one.

    Parameters
    ----------
    source : str
        The cell's text.
    window : str
        Name of the browser window whose notebook it is for (`Guard.window`).
    silent : callable
        Called where there is no answer within `ANSWER_WITHIN_SECONDS`; one may still come.

    Returns
    -------
    bool
        Whether it was inserted.
    """
    from comm import create_comm

    loop = asyncio.get_running_loop()
    heard: asyncio.Future[bool] = loop.create_future()

    def hear(message: Any) -> None:  # noqa: ANN401 as comm calls it
        if not heard.done():
            heard.set_result(bool(message.get("content", {}).get("data", {}).get("inserted")))

    def pass_on(message: Any) -> None:  # noqa: ANN401 comm may call from another thread
        loop.call_soon_threadsafe(hear, message)

    comm = create_comm(target_name=TARGET, data={"insert": source, "window": window})
    comm.on_msg(pass_on)
    comm.on_close(pass_on)
    try:
        done, _ = await asyncio.wait([heard], timeout=ANSWER_WITHIN_SECONDS)
        if not done:
            silent()
            done, _ = await asyncio.wait([heard], timeout=HEARD_OUT_SECONDS)
        return bool(done) and heard.result()
    finally:
        comm.close()
