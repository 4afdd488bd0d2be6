"""What each exclusion costs in tracking error: alone, and all together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from di_advisor.domain.exclusions import Exclusion
from di_advisor.errors import InfeasibleError, SettlementError, UndecidedError
from di_advisor.propose.proposal import Proposal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["screen_costs"]


def screen_costs(ask: Callable[[tuple[Exclusion, ...]], Proposal], exclusions: tuple[Exclusion, ...]) -> pd.DataFrame:
    """One row without screens, one for each alone, and one for all together.

    Parameters
    ----------
    ask : callable
        The proposal under some exclusions, all other wishes kept.
    exclusions : tuple of Exclusion
        The screens.

    Returns
    -------
    DataFrame
        Columns: ``screens``, ``names_out``, ``index_weight`` (of the names out), ``tracking_error`` and
        ``tracking_error_cost`` against no screens (fractions per year), ``benefit_usd``, ``refused``. The plan
        weighs tax against risk, so a screen may also lower the tracking error of the plan that is best.
    """
    import pandas as pd

    cases: list[tuple[str, tuple[Exclusion, ...]]] = [("none", ())]
    cases += [(e.screen, (e,)) for e in exclusions]
    if len(exclusions) > 1:
        cases.append(("all together", exclusions))
    rows: list[dict[str, Any]] = []
    free: float | None = None
    for name, chosen in cases:
        row: dict[str, Any] = {"screens": name}
        try:
            proposal = ask(chosen)
        except (InfeasibleError, SettlementError, UndecidedError) as error:
            row["refused"] = str(error)
        else:
            out = {reason: None for s in proposal.screens for reason in s.reasons}
            error_now = proposal.after.tracking_error
            free = error_now if not chosen else free
            row |= {
                "names_out": len({reason.partition(":")[0] for reason in out}),
                "index_weight": sum(s.index_weight for s in proposal.screens),
                "tracking_error": error_now,
                "tracking_error_cost": None if free is None else error_now - free,
                "benefit_usd": float(proposal.benefit_usd),
                "refused": "",
            }
        rows.append(row)
    columns = ["screens", "names_out", "index_weight", "tracking_error", "tracking_error_cost", "benefit_usd"]
    return pd.DataFrame(rows, columns=[*columns, "refused"])
