"""The import contracts hold for the project, and fail on violations planted in a skeleton of it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

# Imports that someone in a hurry would write, and the contract that has to see each.
VIOLATIONS = [
    ("di_advisor/domain/planted.py", "import di_advisor.ledger", "di_advisor imports downward only"),
    ("di_advisor/ledger/planted.py", "from di_advisor import ports", "di_advisor imports downward only"),
    ("di_advisor/solve/planted.py", "from di_advisor.ui import panels", "di_advisor imports downward only"),
    ("di_advisor/fleet/planted.py", "import di_advisor.backtest", "di_advisor imports downward only"),
    ("di_advisor/shortcuts.py", "", "di_advisor imports downward only"),
    ("di_advisor/signals/planted.py", "import di_models.risk", "The inside never imports a plug-in"),
    ("di_advisor/cli.py", "import di_data", "The inside never imports a plug-in"),
    ("models/di_models/planted.py", "import di_data", "The plug-in packages do not import each other"),
    (
        "models/di_models/planted.py",
        "import di_advisor.ledger",
        "Plug-ins import domain, ports, units, errors and testing",
    ),
    (
        "data_adapters/di_data/planted.py",
        "import di_advisor",
        "Plug-ins import domain, ports, units, errors and testing",
    ),
    ("di_advisor/propose/planted.py", "import cvxpy as cp", "cvxpy and solvers only in formulate and solve"),
    ("models/di_models/planted.py", "def f():\n    import piqp", "cvxpy and solvers only in formulate and solve"),
    (
        "di_advisor/report/planted.py",
        "from IPython.display import HTML",
        "ipywidgets, anywidget and IPython only in ui",
    ),
    ("di_advisor/sample/planted.py", "import requests", "requests only in di_data"),
    ("di_advisor/signals/planted.py", "import sklearn.linear_model", "scikit-learn and lightgbm only in di_models"),
    ("data_adapters/di_data/planted.py", "import lightgbm", "scikit-learn and lightgbm only in di_models"),
    ("di_advisor/ledger/planted.py", "import sqlalchemy", "SQLAlchemy only in ledger.store"),
    ("di_advisor/fleet/planted.py", "from dask import distributed", "dask only in execution"),
]

# Imports that the contracts must leave alone.
RIGHTFUL = {
    "di_advisor/solve/rightful.py": "import cvxpy, piqp\nimport di_advisor.formulate",
    "di_advisor/formulate/rightful.py": "import cvxpy\nimport di_advisor.domain",
    "di_advisor/ui/rightful.py": "import ipywidgets, anywidget, IPython\nimport di_advisor.advisor",
    "di_advisor/advisor.py": "import di_advisor.solve\nimport di_advisor.registry",
    "di_advisor/ledger/store/rightful.py": "import sqlalchemy",
    "di_advisor/execution/rightful.py": "import dask",
    "di_advisor/testing/rightful.py": "import di_advisor.ports",
    "models/di_models/rightful.py": "import sklearn, lightgbm\nimport di_advisor.ports, di_advisor.testing",
    "data_adapters/di_data/rightful.py": "import requests\nimport di_advisor.domain, di_advisor.units",
}


def layer_names(root: Path) -> list[str]:
    """Return the names in the contract of layers, lowest last."""
    configuration = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["id"] == "layers")
    return [name for line in layers for name in re.findall(r"\w+", line)]


def write(path: Path, text: str) -> None:
    """Write a module and the ``__init__.py`` of each package that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.parents:
        (folder / "__init__.py").touch()
        if folder.name in {"di_advisor", "di_models", "di_data"}:
            break
    path.write_text(text + "\n", encoding="utf-8")


def lint(folder: Path) -> tuple[int, str]:
    """Run lint-imports on a copy of the project's layout and return its exit code and words."""
    path = os.pathsep.join(str(folder / name) for name in (".", "models", "data_adapters"))
    done = subprocess.run(
        [shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def lay_out(root: Path, tmp_path: Path) -> Path:
    """Fill a folder with the project's configuration and an empty module for each layer."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for name in layer_names(root):
        single = name in {"cli", "advisor", "registry", "compiled", "units", "errors"}
        write(tmp_path / "di_advisor" / (f"{name}.py" if single else f"{name}/__init__.py"), "")
    write(tmp_path / "models/di_models/risk.py", "")
    write(tmp_path / "data_adapters/di_data/csv_files.py", "")
    for name, text in RIGHTFUL.items():
        write(tmp_path / name, text)
    return tmp_path


def test_the_layers_are_those_of_the_project(root: Path) -> None:
    names = layer_names(root)
    assert names[0] == "cli"
    assert set(names[-2:]) == {"units", "errors"}
    assert len(names) == len(set(names))


def test_the_contracts_hold_for_a_skeleton_with_rightful_imports_only(root: Path, tmp_path: Path) -> None:
    code, words = lint(lay_out(root, tmp_path))
    assert code == 0, words
    assert "0 broken" in words


def planted(at: int) -> Path:
    """Where the violation of a number is planted: in a module of its own."""
    return Path(VIOLATIONS[at][0].replace("planted.py", f"planted_{at}.py"))


@pytest.fixture(scope="module")
def told(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each contract says of all violations at once."""
    folder = lay_out(root, tmp_path_factory.mktemp("skeleton"))
    for at, (_, text, _) in enumerate(VIOLATIONS):
        write(folder / planted(at), text)
    code, words = lint(folder)
    assert code != 0
    _, heading, broken = words.partition("Broken contracts")
    assert heading, words
    parts = re.split(r"^(.+)\n-{3,}$", broken, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("at", range(len(VIOLATIONS)), ids=lambda at: VIOLATIONS[at][1].replace("\n", " ")[:40] or None)
def test_a_planted_import_breaks_its_contract(told: dict[str, str], at: int) -> None:
    module = ".".join(planted(at).with_suffix("").parts).removeprefix("models.").removeprefix("data_adapters.")
    contract = VIOLATIONS[at][2]
    said = next((words for name, words in told.items() if name.startswith(contract)), "")
    assert re.search(rf"^- +{re.escape(module)}( ->|$)", said, re.MULTILINE), said
