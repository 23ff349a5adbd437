"""What cannot be done is said in one clear sentence with the mend, on stderr, with exit code 2 and no traceback."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stagedoor.settings import Settings, SettingsError
from tests.cli.command import Desk, assert_one_sentence
from tests.conftest import named
from tests.core.embedded_pg_people import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, IS_ROOT, PR_CAPBSET_DROP, libc

NOWHERE = "postgresql://mia@127.0.0.1:9/none"


@pytest.fixture
def desk(server: str, tmp_path: Path) -> Desk:
    """A desk with the tests' database, which is migrated and empty of people."""
    return Desk(tmp_path / "data", named(server, "template_house"))


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_port_that_is_taken(desk: Desk, taken_port: int) -> None:
    assert_one_sentence(desk.types("serve", "--port", str(taken_port)), f"Port {taken_port}", "--port")


def test_several_workers_without_redis(desk: Desk) -> None:
    assert_one_sentence(desk.types("serve", "--workers", "2"), "REDIS_URL")


@pytest.mark.parametrize("words", [("migrate", "up"), ("seed",), ("serve", "--port", "0")], ids=" ".join)
def test_a_database_that_is_not_there(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = Desk(tmp_path / "data", NOWHERE).types(*words)
    assert_one_sentence(done, "The database", "Connect call failed", "DATABASE_URL")


def test_an_address_that_is_none(tmp_path: Path) -> None:
    assert_one_sentence(Desk(tmp_path / "data", "mysql://somewhere").types("seed"), "DATABASE_URL")


def test_a_database_of_another_name(desk: Desk, server: str) -> None:
    assert_one_sentence(Desk(desk.data, named(server, "nobodys_database")).types("seed"), "nobodys_database")


def test_a_database_that_is_not_migrated(desk: Desk, server: str) -> None:
    empty = Desk(desk.data, named(server, "template1"))
    for words in (("serve", "--port", "0"), ("token", "sam")):
        assert_one_sentence(empty.types(*words), "Run: stagedoor migrate up")


def test_somebody_who_is_not_there(desk: Desk) -> None:
    assert_one_sentence(desk.types("token", "nobody"), "no account called nobody", "stagedoor seed")


def without_power_over_files() -> None:
    """Root as it is in many containers: the modes of files hold for it too."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_a_data_folder_that_cannot_be_written(desk: Desk) -> None:
    desk.data.mkdir()
    desk.data.chmod(0o555)
    become: Callable[[], None] | None = without_power_over_files if IS_ROOT else None
    embedded = Desk(desk.data)
    assert_one_sentence(embedded.types("serve", "--port", "0", become=become), str(desk.data))
    assert_one_sentence(desk.types("serve", "--port", "0", become=become), str(desk.data), "writable")
    assert list(desk.data.iterdir()) == []


def test_a_data_folder_that_is_a_file(desk: Desk) -> None:
    desk.data.write_text("")
    assert_one_sentence(Desk(desk.data).types("serve", "--port", "0"), str(desk.data))


def test_a_setting_that_is_half_set_or_wrong(desk: Desk) -> None:
    assert_one_sentence(desk.types("serve", "--port", "0", TURN_URLS="turn:turn.example"), "TURN_URLS and TURN_SECRET")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TURN_SECRET": "s"}, "TURN_URLS and TURN_SECRET belong together"),
        ({"TURN_URLS": "turn:a"}, "TURN_URLS and TURN_SECRET belong together"),
        ({"MEDIA_PROVIDER": "agora"}, "MEDIA_PROVIDER=agora needs AGORA_APP_ID"),
        ({"MEDIA_PROVIDER": "agora", "AGORA_APP_ID": "a" * 32}, "AGORA_APP_CERTIFICATE"),
        ({"MEDIA_PROVIDER": "agora", "AGORA_APP_CERTIFICATE": "a" * 32}, "AGORA_APP_ID"),
        ({"MEDIA_PROVIDER": "zoom"}, "MEDIA_PROVIDER is 'zoom': use one of webrtc, agora"),
        ({"REALTIME_PROVIDER": "pusher"}, "REALTIME_PROVIDER is 'pusher'"),
        ({"FEATURE_CALLS": "maybe"}, "FEATURE_CALLS is 'maybe': use true or false"),
        ({"RATE_LIMIT_CALLS_PER_IP": "0"}, "RATE_LIMIT_CALLS_PER_IP is '0': use a whole number from 1"),
        ({"RATE_LIMIT_CALLS_PER_USER": "-3"}, "RATE_LIMIT_CALLS_PER_USER"),
        ({"RATE_LIMIT_CALLS_PER_IP": "٣"}, "RATE_LIMIT_CALLS_PER_IP"),
        ({"PLATFORM_FEE_BASIS_POINTS": "10001"}, "PLATFORM_FEE_BASIS_POINTS"),
        ({"TRUSTED_PROXIES": "our-proxy"}, "TRUSTED_PROXIES"),
        ({"JWT_SECRET": "s", "JWT_JWKS_URL": "http://x"}, "JWT_SECRET and JWT_JWKS_URL"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_setting_that_cannot_be_meant_names_its_variable(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said.replace("(", r"\(")):
        Settings.from_env(environment)


def test_an_empty_setting_is_an_unset_one() -> None:
    empty = dict.fromkeys(
        ("DATABASE_URL", "REDIS_URL", "TURN_URLS", "MEDIA_PROVIDER", "FEATURE_CALLS", "JWT_SECRET"), " "
    )
    assert Settings.from_env(empty) == Settings.from_env({})


def test_settings_are_read_where_they_are_said_to_be() -> None:
    found = Settings.from_env(
        {
            "STAGEDOOR_DATA_DIR": "somewhere",
            "FRONTEND_URL": "https://a.example/, https://b.example",
            "RATE_LIMIT_CALLS_PER_IP": "7",
            "RATE_LIMIT_CALLS_PER_USER": "8",
            "MEDIA_PROVIDER": "agora",
            "AGORA_APP_ID": "a" * 32,
            "AGORA_APP_CERTIFICATE": "b" * 32,
            "TRUSTED_PROXIES": "10.0.0.0/8 fd00::/8",
        }
    )
    assert found.data_dir == Path(os.getcwd()) / "somewhere"  # noqa: PTH109
    assert found.frontend_urls == ("https://a.example", "https://b.example")
    assert (found.limits.calls_per_ip, found.limits.calls_per_user) == (7, 8)
    assert (found.media.provider, found.media.agora_app_id) == ("agora", "a" * 32)
    assert [str(network) for network in found.trusted_proxies] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    "words",
    [("wallet", "credit", "sam", "0"), ("tokens",)],
    ids=" ".join,
)
def test_a_command_that_is_typed_wrongly_shows_how_it_is_meant(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk.types(*words)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert "Traceback" not in done.stderr
