"""Addresses: the names this machine answers to, the one a phone can reach it by, and whether a port is free."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
from typing import Final

from show.errors import BusyError

WILDCARDS: Final = ("", "0.0.0.0", "::")
"""Hosts that mean: listen on every address of this machine."""

_SIOCGIFADDR: Final = 0x8915
_FAR_AWAY: Final = ("192.0.2.1", 9)  # RFC 5737: an address for documentation; nothing is sent to it


def open_port(host: str, port: int) -> socket.socket:
    """Return a TCP socket bound to `host` and `port`; raise BusyError with the remedy if that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise BusyError(f"[remote] host {host!r} is not a name or address that this machine knows") from None
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(place)
        # Only listening tells a port apart that another program has bound and listens on.
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise BusyError(_refusal(host, port, error)) from None
    return bound


def check_port(host: str, port: int) -> None:
    """Raise BusyError with the remedy unless `host` and `port` can be listened on right now."""
    open_port(host, port).close()


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program; stop it or set [remote] port"
    if error.errno == errno.EACCES:
        return f"port {port} may only be used by the administrator; set [remote] port to 1024 or above"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"[remote] host {host!r} is not an address of this machine"
    return f"port {port} on {host!r} cannot be opened ({error.strerror}); set [remote] host and port"


def own_names(host: str) -> frozenset[str]:
    """Return the names under which this machine may be asked for, in lower case; literal addresses are not among them.

    A literal address is right when the connection came in on it, which the guard sees for itself.
    """
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    names = {"localhost", name, short, f"{short}.local"}
    if host not in WILDCARDS:
        names.add(host.lower())
    return frozenset(names - {""})


def reachable_host(host: str) -> str:
    """Return the host for a phone's link: `host` itself or, for a wildcard, this machine's address on its network."""
    if host not in WILDCARDS:
        return f"[{host}]" if ":" in host else host
    return lan_address()


def lan_address() -> str:
    """Return this machine's IPv4 address on its network, or 127.0.0.1 when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR_AWAY)
            return str(probe.getsockname()[0])
        except OSError:
            return _first_interface(probe)


def _first_interface(probe: socket.socket) -> str:
    """Return the first address of an interface that is not the loopback: a gallery's network may have no way out."""
    for _, name in socket.if_nameindex():
        request = struct.pack("256s", name.encode()[:15])
        try:
            answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
        except OSError:
            continue  # an interface without an IPv4 address
        address = socket.inet_ntoa(answer[20:24])
        if not address.startswith("127."):
            return address
    return "127.0.0.1"
