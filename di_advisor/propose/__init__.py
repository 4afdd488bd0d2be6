"""Settle a solution into whole trades, and explain each in dollars."""

from __future__ import annotations

from di_advisor.propose.explain import explain
from di_advisor.propose.proposal import Certificate, Measures, Proposal, RuleCheck, Stage
from di_advisor.propose.settle import Orders, settle

__all__ = ["Certificate", "Measures", "Orders", "Proposal", "RuleCheck", "Stage", "explain", "settle"]
