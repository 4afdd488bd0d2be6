"""The past of the whole shared folder, and a small copy of some of its names that tests may spoil."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest

from benchmarks.past_folder import FolderPast, open_past
from benchmarks.past_folder.open_past import exchange_sessions
from benchmarks.past_folder.strands import FILES

SOME = (
    "AAPL MSFT NVDA GE XOM JNJ PG JPM BAC WMT KO PEP DIS INTC CSCO MRK PFE VZ AMZN GOOGL TSLA UTX RTX OTIS CARR DHR "
    "AFL FISV HON DOV FTV IP O NEE SHW CERN XLNX KSU "
    "VAR TIF ETFC NBL AGN TWTR"
).split()
SAMPLE = "prices/strand_tiingo_raw_2020-06_08.parquet"


@pytest.fixture(scope="session")
def data(shared: Path) -> Path:
    """The folder of shared files."""
    return shared / "data"


@pytest.fixture(scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of these tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DI_ADVISOR_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def past(data: Path, own_cache: Path) -> FolderPast:
    """The past of everything."""
    return open_past(data)


@pytest.fixture(scope="session")
def some_names(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the same form with some names only."""
    folder = tmp_path_factory.mktemp("some")
    for part in ("index", "corporate_actions"):
        shutil.copytree(data / part, folder / part, copy_function=shutil.copyfile)
        (folder / part).chmod(0o755)
    (folder / "prices").mkdir()
    for file in (*FILES.values(), SAMPLE):
        table = ds.dataset(data / file).to_table(filter=ds.field("ticker").isin(SOME))
        table.to_pandas().astype({"ticker": str}).to_parquet(folder / file)
    return folder


@pytest.fixture
def with_another_future(some_names: Path, tmp_path: Path) -> Callable[[date], Path]:
    """The folder with all rows after a day on other days, and without what happened or was announced later."""

    def make(day: date) -> Path:
        folder = tmp_path / some_names.name
        shutil.copytree(some_names, folder, copy_function=shutil.copyfile)
        later = np.array([d for d in exchange_sessions(date(2013, 1, 2), date(2022, 12, 30)) if d > day])
        moved = dict(zip(later.tolist(), np.random.default_rng(5).permutation(later).tolist(), strict=True))
        for file in (*FILES.values(), SAMPLE):
            rows = pd.read_parquet(folder / file)
            when = pd.to_datetime(rows["date"]).dt.date
            rows["date"] = [moved.get(d, d) for d in when]
            for column in ("close", "adj_close", "volume", "dividend", "ex_dividend"):
                if column in rows and file != SAMPLE:
                    # Not only on other days: other figures too.
                    rows.loc[(when > day).to_numpy(), column] *= 3 if column == "volume" else 1
            rows.sort_values(["ticker", "date"]).to_parquet(folder / file)
        _forget(folder, day)
        return folder

    return make


def _forget(folder: Path, day: date) -> None:
    """Take out changes, spin-offs and mergers after a day (renames stay: they are names, not news)."""
    noticed = exchange_sessions(day, date(2022, 12, 30))[5]
    path = folder / "index/pitindex_sp500_changes.csv"
    path.chmod(0o644)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows[(rows["date"] <= str(noticed)) | rows["reason"].str.startswith("rename")].to_csv(path, index=False)
    for file, column in (("spinoffs_sp500_2013_2026.csv", "ex_date"), ("royelee_dlret.csv", "observed_delist_date")):
        path = folder / "corporate_actions" / file
        path.chmod(0o644)
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows[rows[column] <= str(day)].to_csv(path, index=False)
