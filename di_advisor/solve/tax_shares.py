"""A bound on plans in whole shares where the tax is a curve: the scalar problems in shares, region by region.

Problem: the bound over all regions and choices allows any amount of every trade; orders come in whole
shares, so what it leaves open is not all that could be gained. Decision: at a pair of rates and prices
every name is priced in whole steps of shares, as at constant rates; what that proves holds for plans
whose gains lie in any region, less what the region's tax is below the rates. Each region takes the best
of these and of what is proved for any amounts, and the least over the regions is the bound. Limits: of the
prices known, some two dozen are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.localise import AtAnyRates
from di_advisor.formulate.tax_cells import Region
from di_advisor.solve.tax_plans import Proved, priced_at

__all__ = ["bound_in_shares_at_law"]

_PROOFS_MAX = 24
"""Prices that are looked at: those that prove most about the regions of the lowest bounds."""


def bound_in_shares_at_law(
    family: AtAnyRates, regions: Sequence[Region], plain: FloatArray, proofs: Sequence[Proved]
) -> float:
    """Lower bound of the objective over all plans in whole steps of shares; minus infinity where there is no step.

    Parameters
    ----------
    family : AtAnyRates
        The problem.
    regions : sequence of Region
        Where a plan's gains may lie.
    plain : ndarray of shape (regions,)
        A bound of each region for any amounts.
    proofs : sequence of Proved
        Over all choices, of various prices.
    """
    if family.problem.block.share_step is None:
        return -np.inf
    found = plain.copy()
    if not proofs:
        return float(found.min())
    best = [max(range(len(proofs)), key=lambda i: proofs[i].bound(regions[j])) for j in np.argsort(plain).tolist()]
    for i in list(dict.fromkeys(best))[:_PROOFS_MAX]:
        proof = proofs[i]
        names = priced_at(family, proof.rates, proof.prices)
        whole = replace(proof, least=names.bound_in_shares(names.sanitised(proof.prices)))
        found = np.maximum(found, [whole.bound(region) for region in regions])
    return float(found.min())
