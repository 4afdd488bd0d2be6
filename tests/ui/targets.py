"""What a child process of the tests runs: functions of an importable module."""

import os
import time
from typing import Any

from di_advisor.ui.plain import plain, restored
from tests.report.fakes import proposal


def echo(request: Any, pipe: Any) -> None:
    pipe.send(("phase", "Thinking"))
    pipe.send(("result", request))


def never_ends(request: Any, pipe: Any) -> None:
    pipe.send(("phase", "Waiting"))
    while True:
        time.sleep(0.05)


def dies(request: Any, pipe: Any) -> None:
    os._exit(3)


def made_up_proposal(request: Any, pipe: Any) -> None:
    """A proposal for whatever was asked; it knows the account, and whether estimates came along."""
    pipe.send(("phase", "Solving"))
    asked = restored(request["choices"])
    made = plain(proposal(4, 3))
    made["fields"]["account_id"] = asked.account
    made["fields"]["notes"] = [f"estimates given: {request['risk'] is not None}"]
    pipe.send(("result", {"proposal": made, "risk": "risk", "costs": "costs"}))


def refuses(request: Any, pipe: Any) -> None:
    pipe.send(("refused", {"kind": "InfeasibleError", "what": "The cap <b>50</b> is too low.", "hint": "Raise it."}))


def breaks(request: Any, pipe: Any) -> None:
    pipe.send(("failed", "Traceback\n  <module>\nZeroDivisionError"))
