"""A service on loopback for tests of adapters."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tests.data_adapters.loopback import Service


@pytest.fixture(scope="session")
def loopback_server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server


@pytest.fixture
def service(loopback_server: HTTPServer) -> Iterator[Service]:
    """A service that answers as a test says."""
    made = Service(loopback_server)
    yield made
    made.released.set()
    loopback_server.clear()
