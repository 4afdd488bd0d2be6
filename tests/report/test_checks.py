"""Rules and the proof of the gap: what is said counts what rounding cost."""

import math
from dataclasses import replace

import pytest

from di_advisor.domain.mandate import Rounding
from di_advisor.propose.proposal import Proposal, RuleCheck
from di_advisor.report.checks import certificate, gap_after_rounding, rules
from di_advisor.report.page import html_report
from di_advisor.report.views import proposal_html
from tests.report.fakes import proposal


def rounded(rounding_usd: float, rounding: Rounding = Rounding.WHOLE_SHARES, gap_usd: float = 0.1) -> Proposal:
    p = proposal()
    return replace(
        p,
        certificate=replace(p.certificate, rounding_usd=rounding_usd, gap_usd=gap_usd),
        mandate=replace(p.mandate, rounding=rounding),
    )


def test_the_gap_counts_what_whole_shares_cost() -> None:
    figure, note = gap_after_rounding(rounded(169.76))
    assert figure == "$169.86"
    assert note.startswith("proved $0.10 before rounding; whole shares cost $169.76")
    shown = html_report(rounded(169.76))
    assert ">$169.86<" in shown
    assert note in shown


def test_the_gap_is_the_sum_of_its_parts_as_they_are_shown() -> None:
    figure, note = gap_after_rounding(rounded(90.964, gap_usd=0.0141))
    assert note.startswith("proved $0.01 before rounding; whole shares cost $90.96")
    assert figure == "$90.97"


def test_the_inline_view_tells_the_same_gap() -> None:
    shown = proposal_html(rounded(169.76))
    assert "At most $169.86 from the best plan" in shown
    assert "$0.10 proved before rounding" in shown


def test_fractional_accounts_are_told_of_rounding_and_not_of_whole_shares() -> None:
    p = rounded(1e6, Rounding.FRACTIONAL)
    for text in (gap_after_rounding(p)[1], certificate(p)):
        assert "rounding cost $1,000,000.00" in text
        assert "hole shares" not in text
        assert "Fractional shares" not in text


@pytest.mark.parametrize(("part", "hinted"), [(0.04, False), (0.06, True)])
def test_a_hint_stands_where_rounding_takes_over_a_twentieth_of_the_benefit(part: float, *, hinted: bool) -> None:
    p = rounded(part * float(proposal().benefit_usd))
    assert float(p.benefit_usd) > 0
    assert ("Fractional shares would avoid" in gap_after_rounding(p)[1]) is hinted
    assert ("Fractional shares would avoid" in certificate(p)) is hinted


def test_rounding_that_helps_does_not_shrink_what_is_proved() -> None:
    assert gap_after_rounding(rounded(-3.0)) == ("$0.10", "proved $0.10 before rounding; rounding cost nothing")


def test_a_gap_that_was_not_proved_is_no_figure() -> None:
    p = rounded(0.0, gap_usd=math.inf)
    assert gap_after_rounding(p)[0] == "not proved"
    assert "was not proved" in certificate(p)
    assert "not proved" in html_report(p)


def test_rules_without_a_quantity_of_the_account_show_dashes_and_a_minimum_trade_shows_dollars() -> None:
    p = replace(
        proposal(),
        checks=(
            RuleCheck("name limits", "Names stay in their limits.", -1.0, -0.002, 0.002, False),
            RuleCheck("locks", "Locked lots are not sold.", 0.0, -0.01, 0.01, False),
            RuleCheck("minimum trade", "At least $500.00.", 0.0004, 0.0005, 0.0001, False),
        ),
    )
    names, locked, minimum = rules(p).rows
    assert names[2:6] == ("-", "-", "0.20", "% of account")
    assert locked[2:6] == ("-", "-", "1.00", "% of account")
    assert minimum[2:6] == ("-", "625.00", "125.00", "$")
