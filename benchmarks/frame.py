"""Finds the benchmarks, runs each in a fresh interpreter, and keeps the results.

Problem: benchmarks import half the scientific stack and warm each other's caches; one that crashes must not hide the
others. Decision: a module's area is read from its source without importing it, and each module runs in a process of
its own that hands back its bars as JSON. Limits: modules run one after another, because they would slow each other
down.
"""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import AREAS
from benchmarks.bars import Bar

__all__ = ["Benchmark", "Outcome", "discover", "measure", "run", "write_results"]

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Benchmark:
    """A module of the package `benchmarks` and the area it belongs to."""

    module: str
    area: str


@dataclass(frozen=True)
class Outcome:
    """What came of one benchmark: its bars, or why there are none, and the tables that it wrote beside them."""

    benchmark: Benchmark
    bars: tuple[Bar, ...]
    error: str = ""
    tables: str = ""


def discover(folder: Path = _HERE) -> list[Benchmark]:
    """Return the benchmarks of `folder`, in the order of `AREAS` and then by name.

    Raises
    ------
    ValueError
        A module's ``AREA`` is not one of `AREAS`.
    """
    found = []
    for path in sorted(folder.glob("*.py")):
        area = _area(path)
        if area is None:
            continue
        if area not in AREAS:
            message = f"{path.name}: AREA is {area!r}; the areas are {', '.join(AREAS)}"
            raise ValueError(message)
        found.append(Benchmark(path.stem, area))
    return sorted(found, key=lambda each: (AREAS.index(each.area), each.module))


def measure(module: str) -> list[Bar]:
    """Import one benchmark and measure its bars in this process.

    Raises
    ------
    ValueError
        A bar is not named ``area.name`` with the area of its module.
    """
    benchmark = importlib.import_module(f"benchmarks.{module}")
    bars: list[Bar] = benchmark.bars()
    for bar in bars:
        if not bar.bar.startswith(f"{benchmark.AREA}."):
            message = f"benchmarks.{module}: the bar {bar.bar!r} must be named '{benchmark.AREA}.<name>'"
            raise ValueError(message)
    return bars


def run(benchmark: Benchmark) -> Outcome:
    """Measure one benchmark in a fresh interpreter; a crash becomes the outcome's error."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        rows = Path(folder) / "bars.json"
        command = [sys.executable, "-m", "benchmarks", "--measure", benchmark.module, "--into", str(rows)]
        done = subprocess.run(command, cwd=_HERE.parent, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not rows.exists():
            return Outcome(benchmark, (), done.stderr.strip() or f"exit code {done.returncode} without a word")
        bars = tuple(Bar.from_row(row) for row in json.loads(rows.read_text(encoding="utf-8")))
    return Outcome(benchmark, bars, tables=done.stdout.strip())


def write_results(bars: Iterable[Bar], path: Path) -> None:
    """Write bars as a JSON list, one object each."""
    path.write_text(json.dumps([bar.as_row() for bar in bars], indent=1) + "\n", encoding="utf-8")


def _area(path: Path) -> str | None:
    """Return the literal assigned to ``AREA`` at the top of a module, without importing it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="AREA")], value=ast.Constant(value=str(area))):
                return area
            case ast.AnnAssign(target=ast.Name(id="AREA"), value=ast.Constant(value=str(area))):
                return area
            case _:
                continue
    return None
