"""The dual Newton method in factor space: the hot path of the convex problem.

Once the exposures and the few coupling rows have prices, every name is a scalar problem solved in
closed form (`pieces`). The dual in those prices is concave and piecewise quadratic; Newton's method
climbs it in a few steps (`newton`), each of which solves a small complementarity problem
(`complementarity`). The duality gap certifies the answer; what is not certified is said to be so, and
goes to another solver. Set-up and solve are apart, and solves start warm (`prepared`).
"""

from __future__ import annotations

from di_advisor.solve.dual_newton.prepared import Certified, NotCertified, Prepared, Restricted, Warm, prepare

__all__ = ["Certified", "NotCertified", "Prepared", "Restricted", "Warm", "prepare"]
