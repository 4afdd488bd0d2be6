"""What a plan of several stages breaks of its discrete rules, and the choices that put it right.

Two ways from a plan that breaks one: `children`, which together leave no plan out (for the bound), and
`settled`, which decides everything of one kind at once (for a plan). Kinds, in this order: names held
after the last stage, washed losses, the trades of the earliest stage that breaks a rule, widths of
priced wash sales, and pieces of the tax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.solve.solution import CONVEX_GAP
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.judge import Wash, too_small, washes
from di_advisor.solve.staged.layout import SOME, Open
from di_advisor.solve.staged.priced_washes import at_their_widths, within_or_beyond
from di_advisor.solve.staged.tax_branches import at_one_piece, halves

__all__ = ["Manner", "children", "closed", "settled", "washes_first"]

_NEARLY = 1e-6


@dataclass(frozen=True)
class Manner:
    """How trades are decided on the way to a plan.

    Attributes
    ----------
    share : float
        Trades of at least this share of the least one are kept.
    forced : bool
        Whether those that are kept are brought to the least one; otherwise they may still become none.
    losses : bool
        Whether of a wash the loss is kept, whatever is bought; otherwise the larger of the two is.
    """

    share: float
    forced: bool
    losses: bool = False


Plans = tuple[Plan, ...]


def children(problem: StagedProblem, choices: Open, plans: Plans, answer: StagedAnswer) -> list[Open]:
    """Choices that together leave out no plan, but this one; none where it breaks no rule."""
    name = _name_too_many(problem, choices, plans)
    if name is not None:
        last = len(problem.legs) - 1
        kept = choices.kept.copy()
        kept[name] = True
        return [_with(choices, "out", last, name), replace(choices, kept=kept)]
    found = washes(problem, plans)
    if found:
        return [closed(problem, choices, found[:1], loss=True), closed(problem, choices, found[:1], loss=False)]
    place = _trade_at_fault(problem, choices, plans)
    if place is not None:
        return _sides(problem, choices, *place)
    return within_or_beyond(problem, choices, plans) or halves(problem, choices, plans, answer)


def settled(problem: StagedProblem, choices: Open, plans: Plans, answer: StagedAnswer, manner: Manner) -> Open | None:
    """Choices that decide all of one kind; None where the plan breaks no rule."""
    if _name_too_many(problem, choices, plans) is not None:
        return _fewest_names(problem, choices, plans)
    found = washes(problem, plans)
    if found:
        return closed(problem, choices, found, loss=False if manner.losses else None)
    place = _trade_at_fault(problem, choices, plans)
    if place is not None:
        return _decided(problem, choices, plans, place[0], manner)
    return at_their_widths(problem, choices, plans) or at_one_piece(problem, choices, plans, answer)


def washes_first(problem: StagedProblem, choices: Open, plans: Plans) -> list[Wash]:
    """All washes where one is what `children` decides, that one first; otherwise none."""
    return [] if _name_too_many(problem, choices, plans) is not None else washes(problem, plans)


def closed(problem: StagedProblem, choices: Open, found: list[Wash], *, loss: bool | None = None) -> Open:
    """One side of each wash closed: the one named, or the smaller.

    Where a loss is kept on purpose (``loss`` is False) no purchase within 30 days of it is open.
    """
    lose, buy = choices.loss.copy(), choices.buy.copy()
    for wash in found:
        members = problem.identical == wash.group
        if loss if loss is not None else wash.lost <= wash.bought:
            lose[wash.sold_at, members] = False
        else:
            near = [r for r in range(len(problem.legs)) if loss is False and problem.washing(wash.sold_at, r)]
            for stage in near or [wash.bought_at]:
                buy[stage, members] = False
    return replace(choices, loss=lose, buy=buy)


def _with(choices: Open, what: str, stage: int, name: int, value: float = True) -> Open:  # noqa: FBT002
    changed = getattr(choices, what).copy()
    changed[stage, name] = value
    return replace(choices, **{what: changed})


def _held(problem: StagedProblem, plans: Plans) -> list[FloatArray]:
    return [problem.holdings.target + z for z in problem.active_path(plans)]


def _name_too_many(problem: StagedProblem, choices: Open, plans: Plans) -> int | None:
    """The name next in line where more are held after the last stage than may be."""
    if problem.names_max is None:
        return None
    held = _held(problem, plans)[-1]
    if int((held > SOME).sum()) <= problem.names_max:
        return None
    open_ = np.flatnonzero((held > SOME) & ~choices.kept)
    order = open_[np.argsort(-held[open_], kind="stable")]
    at = problem.names_max - int(choices.kept.sum())
    return int(order[min(max(at, 0), len(order) - 1)]) if len(order) else None


def _fewest_names(problem: StagedProblem, choices: Open, plans: Plans) -> Open:
    """Only the largest names held at the end, all others sold out by then."""
    held = _held(problem, plans)[-1]
    size = np.where(
        choices.kept, np.inf, np.where(problem.legs[-1].active_lower + problem.holdings.target > SOME, 2, 0)
    )
    order = np.argsort(-np.maximum(held, size), kind="stable")
    kept, out = choices.kept.copy(), choices.out.copy()
    kept[order[: problem.names_max]] = True
    out[-1, order[problem.names_max :]] = True
    return replace(choices, kept=kept, out=out)


def _trade_at_fault(problem: StagedProblem, choices: Open, plans: Plans) -> tuple[int, int] | None:
    """Stage and name of a trade that is too small, on both sides, or one too many; the earliest stage first."""
    if not problem.is_sided:
        return None
    of_lot = problem.holdings.lot_name
    for s, (plan, held) in enumerate(zip(plans, _held(problem, plans), strict=True)):
        net = plan.net(of_lot)
        both = np.minimum(plan.sold(of_lot), plan.buys)
        short = too_small(problem, net, held)
        fault = np.maximum(
            np.where(both > SOME, both, 0.0), np.where(short > _NEARLY * problem.min_trade + SOME, short, 0)
        )
        if fault.any():
            return s, int(fault.argmax())
        if problem.trades_max is not None and int((np.abs(net) > SOME).sum()) > problem.trades_max:
            open_ = np.flatnonzero((np.abs(net) > SOME) & ~choices.traded[s])
            order = open_[np.argsort(-np.abs(net[open_]), kind="stable")]
            at = problem.trades_max - int(choices.traded[s].sum())
            if len(order):
                return s, int(order[min(max(at, 0), len(order) - 1)])
    return None


def _sides(problem: StagedProblem, choices: Open, s: int, name: int) -> list[Open]:
    """No trade, a sale, a purchase, or all of it sold: nothing else keeps the rules of trades."""
    leg, h, least = problem.legs[s], problem.holdings, problem.min_trade
    still = _with(_with(choices, "sell", s, name, value=False), "buy", s, name, value=False)
    found = [] if choices.traded[s, name] or choices.out[s, name] else [still]
    sellable = min(float(leg.sell_max[h.lot_name == name].sum()), float(leg.size_max[name]))
    counted = _with(choices, "traded", s, name)
    selling, buying = _with(counted, "buy", s, name, value=False), _with(counted, "sell", s, name, value=False)
    if choices.sell[s, name] and sellable >= least:
        found.append(_with(selling, "least_sold", s, name, least))
    if choices.buy[s, name] and leg.buy_max[name] >= least:
        found.append(_with(buying, "least_bought", s, name, least))
    if choices.sell[s, name] and least > 0 and not choices.out[s, name]:
        found.append(_with(selling, "out", s, name))
    return [c for c in found if not _same(c, choices)]


def _same(one: Open, other: Open) -> bool:
    names = ("loss", "buy", "sell", "least_sold", "least_bought", "traded", "out", "kept")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def _decided(problem: StagedProblem, choices: Open, plans: Plans, s: int, manner: Manner) -> Open:
    """Every trade of a stage decided: kept on its side, brought to the least one, or given up."""
    h, least = problem.holdings, problem.min_trade
    net, held = plans[s].net(h.lot_name), _held(problem, plans)[s]
    sold_out = (net < -SOME) & (held <= SOME)
    keep = (np.abs(net) > SOME) & (sold_out | (np.abs(net) >= manner.share * least * (1.0 - CONVEX_GAP)))
    keep |= choices.out[s] & (net < -SOME)
    if problem.trades_max is not None:
        must = choices.traded[s] & (np.abs(net) > SOME)
        order = np.argsort(-np.where(must, np.inf, np.where(keep, np.abs(net), -1.0)), kind="stable")
        keep[order[problem.trades_max :]] = False
    changed = {
        name: getattr(choices, name).copy() for name in ("sell", "buy", "least_sold", "least_bought", "traded", "out")
    }
    changed["sell"][s] &= keep & (net < 0)
    changed["buy"][s] &= keep & (net > 0)
    changed["traded"][s] = keep
    small = sold_out & (-net < least)
    changed["out"][s] |= small & keep
    if manner.forced:
        raised = least * (1.0 + CONVEX_GAP)
        changed["least_sold"][s] = np.where(changed["sell"][s] & ~small & ~choices.out[s], raised, 0.0)
        changed["least_bought"][s] = np.where(changed["buy"][s], raised, 0.0)
    return replace(choices, **changed)
