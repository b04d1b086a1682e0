"""Which addresses are in the server's own network, where nothing that a person names may lead."""

from __future__ import annotations

import ipaddress
import socket

# IPv6 networks whose addresses carry an IPv4 address in their last 32 bits.
TRANSITION = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
# What Python calls global and only a network of one's own routes: site-local addresses, NAT64 of
# one's own prefix (RFC 8215), and IPv4 in the form of stateless translators (RFC 2765).
LOCAL = (
    ipaddress.IPv6Network("fec0::/10"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("::ffff:0:0:0/96"),
)


def leads_inside(host: str, port: int) -> bool:
    """Whether any address of this host is in the server's own network."""
    return any(private(address) for address in addresses(host, port))


def addresses(host: str, port: int) -> list[str]:
    """What the host's name leads to, in the order to try; none where it has no entry here."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the second for a name with an empty or too long part
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def private(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = embedded(found) if isinstance(found, ipaddress.IPv6Address) else None
    checked = [found] if inner is None else [found, inner]
    if any(found in network for network in LOCAL):
        return True
    return any(not one.is_global or one.is_multicast for one in checked)


def embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an address of a transition scheme (6to4, NAT64, compatible) ends at."""
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in network for network in TRANSITION):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
