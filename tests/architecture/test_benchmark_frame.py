"""The frame of the benchmarks finds them, judges them, and survives one that crashes."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import AREAS, Bar, median_cpu_seconds
from benchmarks.bars import table
from benchmarks.frame import Benchmark, discover, measure, run, write_results


def test_a_bar_knows_which_way_is_good() -> None:
    assert Bar.at_most("spine.x", 1, 2, unit="s").holds
    assert not Bar.at_most("spine.x", 3, 2, unit="s").holds
    assert Bar.at_least("spine.x", 3, 2, unit="ratio").holds
    assert not Bar.at_least("spine.x", 1, 2, unit="ratio").holds
    assert Bar.within("risk.x", 1.0, 0.9, 1.1, unit="ratio").holds
    assert not Bar.within("risk.x", 0.8, 0.9, 1.1, unit="ratio").holds


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_that_is_none_holds_nothing(value: float) -> None:
    assert not Bar.at_most("spine.x", value, 2, unit="s").holds
    assert not Bar.at_least("spine.x", value, 2, unit="s").holds
    assert not Bar.within("spine.x", value, 0, 2, unit="s").holds


@pytest.mark.parametrize("bar", [Bar.at_most("spine.x", 1.5, 2, unit="s"), Bar.within("risk.x", 1, 0.9, 1.1, unit="")])
def test_a_bar_survives_its_file(tmp_path: Path, bar: Bar) -> None:
    path = tmp_path / "results.json"
    write_results([bar], path)
    (row,) = json.loads(path.read_text(encoding="utf-8"))
    assert set(row) == {"bar", "value", "target", "unit", "compared_to", "holds"}
    assert Bar.from_row(row) == bar


def test_results_are_strict_json_also_without_a_figure(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_results([Bar.at_most("spine.x", math.nan, 2, unit="s")], path)
    assert "NaN" not in path.read_text(encoding="utf-8")


def test_the_table_says_clearly_which_bars_fail() -> None:
    lines = table([Bar.at_most("spine.a", 1, 2, unit="s"), Bar.at_most("spine.b", 3, 2, unit="s")]).splitlines()
    assert lines[2].startswith("holds  spine.a")
    assert lines[3].startswith("FAILS  spine.b")


def test_every_benchmark_of_the_project_has_a_known_area() -> None:
    found = discover()
    assert Benchmark("cold_import", "import") in found
    assert [each.area for each in found] == sorted((each.area for each in found), key=AREAS.index)


def test_an_unknown_area_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text('AREA = "typo"\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.py: AREA is 'typo'; the areas are import, spine"):
        discover(tmp_path)


def test_modules_without_an_area_are_not_benchmarks(tmp_path: Path) -> None:
    (tmp_path / "instances.py").write_text("SIZE = 5\n", encoding="utf-8")
    assert discover(tmp_path) == []


def test_a_bar_named_after_another_area_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import benchmarks.cold_import as cold

    monkeypatch.setattr(cold, "bars", lambda: [Bar.at_most("peer.x", 1, 2, unit="s")])
    with pytest.raises(ValueError, match=r"'peer\.x' must be named 'import\.<name>'"):
        measure("cold_import")


def test_a_benchmark_that_crashes_leaves_its_reason() -> None:
    outcome = run(Benchmark("no_such_benchmark", "spine"))
    assert outcome.bars == ()
    assert "no_such_benchmark" in outcome.error


def test_one_area_from_the_command_line_writes_its_bars(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--only", "import", "--into", str(path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert [row["bar"] for row in rows] == ["import.cold_import"]
    assert "import.cold_import" in done.stdout


def test_threads_are_limited_before_numpy_is_there(root: Path) -> None:
    program = "import sys, os, benchmarks; print(os.environ['OMP_NUM_THREADS'], 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_the_clock_counts_work_and_not_waiting() -> None:
    runs = []
    assert median_cpu_seconds(lambda: runs.append(1), repeats=3, warm_ups=2) >= 0
    assert len(runs) == 5
