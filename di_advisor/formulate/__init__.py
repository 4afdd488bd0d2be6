"""Formulate: from signals, a mandate and a taxpayer to one problem in dollars."""

from __future__ import annotations

from di_advisor.formulate.build import formulate
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row, Separable

__all__ = ["Block", "Plan", "Problem", "Row", "Segments", "Separable", "formulate"]
