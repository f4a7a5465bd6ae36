"""Checks that the service's port is free."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import Final

_FAULTS: Final = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}


def port_fault(host: str, port: int) -> str | None:
    """Return why a port cannot be listened on, with the remedy; None if nothing is known.

    Args:
        host: An address or a name of this machine.
        port: 0 stands for any free port.
    """
    # What is wrong with the host is left to the server: of a name's addresses it needs only one.
    with suppress(socket.gaierror):
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            if said := _FAULTS.get(_bound(socket.socket(family, kind, protocol), address)):
                return f"port {port} {said}: set BIOPSIA_PORT"
    return None


def _bound(probe: socket.socket, address: tuple[str | int, ...] | tuple[int, bytes]) -> int:
    """Bind and close a socket; returns the number of the error, 0 if there is none."""
    with probe:
        # As the server does: otherwise a port that was just left looks in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if probe.family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error.errno or 0
    return 0
