"""What README and CONTRIBUTING tell people to type works."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

import di_advisor
from di_advisor import Mandate, Workspace
from di_advisor.cli import main

PAPERS = ("README.md", "CONTRIBUTING.md", "models/README.md", "data_adapters/README.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)\)")


def blocks(path: Path, *languages: str) -> list[str]:
    """Return the fenced blocks of a paper in these languages."""
    return [text for language, text in FENCE.findall(path.read_text(encoding="utf-8")) if language in languages]


def commands(path: Path) -> list[list[str]]:
    """Return the commands in a paper's console blocks, as lists of words."""
    joined = "\n".join(blocks(path, "console", "powershell")).replace("\\\n", " ")
    lines = [line.removeprefix("$ ").partition(" #")[0].strip() for line in joined.splitlines()]
    return [shlex.split(line.replace("\\", "/")) for line in lines if line and not line.startswith("#")]


def said_after(root: Path, program: str) -> list[list[str]]:
    """Return the arguments of every command in the papers that starts `program`."""
    found = [words for paper in PAPERS for words in commands(root / paper)]
    return [words[1:] for words in found if Path(words[0]).name == program]


@cache
def cli_help(*arguments: str) -> tuple[int, str, str]:
    """Return the exit code, the help and the errors of a command; asked in this process, once a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*arguments, "--help"])
    return code, out.getvalue(), err.getvalue()


def test_every_make_target_that_is_named_exists(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    said = [words for words in said_after(root, "make") if words]
    assert {"demo", "test", "lab"} <= {words[0] for words in said}
    assert [words for words in said if words[0] not in targets] == []
    variables = {word.partition("=")[0] for words in said for word in words[1:]}
    assert {name for name in variables if not re.search(rf"^{name} \?=", makefile, re.MULTILINE)} == set()


def test_every_command_and_option_of_the_command_line_that_is_named_exists(root: Path) -> None:
    said = said_after(root, "di-advisor")
    assert said
    for words in said:
        verb, *options = words
        nested = 2 if words[:2] == ["data", "bundle"] else int(verb in {"costs", "data", "ledger"})
        code, told, errors = cli_help(*words[: 1 + nested])
        assert code == 0, f"di-advisor {' '.join(words[: 1 + nested])}: {errors}"
        unknown = [word for word in options if word.startswith("--") and word.partition("=")[0] not in told]
        assert unknown == [], f"di-advisor {verb} has no {unknown}"


def test_the_installation_without_make_uses_files_that_exist(root: Path) -> None:
    installs = [words for words in said_after(root, "python") if words[:3] == ["-m", "pip", "install"]]
    assert installs
    for words in installs:
        assert words[3:] == ["-c", "constraints.txt", "-e", "."]
        assert (root / "constraints.txt").is_file()


def test_python_in_the_readme_runs_as_it_stands(root: Path, tmp_path: Path) -> None:
    snippets = blocks(root / "README.md", "python")
    assert snippets
    script = tmp_path / "readme.py"
    script.write_text("\n".join(snippets), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("paper", PAPERS)
def test_every_local_link_leads_somewhere(root: Path, paper: str) -> None:
    links = LINK.findall((root / paper).read_text(encoding="utf-8"))
    assert [link for link in links if not ((root / paper).parent / link).exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_every_path_that_is_named_in_code_type_exists(root: Path, paper: str) -> None:
    named = re.findall(r"`([\w.]+(?:/[\w.]+)+/?)`", (root / paper).read_text(encoding="utf-8"))
    made = {"benchmarks/results.json", "build/demo", "build/labs"}
    assert [name for name in named if name.rstrip("/") not in made and not (root / name).exists()] == []


WISH = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
UNITS = {"_usd": "dollars", "_days": "days", "_years": "years", "_per_year": "fraction per year", "_band": "fractions"}


def wishes_told(root: Path) -> list[tuple[str, str, str]]:
    """Return the rows of the README's table of wishes: name, unit, what it does."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    return WISH.findall(readme[readme.index("### Wishes") : readme.index("### Your own terms")])


def test_the_table_of_wishes_names_every_field_of_a_mandate_in_its_order(root: Path) -> None:
    assert [name for name, _, _ in wishes_told(root)] == [f.name for f in fields(Mandate)]


def test_the_unit_of_a_wish_is_the_one_that_its_name_says(root: Path) -> None:
    for name, unit, _ in wishes_told(root):
        said = next((u for ending, u in UNITS.items() if name.endswith(ending)), "")
        assert said in unit, f"{name} is told in {unit}"


def test_types_and_methods_that_the_section_on_wishes_names_exist(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("### Wishes") : readme.index("### Your own terms")]
    types = {name for code in re.findall(r"`([^`]+)`", section) for name in re.findall(r"\b[A-Z][a-z]\w+", code)}
    assert {"EsgWish", "ReturnInputs", "TransitionWish"} <= types
    assert types - set(di_advisor.__all__) == set()
    methods = set(re.findall(r"workspace\.(\w+)\(", section))
    assert {name for name in methods if not hasattr(Workspace, name)} == set()


def test_every_notebook_is_listed(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    stored = {f"notebooks/{path.name}" for path in (root / "notebooks").glob("*.ipynb")}
    assert stored
    assert stored - set(re.findall(r"`(notebooks/\w+\.ipynb)`", readme)) == set()


def test_the_public_names_are_sorted() -> None:
    assert di_advisor.__all__ == sorted(di_advisor.__all__)
