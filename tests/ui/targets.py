"""What a child process of the tests runs: functions of an importable module."""

import os
import time
from typing import Any

from di_advisor.ui.plain import plain, restored
from tests.report.fakes import proposal

PRELOADED = ("tests.ui.targets",)
"""What the server of child processes imports once, so that each starts in milliseconds."""

OPENED = {"accounts": ("young", "seasoned"), "as_of": "2026-06-30", "names": 500, "label": "made up"}


def serves(pipe: Any) -> None:
    """Answer as the real child does, without opening anything."""
    asked = 0
    while True:
        try:
            verb, request = pipe.recv()
        except (EOFError, OSError):
            return
        asked += 1
        pipe.send(("phase", f"Question {asked}"))
        pipe.send(_answer(verb, request, asked))


def _answer(verb: str, request: Any, asked: int) -> tuple[str, Any]:
    match verb:
        case "open":
            return "result", plain(OPENED)
        case "give":
            return "result", plain(OPENED)
        case "propose":
            made = plain(proposal(4, 3))
            made["fields"]["account_id"] = restored(request)["spec"].account
            made["fields"]["notes"] = [f"question {asked}"]
            return "result", plain({"proposal": restored(made), "fingerprint": {"sample": "seed 7"}, "versions": {}})
        case "refuse":
            what = "The cap <b>50</b> is too low."
            return "refused", {"kind": "InfeasibleError", "what": what, "hint": "Raise it."}
        case "break":
            return "failed", "Traceback\n  <module>\nZeroDivisionError"
        case "die":
            os._exit(3)
        case "wait":
            while True:
                time.sleep(0.05)
        case _:
            return "result", request
