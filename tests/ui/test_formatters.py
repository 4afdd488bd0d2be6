"""Results show themselves under IPython, and nothing is imported for it elsewhere."""

import subprocess
import sys

import pytest

from di_advisor.ui.formatters import load_ipython_extension, proposal_bundle
from tests.report.fakes import proposal


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell()
    yield made
    InteractiveShell.clear_instance()


def test_a_proposal_shows_html_markdown_and_text(shell) -> None:
    load_ipython_extension(shell)
    data, _ = shell.display_formatter.format(proposal(3, 2))
    assert set(data) >= {"text/html", "text/markdown", "text/plain"}
    assert data == {**data, **proposal_bundle(proposal(3, 2))}
    assert "di" in shell.magics_manager.magics["line"]


def test_a_transition_shows_itself_too(shell) -> None:
    load_ipython_extension(shell)
    registered = shell.display_formatter.mimebundle_formatter.deferred_printers
    assert ("di_advisor.propose.transition", "TransitionPlan") in registered


def test_the_package_is_an_ipython_extension(shell) -> None:
    shell.extension_manager.load_extension("di_advisor")
    data, _ = shell.display_formatter.format(proposal(1, 1))
    assert data["text/html"] == proposal_bundle(proposal(1, 1))["text/html"]


def test_importing_the_package_under_ipython_is_enough() -> None:
    code = (
        "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance();"
        "import di_advisor; formatter = shell.display_formatter.mimebundle_formatter;"
        "print(('di_advisor.propose.proposal', 'Proposal') in formatter.deferred_printers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_the_formatters_import_neither_widgets_nor_ipython() -> None:
    code = (
        "import sys; from di_advisor.ui.formatters import register_under_ipython; register_under_ipython();"
        "print(sorted({'IPython', 'ipywidgets', 'anywidget', 'pandas', 'jinja2', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
