"""ESG wishes as rules: limits on weighted averages, coverage, exclusions and standards."""

from __future__ import annotations

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.rules import ActiveGroup

__all__ = ["esg_rules"]


def esg_rules(signals: Signals, mandate: Mandate, holdings: Holdings) -> list[ActiveGroup]:
    """The rules that a mandate's ESG wishes ask for, each linear in the active weights."""
    del signals, mandate, holdings
    return []
