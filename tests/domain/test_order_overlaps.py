"""Orders that overlap: what is kept never overlaps, what is left out does, and both are counted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.order_overlaps import purge_overlaps
from tests.domain.orders_in_a_row import history

NOON = np.datetime64("2024-03-05T12:00:00", "ns")


def orders(*spans, account="A", name="X", **columns):
    starts = NOON + np.array([s[0] for s in spans], dtype="m8[m]")
    ends = np.array([np.datetime64("NaT") if s[1] is None else NOON + np.timedelta64(s[1], "m") for s in spans])
    return history(
        len(spans), arrival_utc=starts, end_utc=ends.astype("M8[ns]"), account_id=account, security_id=name, **columns
    )


def test_an_order_that_comes_while_another_is_worked_is_left_out():
    found = purge_overlaps(orders((0, 10), (5, 20), (11, 12)))
    assert found.history.order_id.tolist() == ["O0", "O2"]
    assert found.purged_order_ids == ("O1",)
    assert found.sentence == (
        "1 of 3 orders overlapped an earlier one of the same account and name (1 such pairs of account and name) "
        "and were left out."
    )


def test_ends_belong_to_the_span_and_an_unknown_end_is_the_arrival():
    assert purge_overlaps(orders((0, 10), (10, 11))).purged_order_ids == ("O1",)
    assert purge_overlaps(orders((0, None), (1, None))).purged_order_ids == ()


def test_of_two_that_arrive_together_the_larger_is_kept():
    found = purge_overlaps(orders((0, 5), (0, 5), ordered_shares=np.array([100.0, 200.0])))
    assert found.history.order_id.tolist() == ["O1"]


def test_other_accounts_and_other_names_do_not_overlap():
    assert purge_overlaps(orders((0, 9), (1, 9), account=np.array(["A", "B"]))).purged_order_ids == ()
    assert purge_overlaps(orders((0, 9), (1, 9), name=np.array(["X", "Y"]))).purged_order_ids == ()
    assert "None of 0 orders" in purge_overlaps(orders()).sentence


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from("AB"), st.sampled_from("XY")), max_size=14
    )
)
def test_what_is_kept_is_apart_and_what_is_left_out_meets_something_kept(drawn):
    spans = [(start, start + length) for start, length, _, _ in drawn]
    given_orders = orders(
        *spans, account=np.array([d[2] for d in drawn], dtype=str), name=np.array([d[3] for d in drawn], dtype=str)
    )
    found = purge_overlaps(given_orders)
    kept = {k: i for i, k in enumerate(given_orders.order_id.tolist()) if k not in found.purged_order_ids}

    def meets(i, j):
        same = drawn[i][2:] == drawn[j][2:]
        return same and spans[i][0] <= spans[j][1] and spans[j][0] <= spans[i][1]

    rows = list(kept.values())
    assert not any(meets(i, j) for i in rows for j in rows if i < j)
    for order_id in found.purged_order_ids:
        assert any(meets(int(order_id[1:]), j) for j in rows)
    assert len(found.history) + len(found.purged_order_ids) == len(given_orders)
