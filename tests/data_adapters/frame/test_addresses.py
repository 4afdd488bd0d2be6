"""No address leads into a private network: not by number, by name, by redirect, nor by a name that changes its mind."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import SourceAddressError, SourceUnavailableError
from di_data.frame import transport
from di_data.frame.adapter import Adapter, SourceFacts
from di_data.frame.addresses import check_url, is_public, public_addresses
from di_data.frame.client import SourceClient, Wire
from di_data.frame.exchange import Content, Request
from di_data.frame.pulling import pull
from di_data.frame.transport import CheckedTransport
from tests.data_adapters.loopback import redirect

HOSTS = ("api.example.com", "files.example.com")


class Anywhere(Adapter[object]):
    """Calls whatever address it is told."""

    facts = SourceFacts("anywhere", "Anywhere", "Anywhere", HOSTS, "none", "none", (), options=("address",))

    def plan(self, query):
        return [Request(query.options["address"], Content.JSON)]

    def parse(self, body, received):
        return [body, received.source]


def asked(address: str) -> SourceQuery:
    return SourceQuery(options={"address": address})


REFUSED = [
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "ftp://api.example.com/x",
    "http://api.example.com/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://evil.example.net/x",
    "https://api.example.com.evil.net/x",
    "https://evil.net#api.example.com/x",
    "https://user:word@api.example.com/x",
    "https://api.example.com@evil.net/x",
    "https://evil.net\\@api.example.com/x",
    "https://api.example.com:8443/x",
    "https://api.example.com:99999/x",
    "https://api.example.com /x",
    "//api.example.com/x",
    "https:///x",
    "",
]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_may_not_be_called_is_refused_before_anything_is_sent(address, service, tmp_path):
    with pytest.raises(SourceAddressError) as caught:
        check_url(address, HOSTS, source="anywhere")
    assert caught.value.hint
    service.answers(b"{}")
    client = service.client(tmp_path)
    with pytest.raises((SourceAddressError, SourceUnavailableError)):
        pull(client, Anywhere(), asked(address or "nothing"))
    assert service.seen == []
    client.close()


@pytest.mark.parametrize("address", [each for each in REFUSED[:-3] if "99999" not in each])  # no server says that
def test_a_redirect_to_such_an_address_is_not_followed(address, service, tmp_path):
    service.answers(redirect(address), b"{}")
    client = service.client(tmp_path)
    with pytest.raises(SourceAddressError):
        pull(client, Anywhere(), asked("https://api.example.com/x"))
    assert len(service.seen) == 1
    client.close()


def test_listed_hosts_are_called_in_any_case_of_letters():
    assert check_url("https://API.Example.com/x?y=1", HOSTS, source="a") == "api.example.com"
    assert check_url("https://api.example.com:443/x", HOSTS, source="a") == "api.example.com"


def test_redirects_that_go_round_in_a_circle_end(service, tmp_path):
    service.answers(redirect("https://files.example.com/x"), redirect("https://api.example.com/x"))
    client = service.client(tmp_path)
    with pytest.raises(SourceAddressError, match="redirect"):
        pull(client, Anywhere(), asked("https://api.example.com/x"))
    assert len(service.seen) == 6
    client.close()


PRIVATE = """127.0.0.1 127.8.9.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 224.0.0.1 240.0.0.1
255.255.255.255 192.0.2.1 198.18.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
64:ff9b::a9fe:a9fe 2002:7f00:1:: 2001:db8::1 fd00:ec2::254 192.0.0.8 fec0::1 3fff::1 nonsense""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_private_and_special_networks_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_public_addresses_are(address):
    assert is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_a_private_address_is_not_public_either_when_it_is_wrapped(address):
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert not is_public(wrapped)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(SourceAddressError, match=r"10\.0\.0\.7") as caught:
        public_addresses("api.example.com", 443, lambda *_: ["93.184.216.34", "10.0.0.7"])
    assert caught.value.facts["host"] == "api.example.com"


def client_with(resolver, folder) -> SourceClient:
    wire = Wire(lambda _: None, lambda sleep: CheckedTransport(sleep=sleep, resolve=resolver), limited=False)
    return SourceClient(folder, wire=wire)


@pytest.fixture
def called(monkeypatch) -> list[str]:
    """Addresses to which a connection was tried; none succeeds."""
    tried: list[str] = []

    def connect(address, *_):
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(transport, "create_connection", connect)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("all_proxy", raising=False)
    monkeypatch.delenv("ALL_PROXY", raising=False)
    return tried


def test_a_listed_name_that_leads_into_a_private_network_is_refused_without_a_connection(called, tmp_path):
    for private in ("127.0.0.1", "169.254.169.254", "::1"):
        client = client_with(lambda *_, a=private: [a], tmp_path)
        with pytest.raises(SourceAddressError, match="not a public address"):
            pull(client, Anywhere(), asked("https://api.example.com/x"))
        client.close()
    assert called == []


def test_a_name_that_changes_its_mind_is_connected_only_where_it_was_checked(called, tmp_path):
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    client = client_with(lambda *_: next(answers), tmp_path)
    with pytest.raises(SourceAddressError, match=r"127\.0\.0\.1"):
        pull(client, Anywhere(), asked("https://api.example.com/x"))
    assert called == ["93.184.216.34"]
    client.close()


def test_a_name_that_is_not_known_is_said_so(called, tmp_path):
    def unknown(*_):
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    client = client_with(unknown, tmp_path)
    with pytest.raises(SourceUnavailableError, match="not known to the name server"):
        pull(client, Anywhere(), asked("https://api.example.com/x"))
    client.close()


def test_a_connection_goes_by_the_checked_address_under_the_name_that_was_asked_for(called, tmp_path):
    client = client_with(lambda *_: ["93.184.216.34", "2606:2800:220:1::1"], tmp_path)
    with pytest.raises(SourceUnavailableError, match="connection failed"):
        pull(client, Anywhere(), asked("https://api.example.com/x"))
    assert called[:2] == ["93.184.216.34", "2606:2800:220:1::1"]
    assert len(called) == 8
    client.close()
