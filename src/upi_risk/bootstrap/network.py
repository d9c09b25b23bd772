"""The address to serve on: is it free, what is its URL, does it answer?"""

import contextlib
import errno
import http.client
import socket

_ANY = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 # nosec B104 - compared with, not bound to
_HIGHEST_PRIVILEGED_PORT = 1023
_HIGHEST_PORT = 65535


class LaunchError(Exception):
    """The service cannot be started; the message is one sentence for the person at the terminal."""


def require_free_port(host: str, port: int) -> None:
    """Find out before anything is started whether the address can be listened on.

    Raises:
        LaunchError: it is taken, not this machine's, or not allowed to this user.
    """
    if not 0 < port <= _HIGHEST_PORT:
        raise LaunchError(f"PORT is {port}, which is none: choose one from 1024 to 65535, e.g. PORT=8000 make run.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        raise LaunchError(_why_not(host, port, error)) from error


def url_of(host: str, port: int) -> str:
    """The URL that reaches what listens on this address from this machine."""
    name = _ANY.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def answers(host: str, port: int) -> bool:
    """Whether /health/ready says 200."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(_ANY.get(host, host), port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()
    return False


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < _HIGHEST_PORT else 8001
        return f"Port {port} is taken: stop what listens there or choose another, e.g. PORT={other} make run."
    if error.errno == errno.EACCES and port <= _HIGHEST_PRIVILEGED_PORT:
        return f"Port {port} is for root alone: choose one above {_HIGHEST_PRIVILEGED_PORT}, e.g. PORT=8000 make run."
    return f"{host} is not an address of this machine ({error.strerror}): choose one, e.g. HOST=127.0.0.1 make run."
