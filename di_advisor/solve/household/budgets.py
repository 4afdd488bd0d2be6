"""Whether the accounts of a return can keep its budgets at all: the proof that no plans were missed.

Problem: a search that finds no plans within the budgets of a return proves nothing. Decision: the least net gain
of each account over all of its plans, discrete choices included, is bounded from below by an integer program; where
these add up to more than the gain budget, no plans keep it. Limits: of a tax budget nothing is proved, and of large
accounts only what the relaxation of that program says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, SolveError, UndecidedError
from di_advisor.formulate.household import SharedReturn
from di_advisor.solve.complete import nodes_for
from di_advisor.solve.household.accounts import TaxedAccount
from di_advisor.solve.integer_program import IntegerProgram
from di_advisor.solve.risk_pieces import RiskPieces

__all__ = ["least_gain", "out_of_reach"]

_TURNS = 6
_CLOSE = 1e-6
_UNSURE = 1e-6
"""Of the accounts' value: by how much the least gains must pass a budget, for the tolerance of the program."""


def out_of_reach(accounts: Sequence[TaxedAccount], shared: SharedReturn, error: InfeasibleError) -> SolveError:
    """The error of a return without plans: that there are none, where this is proved, else that none were found.

    Parameters
    ----------
    accounts : sequence of TaxedAccount
        Of the return.
    shared : SharedReturn
        The return.
    error : InfeasibleError
        What a search ended with.

    Raises
    ------
    InfeasibleError
        If it is proved that one of the accounts has no plan by itself.
    """
    for account in accounts:
        account.search(np.zeros(2))
    if shared.gain_budget is not None:
        least = sum(account.share * least_gain(account) for account in accounts)
        if least > shared.gain_budget + _UNSURE:
            return InfeasibleError(
                f"The rules of the accounts ask for net gains of at least ${least * shared.value_usd:,.0f}, and the "
                f"budget of the return is ${shared.gain_budget * shared.value_usd:,.0f}.",
                hint="Raise the budget, or widen the accounts' rules (tracking error, bands, minimum trades).",
                least_usd=least * shared.value_usd,
            )
    if not shared.regions:
        return error
    return UndecidedError(
        f"No plans were found, and it is not proved that there are none: {error.args[0]}",
        hint="Raise the budgets, or widen the accounts' rules.",
    )


def least_gain(account: TaxedAccount) -> float:
    """No plan of an account realises less net gain than this, a fraction of its value.

    Parameters
    ----------
    account : TaxedAccount
        Its rules and choices; its budgets are not asked.
    """
    block = account.family.block(np.zeros(2))
    on = account.family.tax.gains.on_segments((1.0, 1.0), block.segments)
    plain = replace(
        block,
        segments=replace(block.segments, slope=np.asarray(on, dtype=np.float64)),
        aversion=0.0,
        impact=np.zeros_like(block.impact),
    )
    program = IntegerProgram(plain)
    pieces = RiskPieces(program) if block.tracking_error_max is not None else None
    least = -float("inf")
    for _ in range(_TURNS):
        account.ask()
        point = program.solved(nodes_for(block))
        if point.status != "found":
            break
        before, least = least, max(least, point.value)
        if pieces is None or least - before <= _CLOSE or not pieces.refine(point.columns):
            break
    return least
