import pytest

from geo_reports.errors import TooManyRequests
from geo_reports.intake import WriteLimit


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.200", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1::1", "2001:db8:1:ffff::2", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("192.0.2.1", "::ffff:192.0.2.9", True),
        ("::ffff:192.0.2.1", "::ffff:198.51.100.1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("testclient", "", True),
        ("testclient", "192.0.2.1", False),
    ],
)
def test_a_network_shares_one_allowance(one, other, together):
    limit = WriteLimit(1)
    limit.check(one)
    if together:
        with pytest.raises(TooManyRequests):
            limit.check(other)
    else:
        limit.check(other)


def test_who_writes_too_much_is_told_when_to_return():
    limit = WriteLimit(3)
    for _ in range(3):
        limit.check("192.0.2.1")
    with pytest.raises(TooManyRequests, match="60 min") as caught:
        limit.check("192.0.2.1")
    assert 3500 < caught.value.retry_after_s <= 3600


def test_no_address_is_kept():
    limit = WriteLimit(5)
    limit.check("192.0.2.77")
    assert "192.0.2" not in repr(vars(limit))


def test_what_was_refused_afterwards_does_not_count():
    limit = WriteLimit(1)
    take_back = limit.check("192.0.2.1")
    take_back()
    limit.check("192.0.2.1")
    for _ in range(2):
        with pytest.raises(TooManyRequests):
            limit.check("192.0.2.1")


def test_an_allowance_comes_back_write_by_write():
    at = [0.0]
    limit = WriteLimit(2, clock=lambda: at[0])
    limit.check("192.0.2.1")
    at[0] = 1800
    limit.check("192.0.2.1")
    at[0] = 3599
    with pytest.raises(TooManyRequests) as caught:
        limit.check("192.0.2.1")
    assert caught.value.retry_after_s == 1
    at[0] = 3600
    limit.check("192.0.2.1")
    with pytest.raises(TooManyRequests):
        limit.check("192.0.2.1")


def test_quiet_networks_are_forgotten():
    at = [0.0]
    limit = WriteLimit(1, clock=lambda: at[0])
    for number in range(3000):
        at[0] = number * 10.0
        limit.check(f"2001:db8:{number:x}::1")
    assert len(limit._times) < 1500
