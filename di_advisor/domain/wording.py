"""Numbers inside sentences: one of a thing is not several, and nothing has no sign.

Sentences are generated from figures, and a figure may be 1 or round to zero. `counted` writes a number with its
noun, `signless` a figure whose sign is left out where no digit of it is left.
"""

from __future__ import annotations

__all__ = ["counted", "signless"]


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun.

    Parameters
    ----------
    number : int
        How many.
    one : str
        What one is called, such as ``"name"`` or ``"name is"``.
    several : str, optional
        What several, or none, are called; ``one`` with an s when left out.

    Examples
    --------
    >>> counted(1, "name"), counted(1200, "name"), counted(1, "lot is", "lots are")
    ('1 name', '1,200 names', '1 lot is')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def signless(figure: float, form: str) -> str:
    """A figure by a format, without a sign where all its digits are 0.

    Parameters
    ----------
    figure : float
        Of any unit.
    form : str
        As for `format`.

    Examples
    --------
    >>> signless(-0.001, "+.2f"), signless(0.0, "+.2f"), signless(-0.2, "+.2f")
    ('0.00', '0.00', '-0.20')
    """
    text = format(figure, form)
    return text if any(digit in text for digit in "123456789") or text[:1] not in ("+", "-") else text[1:]
