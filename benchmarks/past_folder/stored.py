"""A panel in files: one Parquet file an array, its facts in JSON; written under another name and then renamed.

Limits: a folder that cannot be read is built again; nothing is executed from it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.past_folder.panel import Panel
from benchmarks.past_folder.quality import Quality

__all__ = ["read_panel", "write_panel"]

_ARRAYS = ("close_usd", "volume_usd", "dividend_usd", "spun", "total_return")


def write_panel(folder: Path, panel: Panel, quality: Quality) -> None:
    """Write a panel and its report, unless somebody else was quicker."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.parent.mkdir(parents=True, exist_ok=True)
    under = Path(tempfile.mkdtemp(dir=folder.parent))
    for name in _ARRAYS:
        columns = [pa.array(c) for c in np.ascontiguousarray(getattr(panel, name).T)]
        pq.write_table(pa.table(columns, names=list(panel.ids)), under / f"{name}.parquet", compression="zstd")
    facts = {
        "sessions": [panel.sessions[0].isoformat(), panel.sessions[-1].isoformat(), len(panel.sessions)],
        "ids": list(panel.ids),
        "raw": panel.raw.tolist(),
        "splits": [[row, j, str(ratio)] for (row, j), ratio in panel.splits.items()],
        "notes": quality.notes,
    }
    (under / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    try:
        under.replace(folder)
    except OSError:  # it is there already
        shutil.rmtree(under, ignore_errors=True)


def read_panel(folder: Path, sessions: tuple[date, ...]) -> tuple[Panel, Quality] | None:
    """A panel that was written, or None where there is none for these sessions."""
    import pyarrow.parquet as pq

    if not (folder / "facts.json").is_file():
        return None
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    if facts["sessions"] != [sessions[0].isoformat(), sessions[-1].isoformat(), len(sessions)]:
        return None
    arrays = {}
    for name in _ARRAYS:
        table = pq.read_table(folder / f"{name}.parquet", use_threads=False)
        arrays[name] = np.column_stack([c.to_numpy(zero_copy_only=False) for c in table.itercolumns()])
    panel = Panel(
        sessions=sessions,
        ids=tuple(facts["ids"]),
        splits={(int(row), int(j)): Fraction(ratio) for row, j, ratio in facts["splits"]},
        raw=np.array(facts["raw"], dtype=np.bool_),
        **arrays,
    )
    return panel, Quality({k: list(v) for k, v in facts["notes"].items()})
