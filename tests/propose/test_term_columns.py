"""Columns of terms: snake_case whatever a term is called, one each, never that of another figure."""

import re

from hypothesis import given
from hypothesis import strategies as st

from di_advisor.propose.term_columns import snake_columns


def test_names_of_people_become_names_of_code() -> None:
    terms = [
        "tax",
        "trading cost",
        "Dollars in energy (net)",
        "cash, not shared out",
        "Held (USD)",
        "value",
        "a b",
        "A-B",
    ]
    assert list(snake_columns(terms, ["value_usd"]).values()) == [
        "tax_usd",
        "trading_cost_usd",
        "dollars_in_energy_net_usd",
        "cash_not_shared_out_usd",
        "held_usd",
        "value_2_usd",
        "a_b_usd",
        "a_b_2_usd",
    ]
    assert snake_columns(["score, Sample"], end="_after") == {"score, Sample": "score_sample_after"}


@given(
    st.lists(st.text(max_size=12), unique=True, max_size=8), st.sets(st.sampled_from(["tax_usd", "a_usd", "term_usd"]))
)
def test_every_term_has_a_column_of_its_own(names: list[str], taken: set[str]) -> None:
    columns = list(snake_columns(names, taken).values())
    assert len({*columns, *taken}) == len(columns) + len(taken)
    assert all(re.fullmatch(r"\w+_usd", c) for c in columns)
