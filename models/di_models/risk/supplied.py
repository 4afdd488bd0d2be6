"""Risk that the user brings: a factor model from a vendor, or a dense covariance.

Problem: advisors often own a risk model already, as exposures with a factor covariance, or as one
covariance of all names; the solver takes factors only. Decision: `supplied_risk` aligns a factor model
by id and name and checks it. `factorise_covariance` fits ``L L' + diag(s)`` to a dense covariance by
principal axis factoring (the diagonal is matched exactly, the rest in least squares; Harman and Jones
1966) and says how wrong that is for the portfolio where it is most wrong. What is not a covariance is
refused, never repaired in silence. Limits: several eigenvalue problems of the size of the covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError, InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CovarianceFit", "factorise_covariance", "supplied_risk"]

_SYMMETRY_TOLERANCE = 1e-8
_PSD_TOLERANCE = 1e-8
_LEAST_SPECIFIC_SHARE = 1e-4
_MAX_ROUNDS = 200
_SETTLED = 1e-7


@dataclass(frozen=True)
class CovarianceFit:
    """A dense covariance in factor form, and how far off it is.

    Attributes
    ----------
    risk : FactorRisk
        What the solver takes.
    relative_frobenius_error : float
        Norm of the difference over the norm of the given covariance.
    variance_ratio_min, variance_ratio_max : float
        Smallest and largest (given variance / fitted variance) over all portfolios, long and short.
        The largest is what an optimiser can be misled by at worst.
    """

    risk: FactorRisk
    relative_frobenius_error: float
    variance_ratio_min: float
    variance_ratio_max: float

    @property
    def worst_variance_error(self) -> float:
        """Largest relative error of a portfolio's fitted variance, in either direction."""
        return max(self.variance_ratio_max - 1.0, 1.0 - self.variance_ratio_min)


def supplied_risk(
    universe: Universe,
    exposures: pd.DataFrame,
    factor_covariance_per_year: pd.DataFrame,
    specific_variance_per_year: pd.Series[float],
    *,
    provenance: str = "supplied by the user",
) -> FactorRisk:
    """Risk from the user's own exposures, factor covariance and specific variances.

    Parameters
    ----------
    universe : Universe
        n names, in the order of the result.
    exposures : DataFrame
        One row a security id, one column a factor; rows that the universe does not hold are left out.
    factor_covariance_per_year : DataFrame
        Rows and columns named as the factors, in any order.
    specific_variance_per_year : Series
        By security id; more than zero.
    provenance : str
        Where it comes from and as of when.

    Raises
    ------
    IncompleteDataError
        If a name of the universe has no exposures or no specific variance.
    InputError
        If the factors of the two frames differ, or the figures are not a covariance (`FactorRisk` says why).
    """
    ids = list(universe.security_ids)
    for what, given in (("exposures", exposures.index), ("specific variance", specific_variance_per_year.index)):
        missing = sorted(set(ids) - set(given))
        if missing:
            raise IncompleteDataError(
                f"{len(missing)} names of the universe have no {what}: {', '.join(missing[:5])}.",
                hint="Give them their own figures, or those of a similar name, on purpose.",
                missing=missing,
            )
    factors = [str(f) for f in exposures.columns]
    covariance = factor_covariance_per_year.rename(index=str, columns=str)
    if sorted(factors) != sorted(covariance.index) or sorted(factors) != sorted(covariance.columns):
        odd = sorted(set(factors) ^ (set(covariance.index) | set(covariance.columns)))
        raise InputError(
            f"The factors of the exposures and of their covariance differ: {', '.join(odd[:5]) or 'one is repeated'}.",
            hint="Name the rows and columns of the covariance as the columns of the exposures.",
            factors=odd,
        )
    return FactorRisk(
        universe=universe,
        factors=tuple(factors),
        exposures=exposures.loc[ids].to_numpy(dtype=np.float64),
        factor_covariance_per_year=covariance.loc[factors, factors].to_numpy(dtype=np.float64),
        specific_variance_per_year=np.asarray(specific_variance_per_year.loc[ids], dtype=np.float64),
        provenance=provenance,
    )


def factorise_covariance(
    universe: Universe, covariance_per_year: FloatArray, *, factors: int = 25, provenance: str = "supplied by the user"
) -> CovarianceFit:
    """Fit a factor model to a dense covariance.

    Parameters
    ----------
    universe : Universe
        n names.
    covariance_per_year : ndarray of shape (n, n)
        Aligned to the universe; symmetric, positive semidefinite, with a positive diagonal.
    factors : int
        Factors of the fit, at most n - 1.
    provenance : str
        Where it comes from and as of when; the error of the fit is added.

    Returns
    -------
    CovarianceFit
        The fit and its errors; the variance of each single name is exact.

    Raises
    ------
    InputError
        If the matrix has another shape, is not finite or not symmetric, has a variance of zero or less,
        or is not positive semidefinite (the smallest eigenvalue is named).
    """
    covariance = _checked(universe, covariance_per_year)
    n = len(universe)
    k = min(factors, n - 1)
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    # Squared multiple correlations would need an inverse; the top factors give a start that always exists.
    specific = np.full(n, 0.5)
    loadings = np.zeros((n, k))
    for _ in range(_MAX_ROUNDS if k else 0):
        values, vectors = eigh(correlation - np.diag(specific), subset_by_index=[n - k, n - 1])
        loadings = vectors * np.sqrt(np.maximum(values, 0.0))
        left = np.maximum(1.0 - (loadings**2).sum(axis=1), _LEAST_SPECIFIC_SHARE)
        moved = float(np.abs(left - specific).max())
        specific = left
        if moved < _SETTLED:
            break
    # A name that the factors explain more than wholly (a Heywood case) keeps its own variance.
    explained = (loadings**2).sum(axis=1)
    loadings *= np.sqrt(np.minimum(1.0, (1.0 - _LEAST_SPECIFIC_SHARE) / np.maximum(explained, 1e-300)))[:, None]
    specific = 1.0 - (loadings**2).sum(axis=1)
    exposures = scale[:, None] * loadings
    spread = np.maximum(np.sqrt((exposures**2).mean(axis=0)), 1e-12)
    specific_variance = specific * scale**2
    fitted = exposures @ exposures.T + np.diag(specific_variance)
    error = float(np.linalg.norm(fitted - covariance) / np.linalg.norm(covariance))
    ratios = np.maximum(eigh(covariance, fitted, eigvals_only=True), 0.0)
    risk = FactorRisk(
        universe=universe,
        factors=tuple(f"component {j + 1}" for j in range(k)),
        exposures=exposures[:, ::-1] / spread[::-1],
        factor_covariance_per_year=np.diag(spread[::-1] ** 2),
        specific_variance_per_year=specific_variance,
        provenance=(
            f"{provenance}; dense covariance as {k} factors, relative Frobenius error {error:.2g},"
            f" variances of portfolios {float(ratios[0]):.2f} to {float(ratios[-1]):.2f} times the fitted ones"
        ),
    )
    return CovarianceFit(risk, error, float(ratios[0]), float(ratios[-1]))


def _checked(universe: Universe, covariance_per_year: FloatArray) -> FloatArray:
    covariance = np.asarray(covariance_per_year, dtype=np.float64)
    n = len(universe)
    if covariance.shape != (n, n) or not np.isfinite(covariance).all():
        raise InputError(
            f"The covariance must be finite and of shape ({n}, {n}), it is of shape {covariance.shape}.",
            hint="Align it to the universe's order and fill its gaps on purpose.",
        )
    largest = float(np.abs(covariance).max())
    if np.abs(covariance - covariance.T).max() > _SYMMETRY_TOLERANCE * largest:
        raise InputError("The covariance is not symmetric.", hint="Use (C + C') / 2 if that is meant.")
    covariance = (covariance + covariance.T) / 2.0
    flat = np.flatnonzero(np.diag(covariance) <= 0)
    if len(flat):
        name = universe.securities[int(flat[0])]
        raise InputError(
            f"The variance of {name.ticker} ({name.security_id}) is {covariance[flat[0], flat[0]]:.3g}.",
            hint="A variance is more than zero; leave cash out of the universe.",
            security_id=name.security_id,
        )
    values = np.linalg.eigvalsh(covariance)
    if values[0] < -_PSD_TOLERANCE * values[-1]:
        raise InputError(
            f"The covariance is not positive semidefinite: its smallest eigenvalue is {values[0]:.3e}"
            f" (the largest is {values[-1]:.3e}).",
            hint="Covariances estimated pair by pair, or edited by hand, do this. Clip its eigenvalues or shrink it"
            " towards its diagonal on purpose, and say so in its provenance.",
            smallest_eigenvalue=float(values[0]),
        )
    return covariance
