"""Index changes and drift: nothing is lost, nothing is known early, what does not fit is refused."""

import csv
import math
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain import events as ev
from di_advisor.domain.target import IndexWeights
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.policy.index_drift import drifted, growth_between, price_growth
from di_advisor.policy.index_events import AnnouncedAction, IndexChange, index_known_on
from tests.ledger.actions.ledgers import TAXABLE, action, spin_off, split

START = IndexWeights(date(2024, 1, 2), {"A": 0.5, "B": 0.3, "C": 0.2})
JAN = {n: date(2024, 1, n) for n in range(1, 32)}


def test_a_reconstitution_says_who_enters_leaves_and_what_the_others_become() -> None:
    sheet = IndexChange(JAN[5], JAN[19], "quarterly", sheet={"A": 0.6, "B": 0.3, "D": 0.1}, source="sheet")
    index = index_known_on(JAN[8], START, [sheet], tickers={"D": "DDD"})
    assert index.target("i").weights_on(JAN[18]) == dict(START.weights)
    assert index.target("i").weights_on(JAN[19]) == pytest.approx(dict(sheet.sheet or {}))
    assert [c.sentence for c in index.changes] == [
        "C leaves on 2024-01-19, from 2,000.0 bps: quarterly (announced 2024-01-05, sheet).",
        "DDD enters on 2024-01-19 with 1,000.0 bps, for C: quarterly (announced 2024-01-05, sheet).",
        "The other 2 names go from 8,000.0 bps to 9,000.0 bps on 2024-01-19, in proportion.",
    ]
    assert list(index.to_frame()["security_id"]) == ["C", "D", ""]


def test_a_change_of_weight_scales_the_others() -> None:
    index = index_known_on(JAN[8], START, [IndexChange(JAN[5], JAN[9], "float", reweights={"A": 0.6})])
    assert index.target("i").weights_on(JAN[9]) == pytest.approx({"A": 0.6, "B": 0.24, "C": 0.16})
    assert index.changes[0].sentence.startswith("A goes from 5,000.0 bps to 6,000.0 bps on 2024-01-09: float")


def test_weights_drift_to_the_close_of_the_day_and_no_further() -> None:
    closes = {
        JAN[1]: {"A": 10.0, "B": 10.0, "C": 10.0},
        JAN[2]: {"A": 20.0, "B": 10.0, "C": 10.0},
        JAN[3]: {"A": 40.0, "B": 10.0, "C": 10.0},
    }
    index = index_known_on(
        JAN[2], START, [IndexChange(JAN[2], JAN[4], enters={"D": 0.25})], growth=growth_between(closes)
    )
    # A doubled: 1.0, 0.3, 0.2 of 1.5; D's quarter comes out of all three in proportion.
    assert index.target("i").weights_on(JAN[2]) == pytest.approx({"A": 2 / 3, "B": 0.2, "C": 0.4 / 3})
    assert index.target("i").weights_on(JAN[4]) == pytest.approx({"A": 0.5, "B": 0.15, "C": 0.1, "D": 0.25})


def test_a_split_is_no_growth_and_a_parent_grows_with_what_it_spun_off() -> None:
    closes = {
        JAN[2]: {"X": 90.0, "P": 100.0},
        JAN[3]: {"X": 33.0, "P": 80.0, "S": 50.0},
        JAN[4]: {"P": 88.0, "S": 45.0},
    }
    actions = (split("2024-01-03", 3), spin_off("2024-01-03", "1/2", "S", "P"))
    one = price_growth(closes, JAN[2], JAN[3], actions)
    # 3 x 33 / 90; 80 + 25 of 100, for the parent and for what came out of it.
    assert one == pytest.approx({"X": 1.1, "P": 1.05, "S": 1.05})
    two = price_growth(closes, JAN[2], JAN[4], actions)
    assert two == pytest.approx({"P": 1.05 * 1.1, "S": 1.05 * 0.9})


def test_what_is_announced_later_is_not_known() -> None:
    early, late = (IndexChange(JAN[d], JAN[20 + d], reweights={"A": 0.6 + d / 100}) for d in (4, 5))
    known = index_known_on(JAN[4], START, [early, late])
    assert known == index_known_on(JAN[4], START, [early])
    assert known != index_known_on(JAN[5], START, [early, late])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (IndexChange(JAN[3], JAN[4], enters={"A": 0.1}), "A enters and is a member already"),
        (IndexChange(JAN[3], JAN[4], leaves=("Z",)), "Z is no member"),
        (IndexChange(JAN[3], JAN[4], reweights={"Z": 0.1}), "Z is no member"),
        (IndexChange(JAN[3], JAN[4], enters={"D": None}), "without a weight, and nothing leaves"),
        (IndexChange(JAN[3], JAN[4], enters={"D": 1.2}), "leave -0.200000 to the other 3 names"),
        (IndexChange(JAN[3], JAN[4], enters={"D": 0.4}, leaves=("A", "B", "C")), "leave 0.600000 to the other 0 names"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(change: IndexChange, words: str) -> None:
    with pytest.raises(InputError, match=words):
        index_known_on(JAN[8], START, [change])


def test_a_change_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="is not one"):
        IndexChange(JAN[3], JAN[4])
    with pytest.raises(InputError, match="is not one"):
        IndexChange(JAN[4], JAN[3], leaves=("A",))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"leaves": ("A", "A"), "enters": {"D": None}}, "A leaves twice"),
        ({"reweights": {"A": float("nan")}}, "the weight of A is nan"),
        ({"sheet": {"A": float("inf"), "B": 1.0}}, "the weight of A is inf"),
    ],
)
def test_a_change_with_a_name_twice_or_a_weight_that_is_no_number_is_refused(given: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        IndexChange(JAN[3], JAN[4], **given)


def test_a_sheet_of_other_units_is_told_in_the_weights_that_it_makes() -> None:
    index = index_known_on(JAN[8], START, [IndexChange(JAN[3], JAN[4], sheet={"A": 30.0, "D": 30.0})])
    (entered,) = [c for c in index.changes if c.security_id == "D"]
    assert entered.after == 0.5
    assert "5,000.0 bps" in entered.sentence


def test_what_a_name_that_ended_had_is_given_away_once() -> None:
    deal = AnnouncedAction(action(ev.CashMerger, "2024-01-05", TAXABLE, "A", cash_per_share_usd=10), JAN[3])
    first = IndexChange(JAN[3], JAN[6], enters={"D": None}, leaves=("A",))
    again = IndexChange(JAN[3], JAN[7], enters={"E": None}, leaves=("A",))
    kept = index_known_on(JAN[8], START, [first], [deal]).target("index").weights_on(JAN[8])
    assert kept["D"] == pytest.approx(START.weights["A"])
    with pytest.raises(InputError, match="A is no member"):
        index_known_on(JAN[8], START, [first, again], [deal])


def test_a_past_spin_off_without_its_price_and_a_growth_that_is_missing_are_refused() -> None:
    spun = AnnouncedAction(spin_off("2024-01-05", "1/2", "S", "A"), JAN[3])
    with pytest.raises(IncompleteDataError, match="the price of A right after is not known"):
        index_known_on(JAN[8], START, (), [spun])
    with pytest.raises(IncompleteDataError, match="growth of 1 names is not known: B"):
        drifted({"A": 0.5, "B": 0.5}, {"A": 1.0})
    with pytest.raises(InputError, match="growth of A is 0"):
        drifted({"A": 0.5}, {"A": 0.0})
    with pytest.raises(IncompleteDataError, match="no closes before"):
        growth_between({JAN[5]: {"A": 1.0}})(JAN[5], JAN[6])


names = st.sampled_from("ABCDEFG")


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 5), names, names, st.floats(0.001, 0.9)), min_size=1, max_size=6
    ),
    st.integers(0, 40),
)
def test_every_dated_set_sums_to_one_and_every_change_says_why(steps, seen) -> None:
    changes, on = [], START.effective
    members = set(START.weights)
    for kind, gap, a, b, weight in steps:
        on += timedelta(days=gap)
        announced = on - timedelta(days=2)
        out, new = min(members), [k for k in (a, b) if k not in members]
        if kind == 0 and new:
            changes.append(IndexChange(announced, on, "in", enters={new[0]: weight}))
            members.add(new[0])
        elif kind == 1 and new:
            changes.append(IndexChange(announced, on, "for", enters={new[0]: None}, leaves=(out,)))
            members = members - {out} | {new[0]}
        elif kind == 2 and len(members) > 1:
            changes.append(IndexChange(announced, on, "out", leaves=(out,)))
            members.discard(out)
        elif kind == 3 and len(members) > 1:
            changes.append(IndexChange(announced, on, "float", reweights={out: weight}))
    day = START.effective + timedelta(days=seen)
    index = index_known_on(day, START, changes)
    assert all(math.isclose(math.fsum(w.weights.values()), 1.0, abs_tol=1e-9) for w in index.path)
    assert all(c.announced <= day and c.sentence.endswith(".") for c in index.changes)
    last = index.path[-1].weights
    if all(c.announced <= day for c in changes):
        assert set(last) == members


@given(st.dictionaries(names, st.tuples(st.floats(0.01, 1), st.floats(0.1, 10)), min_size=1))
def test_drift_keeps_the_sum_and_the_order_of_growth(given) -> None:
    weights, growth = ({k: v[i] for k, v in given.items()} for i in (0, 1))
    after = drifted(weights, growth)
    assert math.isclose(sum(after.values()), sum(weights.values()), rel_tol=1e-9)
    ratio = [after[k] / weights[k] / growth[k] for k in given]
    assert max(ratio) / min(ratio) == pytest.approx(1.0)


def test_a_published_list_of_changes_tells_the_replacement_of_activision(shared: Path) -> None:
    with (shared / "data/index/pitindex_sp500_changes.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["ticker"] in ("ATVI", "LULU") and r["date"] > "2023"]
    side = {r["action"]: r["ticker"] for r in rows}
    effective = date.fromisoformat(rows[0]["date"])
    change = IndexChange(
        effective, effective, rows[0]["reason"], enters={side["added"]: None}, leaves=(side["removed"],)
    )
    start = IndexWeights(date(2023, 10, 2), {"ATVI": 0.002, "MSFT": 0.998})
    index = index_known_on(date(2023, 10, 18), start, [change])
    assert index.target("S&P 500").weights_on(date(2023, 10, 17)) == dict(start.weights)
    assert index.target("S&P 500").weights_on(date(2023, 10, 18)) == pytest.approx({"LULU": 0.002, "MSFT": 0.998})
    assert "Microsoft acquired Activision" in index.changes[0].sentence


def test_growth_over_published_spin_offs_is_that_of_the_parent_with_its_child(shared: Path) -> None:
    with (shared / "data/corporate_actions/spinoffs_sp500_2013_2026.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["parent_shares"] == "1"]
    assert len(rows) > 30
    for r in rows:
        ex = date.fromisoformat(r["ex_date"])
        before = ex - timedelta(days=1)
        old, new, child = (float(r[k]) for k in ("parent_prev_close", "parent_close", "spinco_close"))
        event = spin_off(r["ex_date"], r["ratio"], "child", "parent")
        closes = {before: {"parent": old}, ex: {"parent": new, "child": child}}
        growth = price_growth(closes, before, ex, [event])
        assert growth["parent"] == pytest.approx((new + float(r["ratio"]) * child) / old)
        assert growth["child"] == growth["parent"]


FIRST = date(2024, 1, 2)


@pytest.mark.parametrize("close", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("on", [FIRST, date(2024, 1, 9)])
def test_a_close_that_is_no_number_above_zero_is_refused_with_its_name_and_day(close: float, on: date) -> None:
    later = date(2024, 1, 9)
    closes = {FIRST: {"A": 10.0, "B": 5.0}, later: {"A": 11.0, "B": 5.0}}
    closes[on] = {**closes[on], "B": close}
    with pytest.raises(InputError, match=f"The close of B on {on}"):
        price_growth(closes, FIRST, later)


def test_growth_that_goes_backwards_is_refused() -> None:
    later = date(2024, 1, 9)
    closes = {FIRST: {"A": 10.0}, later: {"A": 11.0}}
    with pytest.raises(InputError, match="goes backwards"):
        price_growth(closes, later, FIRST)
    with pytest.raises(InputError, match="goes backwards"):
        growth_between(closes)(date(2024, 1, 11), later)
