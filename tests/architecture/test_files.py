"""Rules about files: their length, what they may name, what they may load."""

import ast
import json
import re
from pathlib import Path

import pytest

LONGEST_FILE_LINES = 400

# Written in pieces, so that this file does not hold what it forbids.
REGISTRY_HOSTS = re.compile(
    r"pypi\.(?:org|io)|python(?:hosted)|registry\.(?:npmjs|yarnpkg)|deb\.debian|conda\.anaconda"
)
MACHINE_PATHS = re.compile(r"(?<![\w.\-])/(?:work|root|home|farm|tmp|Users)/[\w.]|[A-Za-z]:\\Users\\\w")

# Formats whose files can run code when they are read.
LOADER_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
LOADER_CALLS = {"read_pickle", "to_pickle", "eval", "exec"}


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def hits(files: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in files
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def loaders(source: str) -> list[str]:
    """Return what a module imports or calls that can run code hidden in a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [each.name for each in names if each.name.partition(".")[0] in LOADER_MODULES]
            case ast.ImportFrom(module=str(module), level=0) if module.partition(".")[0] in LOADER_MODULES:
                found.append(module)
            case ast.Call(func=ast.Name(id=name)) if name in LOADER_CALLS:
                found.append(name)
            case ast.Call(func=ast.Attribute(attr=("read_pickle" | "to_pickle") as name)):
                found.append(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="yaml"), attr=("load" | "load_all") as name)):
                found.append(f"yaml.{name}")
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                found.append("allow_pickle=True")
    return found


def test_no_python_file_is_longer_than_one_idea(python_files: list[Path]) -> None:
    assert python_files
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_no_file_names_the_host_of_a_package_registry(repository_files: list[Path]) -> None:
    assert hits(repository_files, REGISTRY_HOSTS) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on(repository_files: list[Path]) -> None:
    assert hits(repository_files, MACHINE_PATHS) == []


@pytest.mark.parametrize("path", ["/" + "work/main", "/" + "root/.cache", "'/" + "home/ann/x'", "C:" + "\\Users\\ann"])
def test_the_search_for_machine_paths_finds_one(path: str) -> None:
    assert MACHINE_PATHS.search(f"see {path}")


@pytest.mark.parametrize("path", ["../shared/data", "build/demo", "https://example.com/" + "home/x", "~/" + "work"])
def test_the_search_for_machine_paths_leaves_relative_paths_alone(path: str) -> None:
    assert not MACHINE_PATHS.search(f"see {path}")


def test_nothing_loads_a_format_that_can_run_code(root: Path, package_modules: list[Path]) -> None:
    found = {
        str(path): loaders(path.read_text(encoding="utf-8"))
        for path in [*package_modules, *(root / "benchmarks").glob("*.py")]
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import pandas as pd\npd.read_pickle('x')",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "import yaml\nyaml.load('x')",
        "eval('1')",
    ],
)
def test_the_search_for_such_loaders_finds_one(source: str) -> None:
    assert loaders(source)


def test_notebooks_are_stored_without_outputs(repository_files: list[Path]) -> None:
    stored = []
    for path in repository_files:
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            stored += [
                f"{path}, cell {number}"
                for number, cell in enumerate(cells, 1)
                if cell.get("outputs") or cell.get("execution_count")
            ]
    assert stored == []


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "LICENSE"])
def test_the_repository_has_its_papers(root: Path, name: str) -> None:
    assert (root / name).read_text(encoding="utf-8").strip()


def test_the_changelog_has_a_place_for_what_is_not_released(root: Path) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    assert section
    assert "- " in section[1]
