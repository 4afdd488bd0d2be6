"""What stands in a folder of results."""

from pathlib import Path

from di_advisor.execution.results_folder import ResultsFolder


def lines(folder: Path) -> list[bytes]:
    """Every line of a folder of results, sorted."""
    return sorted(line for part in folder.glob("part-*.jsonl") for line in part.read_bytes().splitlines())


def keys(folder: Path) -> list[str]:
    """The key of every line that was written, in order."""
    return [row["key"] for row in ResultsFolder.open(folder).records()]
