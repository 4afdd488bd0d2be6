"""Runs: what was asked, as a value that can be saved, opened again, and repeated from code.

>>> from di_advisor.runs import RunSpec, SampleSource, run
>>> run(RunSpec(SampleSource(), "young"))  # doctest: +SKIP
"""

from di_advisor.runs.decisions import Decisions
from di_advisor.runs.facts import Facts, facts_of
from di_advisor.runs.run import RunResult, run, workspace_of
from di_advisor.runs.spec import FileSource, FleetSource, KernelSource, Models, RunSpec, SampleSource, Source

__all__ = [
    "Decisions",
    "Facts",
    "FileSource",
    "FleetSource",
    "KernelSource",
    "Models",
    "RunResult",
    "RunSpec",
    "SampleSource",
    "Source",
    "facts_of",
    "run",
    "workspace_of",
]
