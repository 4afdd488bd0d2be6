"""Port of what trains cost models: the app and the command line reach training through it, and import no plug-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from di_advisor.domain.trade_history import TradeHistory
from di_advisor.domain.trained_costs import CostModelCard, CostTraining, WatchedCosts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CostTrainer"]


@runtime_checkable
class CostTrainer(Protocol):
    """Trains cost models, keeps each as a folder of text, and says how they do."""

    def history(self, orders: pd.DataFrame | Path) -> TradeHistory:
        """Past orders from a frame or a table (columns of `TradeHistory`, or the sample's), or of Path("sample")."""
        ...

    def recipe(self, file: Path) -> tuple[CostTraining, Path]:
        """How a recipe trains, and the orders that it names."""
        ...

    def train(
        self,
        history: TradeHistory,
        training: CostTraining,
        folder: Path,
        *,
        told: Callable[[float, str], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> CostModelCard:
        """Train, test by walking forward, and store.

        Parameters
        ----------
        history : TradeHistory
            Parent orders.
        training : CostTraining
            Day, seed, blocks, prior.
        folder : Path
            Of the model, written whole or not at all; its parent exists.
        told : callable, optional
            Told the share of the trees that is done, and where that is, in words.
        cancel : callable, optional
            Asked after each tree; True stops, and nothing is stored.

        Raises
        ------
        UnfinishedError
            If it was cancelled.
        StoreError
            If the folder cannot be written.
        """
        ...

    def card(self, folder: Path | None = None) -> CostModelCard:
        """Card of a stored model after every byte was checked; of the one that ships, without a folder.

        Raises
        ------
        StoreError
            If there is none, or it is not what was written.
        """
        ...

    def watch(self, folder: Path | None, history: TradeHistory, *, since: date, seed: int = 0) -> WatchedCosts:
        """Predicted against paid by month from a day on, what drifted, and what to fall back to.

        Raises
        ------
        InputError
            If no order is of that day or later.
        """
        ...
