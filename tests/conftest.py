"""What every test may ask for: the shared input folder, a Chromium, and hypothesis in the right profile."""

import os
import shutil
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI", "").lower() == "true"

# No deadline: a test never judges by the clock. In CI the same examples every time, and a blob that replays a failure.
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if IN_CI else "dev")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared test inputs, beside the repository or where DI_SHARED says."""
    folder = Path(os.environ.get("DI_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the folder of shared inputs, and {folder} does not exist (DI_SHARED names another)")
    return folder


def chromium_executable() -> str | None:
    """Return the path of an installed Chromium, or of what DI_CHROMIUM names, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    candidates = (os.environ.get("DI_CHROMIUM"), *map(shutil.which, names))
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium for playwright's ``executable_path``."""
    executable = chromium_executable()
    if executable is None:
        reason = "needs Chromium, and none is installed (DI_CHROMIUM names one elsewhere)"
        if IN_CI:
            pytest.fail(f"{reason}; in CI that is a failure, not a skip")
        pytest.skip(reason)
    return executable


@pytest.fixture(autouse=True)
def _browser_tests_have_a_browser(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("browser") is not None:
        request.getfixturevalue("chromium")
