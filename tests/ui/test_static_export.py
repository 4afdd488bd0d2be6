"""A notebook with a shown proposal, exported: the trades are in the page, and nothing of a file's text runs."""

import nbformat
import pytest
from nbconvert import HTMLExporter, MarkdownExporter
from traitlets.config import Config

from di_advisor.ui.formatters import proposal_bundle
from tests.report.fakes import proposal


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("execute_result", proposal_bundle(proposal(6, 5)), execution_count=1)
    cell = nbformat.v4.new_code_cell("proposal", id="shown", outputs=[output], execution_count=1)
    return nbformat.v4.new_notebook(cells=[cell])


def test_static_html_contains_every_trade_with_its_reason_and_the_totals(notebook: nbformat.NotebookNode) -> None:
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    p = proposal(6, 5)
    assert page.count("the tax it saves is worth more") == 6
    assert page.count("Bought because") == 5
    assert "All 6 lots" in page
    assert all(f"{abs(t.value_usd):,.2f}" in page for t in p.trade_list)
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_an_export_that_prefers_markdown_shows_the_same_trades(notebook: nbformat.NotebookNode) -> None:
    config = Config({"NbConvertBase": {"display_data_priority": ["text/markdown", "text/plain"]}})
    text, _ = MarkdownExporter(config=config).from_notebook_node(notebook)
    assert text.count("the tax it saves is worth more") == 6
    assert "| **All 6** |" in text
