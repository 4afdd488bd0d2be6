"""The words of an answer: every figure in them stands in the answer too."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from di_advisor.ledger.forward.answers import BasisMove, PurchaseAnswer, SaleAnswer, SaleVerdict
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["of_purchase", "of_sale", "window_closes"]

_SHOWN = 5


def window_closes(on: date) -> date:
    """Last day of the window of a trade."""
    return on + timedelta(days=WASH_WINDOW_DAYS)


def _usd(amount: Fraction) -> str:
    return f"{float(amount):,.2f} USD"


def _count(shares: Fraction) -> str:
    if shares.denominator == 1:
        return str(shares)
    return f"{float(shares):,.4f}".rstrip("0").rstrip(".")


def _moved(move: BasisMove) -> str:
    match = move.match
    verb = "planned for" if move.planned else "bought on"
    head = (
        f"{_count(match.replacement_shares)} shares of {match.replacement_security_id} {verb} {match.bought} in "
        f"account {match.replacement_account_id} wash {_usd(match.disallowed_usd)} of the sale on {match.sold}"
    )
    if match.lost_for_good:
        return f"{head}, lost for good ({match.rule})."
    return f"{head}; it goes into their basis, and they count as held since {move.held_since} ({match.rule})."


def _list(moves: tuple[BasisMove, ...]) -> list[str]:
    more = len(moves) - _SHOWN
    return [_moved(m) for m in moves[:_SHOWN]] + ([f"{more} more such pieces."] if more > 0 else [])


def of_sale(answer: SaleAnswer) -> tuple[str, ...]:
    """An answer on a sale, in words, the accounts seen last.

    Parameters
    ----------
    answer : SaleAnswer
        Its own sentences are not read.
    """
    what = f"{_count(answer.shares)} shares of lot {answer.lot_id} ({answer.security_id}, account {answer.account_id})"
    if answer.verdict is SaleVerdict.NOT_TAXED:
        said = [f"Selling {what} makes no gain and no loss for tax: it is a retirement account."]
    elif answer.verdict is SaleVerdict.NO_LOSS:
        said = [
            f"Selling {what} on {answer.on} makes a gain of {_usd(answer.gain_usd)}: wash sales concern losses only."
        ]
    else:
        loss = f"Selling {what} on {answer.on} makes a {answer.term.value}-term loss of {_usd(-answer.gain_usd)}"
        washed = f"{_usd(answer.disallowed_usd)} of it would be washed, {_usd(answer.lost_for_good_usd)} for good"
        said = [f"{loss}; {washed}, and {_usd(-answer.recognized_usd)} would count."]
        said += _list(answer.moves)
        if answer.disallowed_usd:
            said.append(f"From {answer.safe_from} on no purchase that is known or planned would wash it.")
        if answer.elsewhere_usd:
            said.append(f"Through shares that are sold already, other sales change by {_usd(answer.elsewhere_usd)}.")
        said.append(
            f"What counts is provisional until {answer.provisional_until}: a purchase by then, or shares bought by "
            f"a dividend, can still wash it."
        )
    if answer.cost is not None and answer.disallowed_usd:
        said.append(
            f"Tax not saved this year: {_usd(answer.cost.not_saved_now_usd)}; never saved: "
            f"{_usd(answer.cost.lost_usd)}; cost in all: {_usd(answer.cost.cost_usd)}."
        )
    said += [block.sentence for block in answer.blocks]
    return (*said, answer.scope)


def of_purchase(answer: PurchaseAnswer) -> tuple[str, ...]:
    """An answer on a purchase, in words, the accounts seen last.

    Parameters
    ----------
    answer : PurchaseAnswer
        Its own sentences are not read.
    """
    what = f"{_count(answer.shares)} shares of {answer.security_id} on {answer.on} in account {answer.account_id}"
    if answer.washes_nothing:
        said = [f"Buying {what} washes no loss of the accounts seen."]
    else:
        washed = f"losses of {_usd(answer.disallowed_usd)}, {_usd(answer.lost_for_good_usd)} of it for good"
        first = f"the first {_count(answer.shares_that_wash)} shares replace shares sold at a loss"
        said = [
            f"Buying {what} would wash {washed}: {first}, further ones wash nothing.",
            *_list(answer.moves),
            f"First day on which a purchase washes nothing that is known: {answer.safe_from}.",
        ]
    if answer.cost is not None and answer.disallowed_usd:
        said.append(f"Cost in tax: {_usd(answer.cost.cost_usd)}, of which lost {_usd(answer.cost.lost_usd)}.")
    said.append(f"Until {answer.locks_losses_until} these shares would wash a loss on other lots of the name.")
    return (*said, answer.scope)
