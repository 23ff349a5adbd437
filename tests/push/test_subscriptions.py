"""Who may subscribe what: known push services alone, real keys, one owner a browser."""

import asyncio
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stagedoor.push import vapid_keys
from stagedoor.push.base64url import decode, encode
from stagedoor.push.hosts import allowed
from stagedoor.settings import Push, Settings, SettingsError
from tests.conftest import Stage
from tests.push.conftest import subscribed
from tests.push.service import Browser, PushService

HOSTS = Push().hosts
KNOWN = [
    "https://fcm.googleapis.com/fcm/send/abc:def",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA-_",
    "https://web.push.apple.com/QGx",
    "https://wns2-par02p.notify.windows.com/w/?token=BQY%2b",
    "https://fcm.googleapis.com:443/fcm/send/x",
]
UNKNOWN = [
    "https://example.com/push",
    "http://fcm.googleapis.com/fcm/send/x",
    "https://fcm.googleapis.com:8443/fcm/send/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evilfcm.googleapis.com/x",
    "https://push.apple.com.evil.example/x",
    "https://notify.windows.com@127.0.0.1/x",
    "https://fcm.googleapis.com@127.0.0.1/x",
    "https://fcm.googleapis.com#@127.0.0.1/x",
    "https://127.0.0.1\\@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\.evil.example/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "https://localhost/x",
    "https://fcm.googleapis.com",
    "https://FCM.googleapis.com/x\nHost: evil",
    "https://fcm.googleapis.com/x y",
    "file:///etc/passwd",
    "//fcm.googleapis.com/x",
    "",
]


@pytest.mark.parametrize("endpoint", KNOWN)
def test_browsers_push_services_are_known(endpoint: str) -> None:
    assert allowed(endpoint, HOSTS)


@pytest.mark.parametrize("endpoint", UNKNOWN)
def test_no_other_address_can_be_made_to_be_asked(endpoint: str) -> None:
    assert not allowed(endpoint, HOSTS)


def test_an_origin_of_the_operators_choice_is_that_origin_alone() -> None:
    hosts = ("http://127.0.0.1:8123",)
    assert allowed("http://127.0.0.1:8123/push/x", hosts)
    for other in ("http://127.0.0.1:81234/x", "http://127.0.0.1/x", "https://127.0.0.1:8123/x", KNOWN[0]):
        assert not allowed(other, hosts)


async def test_what_is_no_push_service_or_no_key_is_refused(pushing: Stage, service: PushService) -> None:
    good = Browser("phone", service.origin).subscription()
    point, auth = good["keys"]["p256dh"], good["keys"]["auth"]
    off_curve = encode(b"\x04" + b"\x01" * 64)
    wrong: list[dict[str, Any]] = [
        {**good, "endpoint": "https://127.0.0.1/push"},
        {**good, "endpoint": service.origin + "@evil.example/x"},
        {**good, "keys": {"p256dh": off_curve, "auth": auth}},
        {**good, "keys": {"p256dh": point[:-4], "auth": auth}},
        {**good, "keys": {"p256dh": "not base64!", "auth": auth}},
        {**good, "keys": {"p256dh": point, "auth": auth[:-2]}},
        {**good, "keys": {"p256dh": point}},
        {**good, "surprise": 1},
    ]
    for body in wrong:
        response = await pushing.sam.ask("PUT", "/api/push/subscription", body)
        assert (response.status_code, response.json()["code"]) == (422, "VALIDATION_FAILED"), body
    assert await pushing.value("SELECT count(*) FROM push_subscriptions") == 0


async def test_an_endpoint_that_is_not_allowed_any_more_is_not_asked(pushing: Stage, service: PushService) -> None:
    await subscribed(pushing, service, "sam", "phone")
    await pushing.sql("UPDATE push_subscriptions SET endpoint = replace(endpoint, '127.0.0.1', 'localhost')")
    await pushing.ring()
    await asyncio.sleep(0.5)
    assert service.asked == []


async def test_a_browser_rings_for_whoever_subscribed_it_last(pushing: Stage, service: PushService) -> None:
    browser = await subscribed(pushing, service, "sam", "shared")
    await pushing.leo.ask("PUT", "/api/push/subscription", browser.subscription())
    await pushing.sam.ask("DELETE", "/api/push/subscription", {"endpoint": browser.endpoint})
    owners = await pushing.sql("SELECT u.username FROM push_subscriptions s JOIN users u ON u.id = s.user_id")
    assert [row["username"] for row in owners] == ["leo"], "sam can neither keep nor remove it"
    await pushing.leo.ask("DELETE", "/api/push/subscription", {"endpoint": browser.endpoint})
    assert await pushing.value("SELECT count(*) FROM push_subscriptions") == 0


async def test_renewing_is_no_news_and_the_oldest_of_many_browsers_goes(pushing: Stage, service: PushService) -> None:
    browsers = [Browser(f"b{number}", service.origin) for number in range(21)]
    for browser in [*browsers, browsers[20], browsers[20]]:
        await pushing.sam.ask("PUT", "/api/push/subscription", browser.subscription())
    left = await pushing.sql("SELECT endpoint FROM push_subscriptions ORDER BY id")
    assert [row["endpoint"].rpartition("/")[2] for row in left] == [f"b{number}" for number in range(1, 21)]
    assert await pushing.value("SELECT count(*) FROM events WHERE type = 'push.subscribed'") == 21


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    first, second = vapid_keys(settings), vapid_keys(settings)
    assert first.public_key == second.public_key and len(decode(first.public_key)) == 65
    assert stat.S_IMODE((tmp_path / "new" / "vapid.key").stat().st_mode) == 0o600
    assert vapid_keys(Settings(data_dir=tmp_path / "other")).public_key != first.public_key


def test_the_key_may_come_from_the_environment(tmp_path: Path) -> None:
    # The sender's key pair of the example in RFC 8291, section 5.
    private = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    public = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    settings = Settings(data_dir=tmp_path, push=Push(vapid_private_key=private))
    assert vapid_keys(settings).public_key == public
    assert not (tmp_path / "vapid.key").exists()
    for wrong in ("short", "!" * 43, encode(b"\0" * 32)):
        with pytest.raises(SettingsError, match="VAPID_PRIVATE_KEY"):
            vapid_keys(replace(settings, push=Push(vapid_private_key=wrong)))
    (tmp_path / "vapid.key").write_text("spoiled")
    with pytest.raises(SettingsError, match="VAPID_PRIVATE_KEY"):
        vapid_keys(Settings(data_dir=tmp_path))
