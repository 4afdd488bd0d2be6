"""What the tests of the architecture look at: the repository's own files."""

import subprocess
from pathlib import Path

import pytest

PACKAGES = ("di_advisor", "models/di_models", "data_adapters/di_data")


@pytest.fixture(scope="session")
def repository_files(root: Path) -> list[Path]:
    """Return every file that is tracked or would be: what git ignores is left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(root / name for name in listed.stdout.split("\0") if name and (root / name).is_file())


@pytest.fixture(scope="session")
def python_files(repository_files: list[Path]) -> list[Path]:
    """Return every Python file of the repository."""
    return [path for path in repository_files if path.suffix == ".py"]


@pytest.fixture(scope="session")
def package_modules(root: Path, python_files: list[Path]) -> list[Path]:
    """Return every module of the three packages that the wheel ships."""
    folders = [root / package for package in PACKAGES]
    return [path for path in python_files if any(path.is_relative_to(folder) for folder in folders)]
