"""ESG measures in every view, with coverage; and what a headline says of a plan that wishes force."""

from dataclasses import replace
from decimal import Decimal

from di_advisor import EsgWish
from di_advisor.propose.esg_facts import EsgFact
from di_advisor.propose.proposal import Proposal
from di_advisor.report.esg_tables import esg_measures, esg_summary
from di_advisor.report.page import html_report
from di_advisor.report.sections import headline
from di_advisor.report.views import proposal_html, proposal_markdown, proposal_text
from tests.report.fakes import proposal

SCORE = EsgFact("score <b>", "", "higher_is_better", "P", 5.0, 5.1, 5.8, 0.94, 0.93, 0.925)
TOBACCO = EsgFact("tobacco", "%", "lower_is_better", "P", 0.01, 0.02, float("nan"), 0.9, 0.9, 0.0)


def with_esg() -> Proposal:
    given = proposal()
    mandate = given.mandate.with_changes(esg=(EsgWish("score <b>", floor=5.8),))
    return replace(given, esg=(SCORE, TOBACCO), mandate=mandate)


def test_a_measure_is_told_in_its_unit_beside_its_coverage() -> None:
    first, second = esg_measures(with_esg()).rows
    assert first == ("score <b>", "", "higher", "5.000", "5.100", "5.800", "94.0", "92.5")
    assert second == ("tobacco", "%", "lower", "1.00", "2.00", "-", "90.0", "0.0")


def test_the_summary_names_what_the_mandate_wishes_something_of() -> None:
    assert esg_summary(with_esg()) == "ESG: 2 measures. score <b> 5.100 to 5.800."
    assert esg_summary(replace(proposal(), esg=(TOBACCO,))) == "ESG: 1 measure."


def test_every_view_shows_the_measures_and_escapes_their_names() -> None:
    given = with_esg()
    for html in (proposal_html(given), html_report(given)):
        assert "score &lt;b&gt;" in html
        assert "score <b>" not in html
    assert "tobacco" in proposal_markdown(given)
    assert "ESG: 2 measures." in proposal_text(given)
    assert "ESG" not in proposal_html(proposal())


def test_a_plan_worth_less_than_doing_nothing_says_why_it_is_proposed() -> None:
    given = proposal()
    worse = {**given.after.objective_usd, "tax": Decimal(10_000_000)}
    said = headline(replace(given, after=replace(given.after, objective_usd=worse)))
    assert said.endswith("less than doing nothing, which would not keep the wishes.")
