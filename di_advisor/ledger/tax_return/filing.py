"""Filing statuses as forms and files abbreviate them.

The domain knows one spelling of each status; abbreviations are translated here, at the edge where
a case or a file is read, and nowhere else.
"""

from __future__ import annotations

from typing import Final

from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError

__all__ = ["filing_status_of"]

_ABBREVIATIONS: Final = {
    "mfj": FilingStatus.MARRIED_JOINT,
    "joint": FilingStatus.MARRIED_JOINT,
    "mfs": FilingStatus.MARRIED_SEPARATE,
    "hoh": FilingStatus.HEAD_OF_HOUSEHOLD,
    # Worksheets whose limit is the same for both say so.
    "single_or_joint": FilingStatus.SINGLE,
}


def filing_status_of(text: str) -> FilingStatus:
    """Filing status from its name or a usual abbreviation (mfj, mfs, hoh).

    Parameters
    ----------
    text : str
        As a file spells it; case does not matter.

    Raises
    ------
    InputError
        If it is not known; the hint lists what is.
    """
    name = text.strip().lower()
    if name in _ABBREVIATIONS:
        return _ABBREVIATIONS[name]
    if name in {each.value for each in FilingStatus}:
        return FilingStatus(name)
    raise InputError(
        f"Filing status {text!r} is not known.",
        hint=f"Use one of: {', '.join(each.value for each in FilingStatus)}; or mfj, mfs, hoh.",
        filing_status=text,
    )
