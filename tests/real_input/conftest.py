"""The story is told once for all tests of it; it skips where the shared inputs are absent."""

from pathlib import Path

import pytest

from di_data.history_folder import HistoryFolder
from tests.real_input.story import Story, open_folder, tell


@pytest.fixture(scope="session")
def folder(shared: Path) -> HistoryFolder:
    """Real prices, membership and sheets, June 2020 to December 2022."""
    return open_folder(shared)


@pytest.fixture(scope="session")
def story(folder: HistoryFolder) -> Story:
    """The account, played through."""
    return tell(folder)
