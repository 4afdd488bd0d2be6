"""A client on a folder that stays the same."""

import pytest

from tests.data_adapters.frame.example import ADAPTER


@pytest.fixture
def client(service, tmp_path):
    """Make clients of the test's folder; each anew, as another kernel would."""
    made = []

    def build(**settings):
        made.append(service.client(tmp_path, (ADAPTER.facts,), **settings))
        return made[-1]

    yield build
    for each in made:
        each.close()
