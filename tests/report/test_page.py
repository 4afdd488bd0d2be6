"""The page that stands alone."""

import re

import pytest

from di_advisor.propose.proposal import Stage
from di_advisor.report.page import html_report
from tests.report.fakes import proposal


@pytest.fixture(scope="module")
def page() -> str:
    return html_report(proposal(30, 20), title="First <b>rebalance</b>", label="Simulated data")


def test_the_page_is_complete_and_asks_for_nothing_outside(page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert re.search(r"<(script|link|img|iframe|object)\b", page) is None
    assert re.search(r"\b(src|href)\s*=\s*[\"']", page) is None
    assert "@import" not in page
    assert "url(" not in page


def test_the_page_follows_the_reader_s_theme(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert '<meta name="color-scheme" content="light dark">' in page


def test_everything_that_came_from_a_file_is_escaped_on_the_page(page: str) -> None:
    assert "First &lt;b&gt;rebalance&lt;/b&gt;" in page
    assert "&lt;/script&gt;&lt;script&gt;alert(2)" in page
    assert "<script" not in page


def test_the_page_says_what_the_data_are_and_that_it_is_no_tax_advice(page: str) -> None:
    assert "Simulated data" in page
    assert "Not tax advice." in page


def test_all_trades_stand_on_the_page_with_their_reasons(page: str) -> None:
    p = proposal(30, 20)
    assert page.count("the tax it saves is worth more") == 30
    assert page.count("Bought because") == 20
    assert ">50 trades, each with its reason<" in page
    assert len(p.trade_list) == 50


def test_stages_are_those_given_and_their_total_is_their_sum() -> None:
    page = html_report(proposal(), stages=[Stage("load", 1.25), Stage("solve", 0.05)])
    assert "1.250" in page
    assert "0.050" in page
    assert "1.300" in page
    assert "0.810" not in page
