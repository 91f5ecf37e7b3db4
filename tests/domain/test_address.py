"""The block that an address belongs to, and addresses that say nothing of who comes."""

import pytest

from hotline.domain.address import block


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("39.40.12.200", "39.40.12.0/24"),
        ("39.40.12.7", "39.40.12.0/24"),
        ("39.40.13.7", "39.40.13.0/24"),
        ("::ffff:39.40.12.7", "39.40.12.0/24"),
        ("2400:adc1:1234:56ff::1", "2400:adc1:1234:5600::/56"),
        ("2400:adc1:1234:5600:ffff::2", "2400:adc1:1234:5600::/56"),
        ("2400:adc1:1234:5700::1", "2400:adc1:1234:5700::/56"),
    ],
)
def test_machines_of_one_customer_are_in_one_block(address: str, expected: str) -> None:
    assert block(address) == expected


@pytest.mark.parametrize(
    "address", [None, "", "unknown", "127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.0.1", "::1", "fe80::1%eth0", "fd00::1"]
)
def test_a_proxy_or_a_machine_of_our_own_network_has_no_block(address: str | None) -> None:
    assert block(address) is None
