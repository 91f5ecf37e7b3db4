"""The address of a client on the internet, and the block it belongs to."""

import ipaddress

_V4_BITS, _V6_BITS = 24, 56
"""What one customer of a network is commonly given: the machines of a block are one guesser's, or one office's."""


def block(address: str | None) -> str | None:
    """The block of a client's address: its /24 (IPv4) or /56 (IPv6), written as a network.

    None if the address is not one of the public internet. Such a client is on our own network, or it is a proxy that everybody comes
    through: its block would be everybody's.
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global:
        return None
    bits = _V4_BITS if isinstance(found, ipaddress.IPv4Address) else _V6_BITS
    return str(ipaddress.ip_network((found, bits), strict=False))
