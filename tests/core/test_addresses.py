"""Limits are counted by the address that the network vouches for, never by one that the client claims."""

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from stagedoor.core.address import client_address
from stagedoor.settings import Limits, Settings, SettingsError
from tests.conftest import staged
from tests.outside import Outside, assert_problem

OUR_PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("127.0.0.0/8"))


def came_from(peer: str | None, *forwarded: str, trusted: Any = OUR_PROXIES) -> str:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return client_address({"client": None if peer is None else (peer, 1), "headers": headers}, trusted)


def test_without_proxies_of_ours_nothing_that_is_claimed_counts() -> None:
    assert came_from("203.0.113.7", "198.51.100.1", trusted=()) == "203.0.113.7"
    assert came_from("10.0.0.1", "198.51.100.1", trusted=()) == "10.0.0.1"


def test_a_stranger_is_not_believed() -> None:
    assert came_from("203.0.113.7", "198.51.100.1") == "203.0.113.7"
    assert came_from("203.0.113.7", "10.0.0.1") == "203.0.113.7"


def test_our_proxy_is_believed_for_the_hop_that_it_saw() -> None:
    assert came_from("10.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert came_from("10.0.0.1") == "10.0.0.1"


def test_the_right_most_untrusted_hop_counts_whatever_stands_before_it() -> None:
    assert came_from("10.0.0.1", "1.1.1.1, 2.2.2.2, 198.51.100.1") == "198.51.100.1"
    assert came_from("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.9, 10.2.0.1") == "198.51.100.1"
    assert came_from("10.0.0.1", "1.1.1.1", "198.51.100.1") == "198.51.100.1", "two headers are one list"
    assert came_from("10.0.0.1", "10.0.0.5, 10.0.0.9") == "10.0.0.5", "a client inside our own network"


@pytest.mark.parametrize("nonsense", ["", "unknown", "1.2.3", "198.51.100.1, ", "999.1.1.1", "\xff", "a" * 9000])
def test_a_hop_that_is_no_address_ends_the_reading(nonsense: str) -> None:
    assert came_from("10.0.0.1", nonsense) == "10.0.0.1"


def test_one_subscriber_of_ipv6_is_one_network() -> None:
    assert came_from("2001:db8:1:2:aaaa::1") == came_from("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert came_from("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert came_from("fd00::1", "2001:db8:1:2::7") == "2001:db8:1:2::/64"
    assert came_from("fd00::1", "[2001:db8:1:2::7]:4711") == "2001:db8:1:2::/64"
    assert came_from("::ffff:203.0.113.7") == "203.0.113.7", "an IPv4 client on a socket for both"
    assert came_from("::ffff:10.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert came_from("::1") == "::1"


def test_no_peer_is_one_address_of_its_own() -> None:
    assert came_from(None, "198.51.100.1") == "unknown"


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "10.0.0.0/8, 0.0.0.0/0"])
def test_trusting_everybody_is_refused_at_the_start(everybody: str) -> None:
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES trusts every address"):
        Settings.from_env({"TRUSTED_PROXIES": everybody})


async def test_a_client_that_invents_addresses_meets_the_same_limit(settings: Settings, dsn: str) -> None:
    proxied = replace(settings, trusted_proxies=(ip_network("10.0.0.0/8"),), limits=Limits(calls_per_ip=5))
    async with staged(proxied, dsn) as stage:
        outside = Outside(stage.house)
        for peer, tail in (("203.0.113.7", ""), ("10.0.0.1", ", 198.51.100.9")):
            async with outside.at(peer) as visitor:
                for n in range(8):
                    spoofed = {
                        "X-Forwarded-For": f"192.0.2.{n}{tail}",
                        "X-Real-Ip": f"192.0.2.{n}",
                        "Forwarded": "for=1",
                    }
                    answer = await visitor.post("/api/calls/initiate", headers=spoofed)
                    if n < 5:
                        assert_problem(answer, 401, "NOT_AUTHENTICATED")
                    else:
                        assert_problem(answer, 429, "RATE_LIMITED")


async def test_clients_behind_one_proxy_of_ours_are_told_apart(settings: Settings, dsn: str) -> None:
    proxied = replace(settings, trusted_proxies=(ip_network("10.0.0.0/8"),), limits=Limits(calls_per_ip=1))
    async with staged(proxied, dsn) as stage, Outside(stage.house).at("10.0.0.1") as proxy:
        for client in ("198.51.100.1", "198.51.100.2", "2001:db8::1"):
            answer = await proxy.post("/api/calls/initiate", headers={"X-Forwarded-For": client})
            assert_problem(answer, 401, "NOT_AUTHENTICATED")
        same_subscriber = {"X-Forwarded-For": "2001:db8::ffff:2"}
        assert_problem(await proxy.post("/api/calls/initiate", headers=same_subscriber), 429, "RATE_LIMITED")
