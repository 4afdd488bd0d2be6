"""ESG tables on their way into the signals: order, gaps, look-ahead, disagreement, reason lines; small arithmetic."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from di_advisor.domain.esg_table import Direction, EsgMeasure, EsgScale, EsgTable
from di_advisor.domain.esg_wishes import Uncovered
from di_advisor.domain.exclusions import Condition, Exclusion, Operator
from di_advisor.domain.signals import LockKind, MarketSignals
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.signals.emissions import evic_inflation, intensity_per_evic, owners_of
from di_advisor.signals.esg import aligned_esg, disagreements, filled
from di_advisor.signals.screens import exclusion_locks, screened
from di_advisor.testing.random_cases import random_case
from tests.signals.small_world import SmallWorld

LOWER, HIGHER = Direction.LOWER_IS_BETTER, Direction.HIGHER_IS_BETTER
NAN = float("nan")


def market_signals(**esg: list[float]) -> MarketSignals:
    market = random_case(0, names=8, lots_a_name=1, styles=1).signals.market
    return replace(market, esg={k: np.array(v) for k, v in esg.items()})


def test_a_table_is_put_into_the_markets_order_with_its_provenance(small_world: SmallWorld) -> None:
    market = small_world.market
    ids = market.universe.security_ids
    figures = {ids[1]: 2.0, ids[0]: 1.0, "not in the market": 9.0}
    table = EsgTable((EsgMeasure("score", figures, HIGHER, "Someone", date(2020, 1, 2)),))
    aligned = aligned_esg(table, market)
    np.testing.assert_array_equal(aligned.values["score"][:2], [1.0, 2.0])
    assert np.isnan(aligned.values["score"][2:]).all()
    says = aligned.provenance["esg: score"]
    assert says == f"Someone, higher is better, known on 2020-01-02; covers 2 of {len(ids)} names"
    assert aligned.scale["score"].direction is HIGHER


def test_figures_that_were_known_only_later_are_refused(small_world: SmallWorld) -> None:
    table = EsgTable((EsgMeasure("score", {}, HIGHER, known_at=date(2099, 1, 1)),))
    with pytest.raises(InputError, match="known on 2099-01-01, after the market of"):
        aligned_esg(table, small_world.market)


def test_two_measures_of_one_name_and_infinite_figures_are_refused() -> None:
    one = EsgMeasure("score", {}, HIGHER)
    with pytest.raises(InputError, match="Two ESG measures"):
        EsgTable((one, one))
    with pytest.raises(InputError, match="infinite for A"):
        EsgMeasure("score", {"A": float("inf")}, HIGHER)


def test_the_sample_worlds_frame_becomes_one_measure_a_provider_and_column() -> None:
    frame = pd.DataFrame(
        {
            "provider": ["P", "P", "Q"],
            "security_id": ["A", "B", "A"],
            "known_at": pd.to_datetime(["2026-01-05", "2026-01-06", "2025-05-01"]),
            "score": [10.0, 20.0, 3.0],
            "direction": ["lower_is_better", "lower_is_better", "higher_is_better"],
            "carbon_intensity": [5.0, NAN, NAN],
        }
    )
    table = EsgTable.from_frame(frame)
    assert table.names == ("score, P", "carbon_intensity, P", "score, Q")
    assert table.measures[0].known_at == date(2026, 1, 6)
    assert [m.direction for m in table.of_topic("score")] == [LOWER, HIGHER]
    with pytest.raises(InputError, match="gives A more than once"):
        EsgTable.from_frame(pd.concat([frame, frame]))


@pytest.mark.parametrize(
    ("policy", "direction", "first", "counted"),
    [
        (Uncovered.LEAVE_OUT, HIGHER, 0.0, 0.0),
        (Uncovered.ZERO, HIGHER, 0.0, 1.0),
        (Uncovered.SECTOR_MEDIAN, HIGHER, 4.0, 1.0),
        (Uncovered.UNIVERSE_MEAN, HIGHER, 28 / 5, 1.0),
        (Uncovered.WORST_DECILE, HIGHER, 2.4, 1.0),
        (Uncovered.WORST_DECILE, LOWER, 9.2, 1.0),
    ],
)
def test_each_policy_fills_the_gap_that_it_says(
    policy: Uncovered, direction: Direction, first: float, counted: float
) -> None:
    sectors = ("S", "S", "S", "T", "T", "T")
    universe = Universe(tuple(Security(f"N{i}", sector=s) for i, s in enumerate(sectors)))
    values = np.array([NAN, 2.0, 6.0, 3.0, 10.0, 7.0])
    got, counts = filled(values, universe, policy, direction)
    if policy is Uncovered.WORST_DECILE:
        first = float(np.quantile(values[1:], 0.9 if direction is LOWER else 0.1))
    assert got[0] == pytest.approx(first)
    assert counts[0] == counted
    np.testing.assert_array_equal(got[1:], values[1:])


def test_a_measure_that_covers_nobody_is_incomplete_not_zero() -> None:
    universe = Universe((Security("A"),))
    with pytest.raises(IncompleteDataError, match="covers no name"):
        filled(np.array([NAN]), universe, Uncovered.ZERO, HIGHER)


def test_providers_that_rank_alike_in_their_own_directions_do_not_disagree() -> None:
    scale = {
        "one": EsgScale(HIGHER, topic="score"),
        "two": EsgScale(LOWER, topic="score"),
        "three": EsgScale(HIGHER, topic="score"),
    }
    up = [float(i) for i in range(8)]
    market = replace(market_signals(one=up, two=[-x for x in up], three=[7.0, *up[1:7], 0.0]), esg_scale=scale)
    found = {(d.first, d.second): d for d in disagreements(market)}
    assert len(found["one", "two"].names) == 0
    assert found["one", "two"].correlation == pytest.approx(1.0)
    assert set(found["one", "three"].names.tolist()) == {0, 7}


def test_a_screen_tells_what_is_out_and_what_it_cannot_know() -> None:
    market = market_signals(
        share=[0.6, 0.6, 0.6, 0.1, 0.1, NAN, NAN, NAN], grams=[100.1, 100.0, NAN] * 2 + [200.0, 5.0]
    )
    power = Exclusion("power", conditions=(Condition("share", 0.5), Condition("grams", 100.0, Operator.MORE_THAN)))
    [found] = screened((power,), market)
    np.testing.assert_array_equal(np.flatnonzero(found.out), [0])
    np.testing.assert_array_equal(np.flatnonzero(found.unknown), [2, 5, 6])
    assert found.reasons[0].startswith("EXCLUDED R00000: power; rule share >= 0.5 and grams > 100")
    assert "share 0.6, grams 100.1" in found.reasons[0]


def test_excluded_names_are_locked_against_buying_with_their_reason() -> None:
    market = market_signals(share=[0.6] + [0.0] * 7)
    listed = Exclusion("list", frozenset({"R00003", "not there"}), source="the client")
    locks = list(exclusion_locks((listed,), market))
    assert [(k.security_id, k.kind) for k in locks] == [("R00003", LockKind.NO_BUY)]
    assert locks[0].reason == "EXCLUDED R00003: list; rule listed; evidence listed; source the client."


def test_a_screen_on_a_measure_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="There is: 'share'"):
        screened((Exclusion("coal", conditions=(Condition("coal", 0.01),)),), market_signals(share=[0.0] * 8))


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("NUCOR CORP (51%); YAMATO KOGYO (USA) CORP (49%)", (("NUCOR CORP", 0.51), ("YAMATO KOGYO (USA) CORP", 0.49))),
        ("YAMATO KOGYO (USA) CORP", (("YAMATO KOGYO (USA) CORP", 1.0),)),
        ("A INC (33.3%);B INC (66.7 %)", (("A INC", 0.333), ("B INC", 0.667))),
    ],
)
def test_owners_and_their_shares_are_read_from_the_end(text: str, owners: tuple[tuple[str, float], ...]) -> None:
    found = owners_of(text)
    assert [name for name, _ in found] == [name for name, _ in owners]
    assert [share for _, share in found] == pytest.approx([share for _, share in owners])


def test_owners_without_shares_or_with_too_much_are_refused() -> None:
    with pytest.raises(InputError, match="has no share"):
        owners_of("A INC; B INC (50%)")
    with pytest.raises(InputError, match=r"hold 1\.1"):
        owners_of("A INC (60%); B INC (50%)")


def test_dearer_enterprises_alone_are_no_decarbonisation() -> None:
    tonnes, evic = np.array([100.0, 300.0]), np.array([50.0, 200.0])
    inflation = evic_inflation(1.2 * evic, evic)
    assert inflation == pytest.approx(1.2)
    raw = intensity_per_evic(tonnes, 1.2 * evic) / intensity_per_evic(tonnes, evic) - 1.0
    np.testing.assert_allclose(raw, -1 / 6)  # -16.7 percent
    np.testing.assert_allclose(intensity_per_evic(tonnes, 1.2 * evic, inflation), intensity_per_evic(tonnes, evic))
