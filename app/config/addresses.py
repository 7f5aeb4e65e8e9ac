"""Which addresses are this machine's own."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect to an address or name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
