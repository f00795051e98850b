"""Webhooks go to public addresses over https, unless a setting names others: literals, names, and what wraps an address."""

import socket
from ipaddress import ip_address

import pytest

from bot.webhooks import addresses
from bot.webhooks.addresses import Allowed, CheckedResolver, ForbiddenAddressError, is_public


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ForbiddenAddressError):
        Allowed().check_url(f"https://{host}/hooks")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_a_public_address_is_allowed_over_https_alone(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    Allowed().check_url(f"https://{host}/hooks")
    for allowed in (Allowed(), Allowed.read("10.0.0.0/8")):
        with pytest.raises(ForbiddenAddressError):
            allowed.check_url(f"http://{host}/hooks")


def test_a_setting_names_networks_that_may_be_reached_also_over_http() -> None:
    allowed = Allowed.read("10.20.0.0/16, 192.168.7.5")
    allowed.check_url("http://10.20.3.4/hooks")
    allowed.check_url("https://192.168.7.5/hooks")
    for address in ("10.21.0.1", "192.168.7.6", "127.0.0.1"):
        with pytest.raises(ForbiddenAddressError):
            allowed.check_url(f"http://{address}/hooks")
    with pytest.raises(ValueError, match="host bits"):
        Allowed.read("10.20.0.1/16")


@pytest.mark.parametrize("url", ["http://erp.example.com/", "https://localhost/", "https://x.localhost./"])
def test_a_name_needs_https_and_is_not_this_machine(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        Allowed().check_url(url)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "localhost"])
async def test_a_name_is_refused_by_what_it_means_when_a_connection_is_made(host: str) -> None:
    resolver = CheckedResolver(Allowed(), secure=True)
    with pytest.raises(ForbiddenAddressError):
        await resolver.resolve(host, 443)
    await resolver.close()


async def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answers)
    resolver = CheckedResolver(Allowed(), secure=True)
    with pytest.raises(ForbiddenAddressError, match=r"10\.0\.0\.1"):
        await resolver.resolve("erp.example.com", 443)
    found = await CheckedResolver(Allowed.read("10.0.0.0/8"), secure=True).resolve("erp.example.com", 443)
    assert [each["host"] for each in found] == ["93.184.216.34", "10.0.0.1"]
    await resolver.close()
