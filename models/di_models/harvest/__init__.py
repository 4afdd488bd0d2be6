"""Harvest value: the exact program of one lot, and what is learned from it."""

from __future__ import annotations

from di_models.harvest.program import Grid, LotMarket, LotProgram, solve, value_bps_per_year

__all__ = ["Grid", "LotMarket", "LotProgram", "solve", "value_bps_per_year"]
