"""The published list of bad inputs: which check stands for which entry, and what a check may use."""

from collections.abc import Callable
from typing import Any

import pytest

from di_advisor.errors import DiAdvisorError, InputWarning

Check = Callable[..., None]


class Checks(dict[str, Check]):
    """Checks by the id of their entry; each takes a folder of its own and the entry's input."""

    def of(self, name: str) -> Callable[[Check], Check]:
        """Register a check."""

        def register(check: Check) -> Check:
            assert name not in self
            self[name] = check
            return check

        return register


def refused(
    words: str, call: Callable[..., Any], *arguments: Any, error: type[DiAdvisorError] = DiAdvisorError, **named: Any
) -> DiAdvisorError:
    """A typed error with these words, and a hint that says what to do."""
    with pytest.raises(error) as caught:
        call(*arguments, **named)
    assert words in str(caught.value)
    hints = [caught.value, *getattr(caught.value, "errors", ())]
    assert any(each.hint for each in hints)
    return caught.value


def noted(words: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """The result of a call that warns with these words."""
    with pytest.warns(InputWarning) as caught:
        result = call(*arguments, **named)
    assert words in " ".join(str(w.message) for w in caught)
    return result
