"""Which network addresses may be talked to, and which hosts name one."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IP = IPv4Address | IPv6Address
TUNNELS = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")))
"""IPv6 addresses that hold an IPv4 address and lead there: NAT64 (RFC 6052, 8215), Teredo (4380), 6to4 (3056)."""


def anywhere(_address: IP) -> bool:
    """Permit every address: for a host that the operator chose and trusts."""
    return True


def loopback(address: IP) -> bool:
    """Permit this machine only."""
    return address.is_loopback


def public(address: IP) -> bool:
    """Permit only what everybody on the internet reaches: no private, local, shared, multicast or reserved address.

    An IPv6 address that holds an IPv4 one (mapped, compatible, translated or tunnelled) is refused whatever it holds.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None or address.is_site_local or address.scope_id is not None:
            return False
        if any(address in tunnel for tunnel in TUNNELS):
            return False
    # each is asked: what Python calls global includes multicast groups, and has changed between its releases
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def on_this_machine(host: str | None) -> bool:
    """Tell whether a host is named so that it can only be this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
