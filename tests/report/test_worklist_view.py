"""The watch's list: labels and reasons come from files, and are text in every form."""

import re
from datetime import date

from di_advisor.policy.monitor import WorkItem, Worklist
from di_advisor.policy.policies import Decision
from di_advisor.report.worklist_view import worklist_bundle

EVIL = "<img src=x onerror=alert(1)>[x](javascript:alert(1))</div><script>\x1b[2J"


def test_a_label_is_never_markup_a_link_or_a_terminals_command() -> None:
    item = WorkItem(EVIL, date(2026, 3, 31), Decision(due=False, firings=(), held_back=f"held back by {EVIL}"))
    for items in ((item,), (item, item)):
        forms = worklist_bundle(Worklist(EVIL, items, {}))
        assert "<img" not in forms["text/html"]
        assert "<script" not in forms["text/html"]
        assert "&lt;img src=x onerror=alert(1)&gt;" in forms["text/html"]
        assert re.search(r"(?<!\\)\]\(javascript", forms["text/markdown"]) is None
        assert "<img" not in forms["text/markdown"]
        assert not any("\x1b" in form for form in forms.values())
