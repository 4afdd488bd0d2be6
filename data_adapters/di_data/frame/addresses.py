"""Which addresses may be called: listed hosts over https, and no private network behind their names.

Problem: an address out of a file or an answer can point at a cloud's metadata service, at this machine or
at a colleague's; a name that was public a moment ago can resolve to 127.0.0.1 the next. Decision: an
address is checked before it is called and after every redirect, names are resolved once, every address
they resolve to must be public, and the connection is made to the very address that was checked. Limits:
behind a proxy of the environment the proxy resolves, and only the list of hosts and https are checked.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from threading import Thread
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from di_advisor.errors import SourceAddressError
from di_data.frame.scrubbing import scrub

__all__ = ["Resolver", "check_url", "is_public", "public_addresses", "reached", "system_resolver", "takes_connections"]

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the IP addresses of a host."""

_HTTPS_PORT: Final = 443
_PROBE_SECONDS: Final = 3.0
_ALL_PROBES_SECONDS: Final = 5.0
_ODD: Final = re.compile(r"[\s\\\x00-\x1f\x7f]")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_NEVER: Final = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "fec0::/10", "3fff::/20")))
"""Protocol assignments, site-local and documentation: not of the public internet, as not every Python 3.11 knows."""


def check_url(url: str, hosts: Sequence[str], *, source: str) -> str:
    """Return the host of an address that may be called.

    Parameters
    ----------
    url : str
        Whole address.
    hosts : sequence of str
        Hosts that may be called.
    source : str
        Name of the adapter, for the error.

    Raises
    ------
    SourceAddressError
        If the scheme is not https, the host is not listed or is a number, or the address is written oddly.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _refused(source, url, "it cannot be read") from None
    if _ODD.search(url) or "@" in parts.netloc:
        raise _refused(source, url, "it is written in a way that programs read differently")
    if parts.scheme != "https":
        raise _refused(source, url, f"its scheme is {parts.scheme or 'missing'}, and only https is called")
    if host not in {each.lower() for each in hosts}:
        raise _refused(source, url, f"the host {host or '(none)'} is not one of {', '.join(hosts)}")
    if port not in {None, _HTTPS_PORT}:
        raise _refused(source, url, f"its port is {port}")
    if _is_number(host):
        raise _refused(source, url, "its host is a number instead of a name")
    return host


def system_resolver(host: str, port: int) -> Sequence[str]:
    """IP addresses of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def public_addresses(host: str, port: int, resolve: Resolver) -> tuple[str, ...]:
    """IP addresses of a host, resolved once; all of them are public.

    Raises
    ------
    SourceAddressError
        If any of them belongs to a private, loopback, link-local or otherwise special network.
    """
    found = tuple(resolve(host, port))
    private = [each for each in found if not is_public(each)]
    if private:
        raise SourceAddressError(
            f"{host} resolves to {', '.join(private)}, which is not a public address; nothing was sent.",
            hint="A name that leads into a private network is either a fault of the name server or an attack.",
            host=host,
            addresses=found,
        )
    return found


def takes_connections(host: str) -> bool | None:
    """Whether a host takes connections over https; None behind a proxy, which would have to be asked."""
    if getproxies().get("https"):
        return None
    try:
        addresses = public_addresses(host, _HTTPS_PORT, system_resolver)
    except (OSError, SourceAddressError):
        return False
    for address in addresses:
        try:
            socket.create_connection((address, _HTTPS_PORT), timeout=_PROBE_SECONDS).close()
        except OSError:
            continue
        return True
    return False


def reached(
    hosts: Iterable[str], reach: Callable[[str], bool | None], *, seconds: float = _ALL_PROBES_SECONDS
) -> dict[str, bool | None]:
    """Which hosts take connections, all asked at once; what has not answered after some seconds does not.

    Names are resolved by the system, which may take a minute where there is no network; nobody waits for that.
    """
    found: dict[str, bool | None] = {}
    asked = sorted(set(hosts))

    def ask(host: str) -> None:
        found[host] = reach(host)

    threads = [Thread(target=ask, args=(host,), daemon=True) for host in asked]
    for each in threads:
        each.start()
    until = time.monotonic() + seconds
    for each in threads:
        each.join(max(0.0, until - time.monotonic()))
    answered = dict(found)
    return {host: answered.get(host, False) for host in asked}


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also when it wraps another one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    special = any(ip.version == net.version and ip in net for net in _NEVER)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or special)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+))*", host, re.IGNORECASE))
    return True


def _refused(source: str, url: str, why: str) -> SourceAddressError:
    shown = scrub(url)
    return SourceAddressError(
        f"{source}: {shown} is not called, because {why}.",
        hint="An adapter calls the hosts that its facts list, over https; a service that moved needs a new version of "
        "its adapter.",
        source=source,
        address=shown,
    )
