"""Room that the solver leaves to a rule when rounding to shares needs it.

Rounding moves every trade by up to half a share, and a rule that binds may then be passed. The lattice
mends what it knows; where the tracking-error cap, a band, cash, turnover, a budget or a user's own
rule is passed, the limit is tightened by that and a half more, beyond what the plan leaves of it anyway
(else the same plan would come back), and the plan is solved again; a cap by half more each time, because
other names are chosen under each cap, and the last excess says little about the next. Limits: an equality
of the user's own cannot be tightened, a cap not below half of what was asked for, and a band not beyond
its middle.
"""

from __future__ import annotations

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import SettlementError
from di_advisor.formulate.margins import most_room, takes_room, with_room
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.own_opaque import OpaqueRule
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup

__all__ = ["RoundingRoom"]

_TIGHTER = 1.5
_LEAST_TIGHTER = 1e-4
_TIGHTEST = 0.5
_LEAST_MARGIN = 2e-6


class RoundingRoom:
    """The tightened cap and the margins of other rules so far."""

    def __init__(self, mandate: Mandate) -> None:
        self._cap = self._tight = mandate.tracking_error_max
        self._tighter = _TIGHTER
        self._margins: dict[str, float] = {}

    @property
    def cap(self) -> float | None:
        """The tracking-error cap to solve for."""
        return self._tight

    @property
    def given(self) -> bool:
        """Whether anything is tightened."""
        return self._tight != self._cap or bool(self._margins)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was tightened, one sentence each."""
        what = ["The tracking-error cap"] if self._tight != self._cap else []
        what += [f"The rule '{name}'" for name in self._margins]
        return tuple(f"{one} was tightened while solving, to leave room for rounding to shares." for one in what)

    def in_margins(self, problem: Problem) -> Problem:
        """The problem with the margins so far."""
        for name, margin in self._margins.items():
            problem = with_room(problem, name, margin)
        return problem

    def more(self, problem: Problem, error: SettlementError, plan: Plan) -> bool:
        """Tighten what rounding broke; False where it cannot be, or the limit of tightening is reached.

        Parameters
        ----------
        problem : Problem
            As asked for, without any room.
        error : SettlementError
            What rounding broke.
        plan : Plan
            What was rounded: the room is more than it leaves by itself.

        Raises
        ------
        SettlementError
            Where the rule is an equality of the user's own.
        """
        broken = error.facts.get("rule")
        own = next((r for r in problem.rules if r.name == broken and takes_room(r)), None)
        if own is not None:
            if isinstance(own, (AffineRule, OpaqueRule)) and own.is_equality:
                raise SettlementError(
                    f"Your own rule '{own.name}' holds a figure exactly, which orders in shares cannot.",
                    hint="Give it a little room on both sides, or allow fractional shares.",
                    rule=own.name,
                    excess=error.facts["excess"],
                ) from error
            scale = own.scale if isinstance(own, ActiveGroup) else 1.0
            more = scale * max(_TIGHTER * float(error.facts["excess"]), _LEAST_MARGIN)
            before = self._margins.get(own.name, 0.0)
            # Own rules count in units of their own.
            left = 0.0 if isinstance(own, (AffineRule, OpaqueRule)) else own.slack(plan)
            self._margins[own.name] = max(before, left) + more
            return before < most_room(own)
        if broken != "tracking error cap" or self._tight is None or self._cap is None:
            return False
        self._tight -= max(self._tighter * float(error.facts["excess"]), _LEAST_TIGHTER * self._cap)
        self._tighter *= _TIGHTER
        return self._tight > _TIGHTEST * self._cap
