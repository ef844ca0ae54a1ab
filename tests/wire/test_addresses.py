from ipaddress import ip_address

import pytest

from geo_reports.wire import loopback, on_this_machine, public

CLOSED = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("text", CLOSED)
def test_what_not_everybody_reaches_is_not_public(text):
    assert not public(ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111"])
def test_what_everybody_reaches_is(text):
    assert public(ip_address(text))


def test_this_machine():
    assert [loopback(ip_address(text)) for text in ("127.0.0.1", "::1", "10.0.0.1")] == [True, True, False]
    hosts = ["localhost", "127.0.0.1", "::1", "127.0.0.1.example.org", "2130706433", "", None]
    assert [on_this_machine(host) for host in hosts] == [True, True, True, False, False, False, False]
