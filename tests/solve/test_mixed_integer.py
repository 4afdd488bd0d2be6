"""Linear programs behind the diagnosis: an answer, a proof, or an honest end, whatever the simplex method does."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

from di_advisor.errors import InfeasibleError
from di_advisor.runs import RunSpec, SampleSource, run
from di_advisor.solve import mixed_integer
from di_advisor.solve.mixed_integer import Program, Relaxation, simplified


def transport(seed: int, size: int = 12, *, short: float = 0.0) -> Program:
    """Goods from as many places to as many others at least cost; with ``short`` there are too few."""
    g = np.random.default_rng(seed)
    leaving, arriving = np.kron(np.eye(size), np.ones(size)), np.kron(np.ones(size), np.eye(size))
    rows = sp.csc_matrix(np.vstack([leaving, arriving]))
    return Program(
        g.uniform(1, 2, size * size),
        np.zeros(size * size),
        np.full(size * size, np.inf),
        np.zeros(size * size, dtype=np.int64),
        rows,
        np.r_[np.zeros(size), np.ones(size)],
        np.r_[np.full(size, 1.0 - short), np.full(size, np.inf)],
    )


def test_a_relaxation_gives_the_least_cost_or_the_proof_that_there_is_no_point() -> None:
    program = transport(1)
    found = Relaxation(program).solved()
    places = linear_sum_assignment(program.cost.reshape(12, 12))
    assert found.status == "found"
    assert found.bound == pytest.approx(program.cost.reshape(12, 12)[places].sum(), abs=1e-9)
    assert Relaxation(transport(1, short=0.1)).solved().status == "none"


def test_making_a_program_simpler_proves_what_is_plain_and_claims_nothing_else() -> None:
    plain = transport(1)
    nothing = replace(plain, high=np.full(len(plain.high), 0.05), whole=np.ones(len(plain.high), dtype=np.int64))
    assert simplified(nothing).status == "none"  # of whole numbers below 0.05 none add up to 1
    assert simplified(transport(1)).status == "budget"


def test_steps_that_run_out_end_the_program_after_a_second_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed_integer, "_MOST_STEPS", 1)
    relaxation = Relaxation(transport(2))
    relaxation.size = 0
    found = relaxation.solved()
    assert (found.status, found.columns, found.bound) == ("failed", None, -np.inf)
    assert found.steps >= 2  # both beginnings are counted


@pytest.mark.slow
def test_a_cap_far_out_of_reach_is_refused_though_a_program_turns_in_circles() -> None:
    spec = RunSpec(SampleSource(), "young")
    capped = replace(spec, mandate=spec.mandate.with_changes(tracking_error_max=0.0005))
    with pytest.raises(InfeasibleError, match=r"at most 5\.0 bps cannot be reached"):
        run(capped)
