"""`privacy: local`: which addresses are at home, and connections that go to no other.

A name is resolved, each address is judged, and the connection goes to the very address that was judged, so that
a name which resolves differently a moment later leads nowhere else. `keep` shuts a whole process in: every `Http`
that is made after it stays at home, whoever makes it.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import requests
import requests.adapters
import urllib3
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from daemon.errors import FinalFault

# Loopback, private (RFC 1918), link-local, unique local. Not 100.64/10: that net is the provider's, not the house's.
_AT_HOME = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fe80::/10", "fc00::/7"),
    )
)

_kept = [False]


def keep(local: bool) -> None:
    """Whether this process may reach addresses at home alone, from now on."""
    _kept[0] = local


def kept() -> bool:
    """Whether it is so."""
    return _kept[0]


def is_home(address: str) -> bool:
    """Whether an IP address, as text, is in this machine or its local network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found.version == net.version and found in net for net in _AT_HOME)


def addresses(host: str, port: int) -> list[str]:
    """The addresses that a host has now, as text, in the resolver's order. OSError where it has none."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(_text(entry) for entry in found))


def _text(entry: tuple[Any, ...]) -> str:
    """An address with its zone: fe80::1%eth0 can't be reached without."""
    family, address = entry[0], entry[4]
    zone = address[3] if family == socket.AF_INET6 and len(address) > 3 else 0
    text = str(address[0])
    return f"{text}%{zone}" if zone and "%" not in text else text


def homely(host: str, port: int) -> list[str]:
    """The addresses of a host that are at home. OSError where it has none at all, FinalFault where all lie outside."""
    found = addresses(host, port)
    kept = [address for address in found if is_home(address)]
    if not kept:
        raise forbidden(host, f"its address is {found[0]}" if found else "it has no address")
    return kept


def forbidden(host: str, why: str) -> FinalFault:
    """The fault of a call that would leave the house."""
    return FinalFault(
        f"{host} isn't asked under `privacy: local`",
        f"it lies outside the local network, {why}",
        "Take the service out of the settings, or set `privacy: open`.",
        {"host": host, "privacy": True},
    )


def connect(host: str, port: int, timeout: float | None = None, **options: Any) -> socket.socket:
    """A socket connected to a host at home, for what speaks no HTTP (mail, web sockets).

    Raises OSError where nothing answers, FinalFault where it lies outside. options: as `create_connection` takes.
    """
    trouble: OSError | None = None
    for address in homely(host, port):
        try:
            return urllib3.util.connection.create_connection((address, port), timeout=timeout, **options)
        except OSError as error:
            trouble = error
    raise trouble or OSError(f"{host} has no address")


def _new_conn(self: Any) -> socket.socket:
    """What urllib3's connections do, but for `connect`; its exceptions are those that requests knows."""
    try:
        return connect(
            self.host,
            self.port,
            self.timeout,
            source_address=self.source_address,
            socket_options=self.socket_options,
        )
    except socket.gaierror as error:
        raise NameResolutionError(self.host, self, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(self, f"connecting took more than {self.timeout} s") from error
    except OSError as error:
        raise NewConnectionError(self, f"no connection: {error}") from error


class _Plain(urllib3.connection.HTTPConnection):
    _new_conn = _new_conn


class _Tls(urllib3.connection.HTTPSConnection):
    _new_conn = _new_conn


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


class HomeAdapter(requests.adapters.HTTPAdapter):
    """Lets a session reach addresses at home alone; by no proxy, since that would carry the call out."""

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """Pools whose connections judge the address that they go to."""
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        """Without the environment's proxies."""
        return super().send(request, *arguments, **{**more, "proxies": {}})
