"""What a cost model falls back to when it no longer holds: a rule, not a judgement.

Problem: a model that is off is used on, because nobody decides. Decision, fixed before anyone looks:
where the interval of dollars paid over predicted leaves out 1 two months in a row, on the same side, the
trees are switched off; after two more such months of the law alone the prior takes over. On the same
side, because a model that is off is off in one direction, and chance is not: that halves how often a
right model steps down. Limits: the rule never steps up; a model that is trained anew starts again at the top.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from di_models.cost.learned import LearnedCostModel, untrained
from di_models.cost.monitoring import MONTHS_IN_A_ROW, MonthOfCosts

__all__ = ["Level", "level_in_use", "stepped_down"]


class Level(StrEnum):
    """What a prediction rests on, richest first."""

    TREES = "law and trees"
    LAW = "law alone"
    PRIOR = "prior"


def level_in_use(months: Mapping[Level, Sequence[MonthOfCosts]], start: Level = Level.TREES) -> tuple[Level, str]:
    """The level that the rule leaves in use after these months, and why, in one sentence.

    Parameters
    ----------
    months : Mapping of Level to sequence of MonthOfCosts
        The same months by each level's predictions; of ``start`` and every level below it but the prior.
    start : Level
        What was in use in the first month.
    """
    levels = list(Level)
    at, run, side, told = levels.index(start), 0, 0, ""
    count = len(months[start])
    for k in range(count):
        if levels[at] is Level.PRIOR:
            break
        month = months[levels[at]][k]
        run, side = (run + 1 if month.off == side else 1) if month.off else 0, month.off
        if run >= MONTHS_IN_A_ROW:
            at, run = at + 1, 0
            told = (
                f"From {month.month + 1} on the {levels[at]} is used: in {month.month - 1} and {month.month} the "
                f"dollars paid over those predicted by the {levels[at - 1]} left out 1 "
                f"(last {month.paid_over_predicted})."
            )
    return levels[
        at
    ], told or f"The model stays at its {levels[at]}: no two months in a row left out 1 on the same side."


def stepped_down(model: LearnedCostModel, level: Level) -> LearnedCostModel:
    """The model at a level: as it is, without its trees, or its prior."""
    if level is Level.PRIOR:
        return untrained(model.prior)
    if level is Level.TREES:
        return model
    plain = copy.copy(model)
    plain.gate_, plain.trees_ = replace(model.gate_, share=0.0), None
    plain.provenance_ = f"{model.provenance_}; trees switched off by the fallback rule"
    return plain
