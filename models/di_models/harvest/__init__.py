"""Harvest value: the exact program of one lot, what is learned from it, and the models behind the port."""

from __future__ import annotations

from di_models.harvest.model import ProgramHarvestModel, SurrogateHarvestModel
from di_models.harvest.program import Grid, LotMarket, LotProgram, solve, value_bps_per_year
from di_models.harvest.surrogate import HarvestSurrogate

__all__ = [
    "Grid",
    "HarvestSurrogate",
    "LotMarket",
    "LotProgram",
    "ProgramHarvestModel",
    "SurrogateHarvestModel",
    "solve",
    "value_bps_per_year",
]
