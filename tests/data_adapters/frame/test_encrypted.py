"""The real wire: an encrypted connection to the address that was checked, under the name that was asked for."""

import socket
import ssl
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from di_advisor.errors import SourceUnavailableError
from di_data.frame import transport
from di_data.frame.client import SourceClient, Wire
from di_data.frame.keys import Keys
from di_data.frame.pulling import pull
from di_data.frame.transport import CheckedTransport
from tests.data_adapters.frame.certificate import CERTIFICATE, KEY
from tests.data_adapters.frame.example import ADAPTER, GOOD, QUERY
from tests.data_adapters.loopback import CANARY

PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "certificate.pem").write_text(CERTIFICATE, encoding="utf-8")
    (folder / "key.pem").write_text(KEY, encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=context) as server:
        server.expect_request("/prices/AAPL").respond_with_data(GOOD)
        yield server, folder / "certificate.pem"


@pytest.fixture
def wired(encrypted, monkeypatch, tmp_path):
    """A client whose public address leads to the test's server: all else of the wire is what users get."""
    server, _ = encrypted
    resolved, connected, clients = [], [], []

    def resolve(host, port):
        resolved.append((host, port))
        return [PUBLIC]

    def connect(address, *_):
        connected.append(address)
        return socket.create_connection(("127.0.0.1", server.port))

    monkeypatch.setattr(transport, "create_connection", connect)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def build():
        wire = Wire(lambda _: None, lambda sleep: CheckedTransport(sleep=sleep, resolve=resolve), limited=False)
        clients.append(SourceClient(tmp_path, keys=Keys({"EXAMPLE_API_KEY": CANARY}), wire=wire))
        return clients[-1]

    yield build, resolved, connected
    for each in clients:
        each.close()


def test_a_connection_is_made_to_the_checked_address_under_the_name(wired, encrypted, monkeypatch):
    build, resolved, connected = wired
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(encrypted[1]))
    assert len(pull(build(), ADAPTER, QUERY).records) == 2
    assert (resolved, connected) == ([("api.example.com", 443)], [(PUBLIC, 443)])
    seen = encrypted[0].log[-1][0]
    assert (seen.headers["Host"], seen.headers["X-Example-Key"]) == ("api.example.com", CANARY)


def test_a_certificate_that_nobody_trusts_ends_it(wired, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(SourceUnavailableError, match="certificate of the service is not trusted"):
        pull(wired[0](), ADAPTER, QUERY)


def test_a_certificate_of_another_name_ends_it(wired, encrypted, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(encrypted[1]))
    facts = replace(ADAPTER.facts, hosts=("other.example.com",))
    (asked,) = ADAPTER.plan(QUERY)
    moved = replace(asked, url=asked.url.replace("api.", "other."))
    other = type("Other", (type(ADAPTER),), {"facts": facts, "plan": lambda *_: [moved]})()
    with pytest.raises(SourceUnavailableError, match="certificate of the service is not trusted"):
        pull(wired[0](), other, QUERY)
