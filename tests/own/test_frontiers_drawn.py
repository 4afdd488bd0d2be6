"""Frontiers and surfaces: tables of plans, drawn with a sentence, the same on every machine and page."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from own_wishes_world import PLAIN, opened

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.errors import InputError, UnfinishedError
from di_advisor.propose.frontiers import Dial, Frontier, esg_uplift
from di_advisor.report.frontier_chart import axis_of, frontier_png
from di_advisor.report.frontier_view import frontier_html, frontier_markdown, frontier_sentence, frontier_text
from di_advisor.ui.formatters import frontier_bundle


def table(**columns: object) -> Frontier:
    frame = Frontier(columns)
    frame.attrs["dials"] = tuple(c for c in ("tracking_error_max", "turnover_max", "mode") if c in columns)
    return frame


LINE = {
    "tracking_error_max": [0.005, 0.01, 0.02],
    "tracking_error": [0.005, 0.01, 0.012],
    "tax_usd": [-100.0, -900.0, -1000.0],
    "benefit_usd": [50.0, 950.0, 1000.0],
    "gap_usd": [0.0, 1.0, 2.0],
    "trades": [3, 9, 9],
    "refused": ["", "", ""],
}


def test_a_surface_is_every_pair_and_its_plans_are_those_of_what_if() -> None:
    workspace = opened(3, names=14)
    told: list[tuple[int, int]] = []
    surface = workspace.surface(
        tracking_error_max=[0.01, 0.03], turnover_max=[0.05, 0.2], progress=lambda i, n: told.append((i, n))
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert surface.dials == ("tracking_error_max", "turnover_max")
    assert list(zip(surface["tracking_error_max"], surface["turnover_max"], strict=True)) == [
        (0.01, 0.05),
        (0.01, 0.2),
        (0.03, 0.05),
        (0.03, 0.2),
    ]
    last = workspace.what_if(tracking_error_max=0.03, turnover_max=0.2)
    assert surface["benefit_usd"].iloc[-1] == float(last.benefit_usd)
    assert type(surface[surface["trades"] > 0]) is pd.DataFrame
    assert base64.b64decode(re.findall('base64,([^"]+)', frontier_html(surface))[0])[:4] == b"\x89PNG"


def test_esg_against_tracking_error_is_a_surface_too() -> None:
    score = np.linspace(0.0, 10.0, 14)
    workspace = opened(3, PLAIN.with_changes(tracking_error_max=0.05), names=14, esg={"score": score})
    surface = workspace.surface(tracking_error_max=[0.02, 0.05], uplift=esg_uplift("score", [0.0, 0.1]))
    assert surface["uplift"].tolist() == [0.0, 0.1, 0.0, 0.1]
    assert "score_after" in surface.columns
    assert (surface["refused"] == "").all()
    free, raised = (surface[surface["uplift"] == u] for u in (0.0, 0.1))
    assert (raised["score_after"].to_numpy() > free["score_after"].to_numpy()).all()
    assert (raised["benefit_usd"].to_numpy() < free["benefit_usd"].to_numpy()).all()


def test_other_esg_wishes_stay_when_one_is_turned() -> None:
    kept = EsgWish("carbon", cut_min=0.3)
    dial = esg_uplift("score", [0.0, 0.2], (kept, EsgWish("score", uplift_min=0.05)))
    assert dial.changes[0]["esg"] == (kept,)
    assert dial.changes[1]["esg"] == (kept, EsgWish("score", uplift_min=0.2))
    with pytest.raises(InputError, match="as many changes"):
        Dial((1.0,), ())


def test_dials_are_counted_and_a_cancelled_sweep_says_so() -> None:
    workspace = opened(3, names=14)
    with pytest.raises(InputError, match="two dials"):
        workspace.surface(turnover_max=[0.1])
    with pytest.raises(InputError, match="no wish"):
        workspace.surface(turnover_max=[0.1], sparkle=[1])
    with pytest.raises(UnfinishedError):
        workspace.surface(turnover_max=[0.1], tracking_error_max=[0.02], cancel=lambda: True)


def test_the_sentence_is_read_off_the_table() -> None:
    text = frontier_sentence(table(**LINE))
    assert text == (
        "The benefit over doing nothing goes from $50.00 (tracking error at most 50 bps) to $1,000.00 (tracking error "
        "at most 200 bps). Nine tenths of that are had already with tracking error at most 100 bps."
    )
    gone = LINE | {"benefit_usd": [np.nan, 950.0, 1000.0], "refused": ["<b>no</b>", "", ""]}
    assert "1 value has no plan" in frontier_sentence(table(**gone))
    none = LINE | {"benefit_usd": [np.nan] * 3, "tax_usd": [np.nan] * 3, "refused": ["no"] * 3}
    assert frontier_sentence(table(**none)) == "None of 3 plans can be had; the table says why."
    assert frontier_png(table(**none))


def test_views_are_the_same_each_time_escaped_and_clear_on_any_page() -> None:
    frame = table(**LINE | {"refused": ["<script>alert(1)</script>", "", ""]})
    bundle = frontier_bundle(frame)
    assert bundle == frontier_bundle(frame)
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    assert "<script>" not in bundle["text/html"]
    assert "<script>" not in frontier_markdown(frame)
    assert frontier_sentence(frame) in frontier_text(frame)
    import matplotlib.image

    picture = matplotlib.image.imread(io.BytesIO(frontier_png(frame)))
    corner = picture[0, 0]
    assert corner[3] == 0  # nothing is filled behind the axes: white and black pages shine through
    ink = picture[picture[..., 3] > 0.9][:, :3]
    luminance = ink @ np.array([0.2126, 0.7152, 0.0722])
    assert luminance.min() > 0.02
    assert luminance.max() < 0.98


def test_what_has_no_place_on_an_axis_stands_side_by_side() -> None:
    assert axis_of("tracking_error_max", [None, 0.01]).labels == ("none", "0.01")
    assert axis_of("turnover_max", [0.05]).labels == ("5",)
    assert axis_of("uplift", [0.1]).title == "uplift, %"
    assert frontier_png(Frontier({"a": [1]})) == b""
    assert "text/html" not in frontier_bundle(Frontier({"a": [1]}))


def test_wishes_by_name_have_no_order_and_are_drawn_as_bars_with_no_line_between_them() -> None:
    named = LINE | {"mode": ["none", "no tobacco", "all of it"], "tracking_error": [0.0, 0.002, float("nan")]}
    named.pop("tracking_error_max")
    frame = table(**named)
    assert not axis_of("mode", frame["mode"].tolist()).ordered
    assert axis_of("turnover_max", [None, 0.1]).ordered
    drawn = frontier_png(frame)
    assert drawn.startswith(b"\x89PNG")
    assert drawn == frontier_png(frame)
    longer = table(**{k: [*v, v[0]] for k, v in named.items() if isinstance(v, list)})
    assert frontier_png(longer) != drawn
    assert "no tobacco" in frontier_html(frame)
