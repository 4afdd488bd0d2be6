"""What reaches a terminal: text whose control characters show as escapes, and the clock of the stages.

Problem: a name from a file can clear a terminal or turn its text around. Decision: everything that
is shown goes through `Screen`, line by line through `printable`; long lines of words are broken where the
window ends, on a terminal only. Limits: a letter counts as one column, also one that takes two.
"""

from __future__ import annotations

import io
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self, TextIO

from di_advisor.cli.wrapping import wrapped
from di_advisor.errors import InputWarning
from di_advisor.propose.proposal import Stage
from di_advisor.report.wording import printable

__all__ = ["Clock", "Progress", "Screen"]

_EVERY = 25
_LINE = 78


@dataclass
class Screen:
    """Two streams: what was asked for, and what is wrong or worth knowing.

    Attributes
    ----------
    out, err : TextIO
        Streams that are written to.
    """

    out: TextIO
    err: TextIO

    def __post_init__(self) -> None:
        for stream in (self.out, self.err):
            if isinstance(stream, io.TextIOWrapper):  # a console may not know every letter of a name
                stream.reconfigure(errors="backslashreplace")

    def show(self, text: str = "") -> None:
        """Show text of one or more lines."""
        self._write(self.out, text)

    def note(self, text: str) -> None:
        """Show what is worth knowing, on the error stream."""
        self._write(self.err, f"Note: {text}")

    def error(self, text: str) -> None:
        """Show what went wrong, on the error stream."""
        self._write(self.err, f"di-advisor: {text}")

    @contextmanager
    def noting_warnings(self) -> Iterator[None]:
        """Show each `InputWarning` of the block as a note, once; other warnings go where they always go."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", InputWarning)
            yield
        for text in dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, InputWarning)):
            self.note(text)
        for w in caught:
            if not issubclass(w.category, InputWarning):
                warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        lines = [printable(line) for line in text.split("\n")]
        if stream.isatty():
            width = shutil.get_terminal_size().columns
            lines = [part for line in lines for part in wrapped(line, width)]
        stream.write("".join(f"{line}\n" for line in lines))
        stream.flush()


@dataclass
class Progress:
    """Shows how far a long question is: one line that is written over on a terminal, else every 25th."""

    screen: Screen
    _width: int = 0

    def told(self, label: str, done: int, total: int) -> None:
        """Take what is asked now, how many are done, and how many are known of."""
        text = printable(f"{done + 1:,} of {total:,}: {label}")
        if self.screen.err.isatty():
            text = text[:_LINE]
            self.screen.err.write(f"\r{text.ljust(self._width)}")
            self.screen.err.flush()
            self._width = len(text)
        elif done and done % _EVERY == 0:
            self.screen.note(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            self.screen.err.write(f"\r{' ' * self._width}\r")
            self.screen.err.flush()


@dataclass
class Clock:
    """Seconds of each stage: of the processor, and on the wall."""

    stages: list[Stage] = field(default_factory=list)
    wall_seconds: list[float] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.stages.append(Stage(name, time.process_time() - cpu))
        self.wall_seconds.append(time.perf_counter() - wall)

    def table(self) -> str:
        """The stages in aligned columns, and their sum."""
        names = [s.name for s in self.stages] + ["total"]
        cpu = [s.cpu_seconds for s in self.stages]
        rows = zip(names, [*cpu, sum(cpu)], [*self.wall_seconds, sum(self.wall_seconds)], strict=True)
        width = max(map(len, names))
        head = f"  {'':<{width}}  {'CPU s':>7}  {'wall s':>7}"
        return "\n".join(
            ["Time spent", head, *(f"  {name:<{width}}  {used:>7.2f}  {wall:>7.2f}" for name, used, wall in rows)]
        )
