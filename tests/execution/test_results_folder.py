"""A folder of results only grows, drops what was cut off, and tells what is not what was written."""

from pathlib import Path

import pytest

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError
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
