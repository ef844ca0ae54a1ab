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
    assert "192.0.2" not in repr(vars(limit)) + repr(vars(limit._limiter.storage))
