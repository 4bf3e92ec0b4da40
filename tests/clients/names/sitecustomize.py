"""Names below localhost are this machine, as RFC 6761 says and systemd's resolver does; that of libc does not know them."""

import socket

_look_up = socket.getaddrinfo


def getaddrinfo(host, *arguments, **named):
    is_local = isinstance(host, str) and host.endswith(".localhost")
    return _look_up("127.0.0.1" if is_local else host, *arguments, **named)


socket.getaddrinfo = getaddrinfo
