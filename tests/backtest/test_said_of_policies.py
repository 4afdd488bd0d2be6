"""What the papers say of our policies in wealth is said plainly, and with the same figures everywhere."""

import json
import re
from pathlib import Path

import benchmarks.rebalance_value

_POLICIES = ("annual", "quarterly", "monthly", "threshold")
_WEALTH = r"([+-]\d\.\d\d \(-?\d\.\d\d to -?\d\.\d\d\))"
_LOSES = "does not beat `monthly` or `threshold` in after-tax wealth"


def _readme(root: Path) -> str:
    text = (root / "README.md").read_text(encoding="utf-8")
    return text[text.index("## When to act") : text.index("## Real data in minutes")]


def _notebook(root: Path) -> str:
    cells = json.loads((root / "notebooks" / "05_backtest_policies.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return next(text for text in texts if text.startswith("## What real prices said"))


def _wealth(text: str) -> dict[str, str]:
    """Difference in wealth with its interval, by the policy that heads the row."""
    rows = {policy: re.search(rf"^\| `{policy}` \|.*?{_WEALTH}", text, re.MULTILINE) for policy in _POLICIES}
    return {policy: found.group(1) for policy, found in rows.items() if found}


def test_that_our_policy_does_not_win_is_said_in_the_readme_and_in_the_notebook(root: Path) -> None:
    for text in (_readme(root), _notebook(root)):
        assert _LOSES in " ".join(text.split())


def test_readme_and_notebook_say_the_same_figures(root: Path) -> None:
    assert set(_wealth(_readme(root))) == set(_POLICIES)
    assert _wealth(_readme(root)) == _wealth(_notebook(root))
    alpha = {
        p: re.search(rf"^\| `{p}` \| (\d+) \| (\d+) \|", _readme(root), re.MULTILINE) for p in ("monthly", "rested")
    }
    told = "({} against {} bps a year all sold, {} against {} in step-up)"
    assert alpha["monthly"]
    assert alpha["rested"]
    pairs = zip(alpha["rested"].groups(), alpha["monthly"].groups(), strict=True)
    assert told.format(*(figure for pair in pairs for figure in pair)) in " ".join(_notebook(root).split())


def test_what_is_said_of_the_learned_policy_is_what_its_benchmark_says(root: Path) -> None:
    measured = " ".join((benchmarks.rebalance_value.__doc__ or "").split())
    for found in re.findall(r"(-2,557 USD|\+1,233)", " ".join(_readme(root).split())):
        assert found in measured
    for text in (_readme(root), _notebook(root)):
        assert {"-2,557", "+1,233"} <= set(re.findall(r"[+-]\d,\d{3}", text))
