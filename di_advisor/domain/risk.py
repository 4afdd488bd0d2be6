"""Risk in factor form: the only shape of covariance that the solver ever sees.

A covariance is ``X F X' + diag(s)`` with exposures X, factor covariance F and specific variance
s; a dense n x n matrix is 20 to 40 times slower to optimise with, so a user's own is factorised
first, with its error reported, or goes to the fallback.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

__all__ = ["FactorRisk"]

_PSD_TOLERANCE = 1e-10


@dataclass(frozen=True)
class FactorRisk:
    """Factor risk model, aligned to a universe.

    Attributes
    ----------
    universe : Universe
        n names.
    factors : tuple of str
        k factor names.
    exposures : ndarray of shape (n, k)
        X.
    factor_covariance_per_year : ndarray of shape (k, k)
        F, symmetric positive semidefinite.
    specific_variance_per_year : ndarray of shape (n,)
        s, more than zero.
    provenance : str
        Which model, which version, as of when.

    Raises
    ------
    InputError
        If shapes disagree, a figure is not finite, a specific variance is not positive, or F is not
        positive semidefinite (the smallest eigenvalue is named).
    """

    universe: Universe
    factors: tuple[str, ...]
    exposures: FloatArray
    factor_covariance_per_year: FloatArray
    specific_variance_per_year: FloatArray
    provenance: str = ""

    def __post_init__(self) -> None:
        n, k = len(self.universe), len(self.factors)
        shapes = {"exposures": (n, k), "factor_covariance_per_year": (k, k), "specific_variance_per_year": (n,)}
        for name, shape in shapes.items():
            values = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            if values.shape != shape or not np.isfinite(values).all():
                raise InputError(
                    f"{name} must be finite and of shape {shape}, it is of shape {values.shape}.",
                    hint="Align the risk model to the universe and fill its gaps on purpose.",
                    field=name,
                )
            object.__setattr__(self, name, values)
        if (self.specific_variance_per_year <= 0).any():
            raise InputError("A specific variance is not positive.", hint="Shrink it towards the cross-section.")
        covariance = self.factor_covariance_per_year
        scale = float(np.abs(covariance).max(initial=0.0))
        if np.abs(covariance - covariance.T).max(initial=0.0) > 1e-9 * max(scale, 1e-300):
            raise InputError("The factor covariance is not symmetric.", hint="Use (F + F') / 2 if that is meant.")
        smallest = float(np.linalg.eigvalsh(covariance)[0]) if k else 0.0
        if smallest < -_PSD_TOLERANCE * max(scale, 1e-300):
            raise InputError(
                f"The factor covariance is not positive semidefinite: its smallest eigenvalue is {smallest:.3e}.",
                hint="Repair it on purpose (clip eigenvalues, shrink) and say so in its provenance.",
                smallest_eigenvalue=smallest,
            )

    def variance_per_year(self, active: FloatArray) -> float:
        """Variance of active weights, shape (n,), per year."""
        e = self.exposures.T @ active
        return float(e @ self.factor_covariance_per_year @ e + self.specific_variance_per_year @ (active * active))

    def tracking_error(self, active: FloatArray) -> float:
        """Standard deviation of the active return per year, a fraction."""
        return float(np.sqrt(max(self.variance_per_year(active), 0.0)))

    def gradient(self, active: FloatArray) -> FloatArray:
        """Gradient of the variance in the active weights, shape (n,)."""
        e = self.exposures.T @ active
        factor = self.exposures @ (self.factor_covariance_per_year @ e)
        return np.asarray(2.0 * (factor + self.specific_variance_per_year * active), dtype=np.float64)
