"""A folder of results only grows, drops what was cut off, and tells what is not what was written."""

import subprocess
import sys
from pathlib import Path

import pytest

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError, StoreError
from di_advisor.execution.results_folder import ResultsFolder

FACTS = {"facts": "abc"}


def written(path: Path, *keys: str) -> None:
    with ResultsFolder.open(path, FACTS) as folder:
        for key in keys:
            folder.append([{"key": key, "value": f"of {key}"}])


def keys(path: Path) -> list[str]:
    return [r["key"] for r in ResultsFolder.open(path).records()]


def test_each_start_appends_to_a_part_of_its_own(tmp_path: Path) -> None:
    written(tmp_path, "a", "b")
    written(tmp_path, "c")
    assert [p.name for p in sorted(tmp_path.glob("part-*"))] == ["part-0001.jsonl", "part-0002.jsonl"]
    assert keys(tmp_path) == ["a", "b", "c"]


def test_a_last_line_that_was_cut_off_is_dropped_at_every_length(tmp_path: Path) -> None:
    written(tmp_path, "a", "b")
    part = tmp_path / "part-0001.jsonl"
    whole = part.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        part.write_bytes(whole[:end])
        assert keys(tmp_path) == ["a"]


def test_a_line_in_the_middle_that_was_changed_is_an_error_that_names_it(tmp_path: Path) -> None:
    written(tmp_path, "a", "b")
    part = tmp_path / "part-0001.jsonl"
    part.write_bytes(part.read_bytes().replace(b"of a", b"of x"))
    with pytest.raises(DamagedStoreError, match=r"Line 1 of .*part-0001"):
        keys(tmp_path)


def test_a_folder_of_other_facts_or_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "a")
    with pytest.raises(InputError, match="rest on something else: facts differ"):
        ResultsFolder.open(tmp_path, {"facts": "other"})
    head = tmp_path / "run.json"
    head.write_text(head.read_text(encoding="utf-8").replace('"schema_version": 1', '"schema_version": 2'), "utf-8")
    with pytest.raises(NewerSchemaError):
        ResultsFolder.open(tmp_path)
    head.write_text("{", "utf-8")
    with pytest.raises(DamagedStoreError):
        ResultsFolder.open(tmp_path)


def test_reading_where_nothing_was_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no run"):
        ResultsFolder.open(tmp_path / "none")


FULL = """
import resource, signal, sys
from pathlib import Path
from di_advisor.errors import StoreError
from di_advisor.execution.results_folder import ResultsFolder, written_whole

path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
try:
    with ResultsFolder.open(path, {"facts": "abc"}) as folder:
        for i in range(9):
            folder.append([{"key": f"k{i}", "value": "x" * 3_000}])
except StoreError as error:
    print(i, error)
try:
    written_whole(path / "small.json", "x" * 20_000)
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_is_one_clear_error_and_what_was_written_before_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run"
    program = [sys.executable, "-c", FULL, str(path)]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0].startswith(f"3 Results cannot be written to {path}: File too large. Hint: Make room")
    assert said[1] == "File too large"
    assert sorted(p.name for p in path.iterdir()) == ["part-0001.jsonl", "run.json"]  # no half of a file is left
    assert keys(path) == ["k0", "k1", "k2"]
    written(path, "k3")
    assert keys(path) == ["k0", "k1", "k2", "k3"]


class _Full:
    """A part that takes some of what it is given, once, and cannot be closed either."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, body: bytes) -> None:
        self.path.write_bytes(body[: len(body) // 2])
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        raise OSError(28, "No space left on device")


def test_what_comes_after_a_write_that_failed_goes_into_a_part_of_its_own(tmp_path: Path) -> None:
    with ResultsFolder.open(tmp_path, FACTS) as folder:
        folder._file = _Full(tmp_path / "part-0001.jsonl")  # type: ignore[assignment]
        with pytest.raises(StoreError, match="No space left on device"):
            folder.append([{"key": "a"}, {"key": "b"}])
        folder.append([{"key": "c"}])
    assert keys(tmp_path)[-1] == "c"
