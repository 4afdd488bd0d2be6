"""What training commands say while they work: each stage once, a line at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["each_stage_once", "say"]


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def each_stage_once() -> Callable[[float, str], None]:
    """Is told the share that is done and the stage; says a stage when it changes, and not after each tree."""
    last = ""

    def told(_: float, stage: str) -> None:
        nonlocal last
        if stage != last:
            last = stage
            say(stage)

    return told
