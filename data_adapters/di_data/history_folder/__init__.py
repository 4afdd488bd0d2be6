"""A folder of dated files (prices, index membership, holdings sheets, corporate actions) as markets and targets."""

from __future__ import annotations

from di_data.history_folder.actions import CorporateActions, Merger, SpinOff, Split
from di_data.history_folder.books import Books
from di_data.history_folder.folder import HistoryFolder
from di_data.history_folder.weights import DatedTarget

__all__ = ["Books", "CorporateActions", "DatedTarget", "HistoryFolder", "Merger", "SpinOff", "Split"]
