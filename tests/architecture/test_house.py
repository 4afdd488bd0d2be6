"""The ground that everything stands on: installation, packaging, cold import, a closed network."""

import importlib.metadata
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import pytest_socket

HEAVY = ("cvxpy", "clarabel", "piqp", "pandas", "sklearn", "lightgbm", "matplotlib", "IPython", "ipywidgets")

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make; README has the lines without it")


def make(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def configuration(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel without isolation and without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=root,
        capture_output=True,
        check=True,
    )
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_three_typed_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    for package in ("di_advisor", "di_models", "di_data"):
        assert f"{package}/__init__.py" in names
        assert f"{package}/py.typed" in names
    roots = {name.partition("/")[0] for name in names if ".dist-info/" not in name and not _for_jupyter(name)}
    assert roots == {"di_advisor", "di_models", "di_data"}


def _for_jupyter(name: str) -> str:
    """Path within the JupyterLab extension, which goes where JupyterLab looks; empty for other files."""
    return name.partition(".data/data/share/jupyter/labextensions/di-advisor/")[2]


def test_the_wheel_brings_the_extension_to_where_jupyterlab_looks_and_not_a_second_time(
    wheel: zipfile.ZipFile, root: Path
) -> None:
    source = root / "di_advisor" / "ui" / "labextension"
    files = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {"package.json", "install.json", "static/remoteEntry.js"} <= files
    assert {inner for inner in map(_for_jupyter, wheel.namelist()) if inner} == files
    assert not [name for name in wheel.namelist() if name.startswith("di_advisor/ui/labextension")]


def test_the_wheel_leaves_no_file_of_the_packages_behind(
    wheel: zipfile.ZipFile, root: Path, repository_files: list[Path]
) -> None:
    outer = ("di_advisor", "models/di_models", "data_adapters/di_data")
    sources = {
        path.relative_to((root / package).parent).as_posix()
        for package in outer
        for path in repository_files
        if path.is_relative_to(root / package)
    }
    assert any(name.endswith(".html") for name in sources)
    extension = {name for name in sources if name.startswith("di_advisor/ui/labextension/")}
    assert sources - extension - set(wheel.namelist()) == set()


def test_the_wheel_names_the_command_the_plugins_and_the_licence(wheel: zipfile.ZipFile, configuration: dict) -> None:
    names = wheel.namelist()
    written = next(wheel.read(name).decode() for name in names if name.endswith("dist-info/entry_points.txt"))
    assert "di-advisor = di_advisor.cli:main" in written
    for group, plugins in configuration["project"]["entry-points"].items():
        assert f"[{group}]" in written
        for name, target in plugins.items():
            assert f"{name} = {target}" in written
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_entry_point_leads_to_something(configuration: dict) -> None:
    installed = {
        (point.group, point.name): point
        for point in importlib.metadata.distribution("di-advisor").entry_points
        if point.group.startswith("di_advisor.") or point.group == "console_scripts"
    }
    declared = {(group, name) for group, names in configuration["project"]["entry-points"].items() for name in names}
    assert declared | {("console_scripts", "di-advisor")} == set(installed), "run make install again"
    for point in installed.values():
        assert callable(point.load())


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, di_advisor; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")
def test_a_test_cannot_reach_beyond_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(pytest_socket.SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))


def test_a_test_can_talk_to_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"x")
            assert accepted.recv(1) == b"x"


def test_constraints_are_names_and_versions_only(root: Path) -> None:
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][\w.\-]*==[\w.!+]+", line)] == []
    assert [line for line in lines if "+" in line] == [], "a local version exists on one machine only"


def test_every_dependency_is_constrained(root: Path, configuration: dict) -> None:
    def normal(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    constrained = {normal(line.partition("==")[0]) for line in lines}
    project = configuration["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {normal(re.match(r"[\w.\-]+", each)[0]) for each in wanted}
    assert names - constrained == set()


@needs_make
def test_make_without_a_target_lists_what_it_can_do(root: Path) -> None:
    words = make(root).stdout
    for target in ("help", "demo", "lab", "test", "check", "bench", "constraints", "clean"):
        assert f"make {target} " in words


@needs_make
def test_make_names_the_python_it_needs_when_it_gets_an_old_one(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.1" && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    done = make(root, "demo", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.1" in done.stderr


@needs_make
def test_make_says_so_when_there_is_no_python(root: Path, tmp_path: Path) -> None:
    done = make(root, "demo", f"PYTHON={tmp_path / 'nowhere'}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode != 0
    assert "Install Python 3.11 or newer" in done.stderr


@needs_make
def test_the_second_demo_installs_nothing_and_the_first_no_development_tools(root: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    first = make(root, "--dry-run", "demo", f"VENV={venv}").stdout
    assert "pip --disable-pip-version-check install" in first
    assert "[dev]" not in first
    venv.mkdir()
    (venv / ".made").touch()
    (venv / ".runtime").touch()
    second = make(root, "--dry-run", "demo", f"VENV={venv}").stdout
    assert " install " not in second
    assert "di-advisor demo --out build/demo" in second


def test_ci_runs_what_a_developer_runs(root: Path) -> None:
    script = root / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert any(line.startswith("make check") for line in lines)
