"""The work of one click, done in a child process: never blocks the kernel, and can be ended at once.

Plain data in, plain data out (see `plain`). Every message is a pair: ``("phase", text)`` while it
works, and at the end one of ``("result", answer)``, ``("refused", error)`` for a typed error with
its hint, ``("failed", traceback)`` for anything else. Estimates of risk and cost go back with the
first answer, so that the next click need not repeat them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from di_advisor import registry
from di_advisor.errors import DiAdvisorError
from di_advisor.ui.case import Case, chosen_account
from di_advisor.ui.choices import Choices
from di_advisor.ui.plain import plain, restored

__all__ = ["preloaded", "propose_and_send", "propose_plainly"]

_PRELOADED = (
    "numpy",
    "pandas",
    "scipy.sparse",
    "piqp",
    "clarabel",
    "di_advisor.advisor",
    "di_advisor.formulate",
    "di_advisor.propose",
    "di_advisor.sample.world",
    "di_advisor.signals",
    "di_advisor.solve",
    "di_advisor.ui.child",
)


def preloaded() -> tuple[str, ...]:
    """Modules that the server of child processes imports once, installed models included.

    Each child then starts in milliseconds.
    """
    groups = (registry.RISK_MODELS, registry.COST_MODELS)
    models = {point.module for group in groups for point in registry.available(group).values()}
    return (*_PRELOADED, *sorted(models))


_IN_WORDS = {
    "risk": "Estimating risk",
    "trading cost": "Estimating trading costs",
    "signals": "Valuing lots",
    "formulate": "Writing the problem",
    "solve": "Solving",
    "settle": "Rounding to shares",
    "explain": "Explaining",
}


def _sample_case() -> Case:
    from di_advisor import sample

    world = sample.load()
    return Case(
        portfolios=world.portfolios,
        market=world.market(),
        target=world.target,
        tax=world.tax,
        returns=world.returns,
        exposures=world.exposures,
    )


def propose_plainly(request: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Answer a request.

    Parameters
    ----------
    request : dict
        ``choices`` (plain `Choices`), ``case`` (plain `Case`, or None for the sample), and
        ``risk`` and ``costs`` of an earlier answer, or None.
    say : callable
        Told each phase in a word or two.

    Returns
    -------
    dict
        ``proposal``, ``risk`` and ``costs``, all plain.

    Raises
    ------
    DiAdvisorError
        As `Advisor.propose`.
    """
    from di_advisor.advisor import Advisor

    say("Loading")
    choices: Choices = restored(request["choices"])
    case: Case = _sample_case() if request["case"] is None else restored(request["case"])
    portfolio, account_id = chosen_account(case.portfolios, choices.account)
    mandate, tax = choices.mandate(case.mandate), choices.tax(case.tax)
    advisor = Advisor()
    risk, costs = case.risk or restored(request["risk"]), case.costs or restored(request["costs"])
    if risk is None:
        say("Estimating risk")
        risk = advisor.estimate_risk(case.market, case.returns, case.exposures)
    if costs is None:
        say("Estimating trading costs")
        costs = advisor.estimate_costs(case.market)
    proposal = advisor.propose(
        portfolio,
        account_id=account_id,
        market=case.market,
        target=case.target,
        mandate=mandate,
        tax=tax,
        risk=risk,
        costs=costs,
        progress=lambda stage: say(_IN_WORDS.get(stage, stage.capitalize())),
    )
    say("Showing")
    return {"proposal": plain(proposal), "risk": plain(risk), "costs": plain(costs)}


def propose_and_send(request: dict[str, Any], pipe: Connection) -> None:
    """Answer a request through a pipe; the entry point of the child process."""
    try:
        answer: tuple[str, Any] = ("result", propose_plainly(request, lambda text: pipe.send(("phase", text))))
    except DiAdvisorError as error:
        answer = ("refused", {"kind": type(error).__name__, "what": error.what, "hint": error.hint})
    except Exception:  # noqa: BLE001 the edge of the process: whatever happened is told, with its traceback
        answer = ("failed", traceback.format_exc())
    pipe.send(answer)
    pipe.close()
