"""What a worker holds of a run: the facts from its beginning to its end, and nothing of it afterwards."""

import gc
from collections.abc import Iterator

import pytest

from di_advisor.execution.on_worker import SharedFacts, held


@pytest.fixture
def unfrozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
def test_facts_are_not_searched_for_garbage_until_the_last_run_is_over() -> None:
    one, other = SharedFacts("one", ["facts"]), SharedFacts("other", ["others"])
    one.setup(None)
    other.setup(None)
    assert held("one") == ["facts"]
    assert gc.get_freeze_count() > 0
    one.teardown(None)
    assert gc.get_freeze_count() > 0  # the other run is not over
    with pytest.raises(KeyError):
        held("one")
    other.teardown(None)
    assert gc.get_freeze_count() == 0
