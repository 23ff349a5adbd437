"""A provider that is half set, or set to something it cannot be, stops the start and names its variable."""

import pytest

from stagedoor.settings import Settings, SettingsError

AGORA = {"AGORA_APP_ID": "0" * 32, "AGORA_APP_CERTIFICATE": "aF" * 16}
ABLY = {"ABLY_API_KEY": "appid.keyid:secret-Part_1"}
DSN = "https://0123456789abcdef@o1.ingest.example.org/42"


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"MEDIA_PROVIDER": "agora"}, "AGORA_APP_ID"),
        ({"MEDIA_PROVIDER": "agora", "AGORA_APP_ID": "0" * 32}, "AGORA_APP_CERTIFICATE"),
        ({"AGORA_APP_CERTIFICATE": "0" * 32}, "AGORA_APP_ID"),
        ({**AGORA, "AGORA_APP_ID": "0" * 31}, "AGORA_APP_ID"),
        ({**AGORA, "AGORA_APP_CERTIFICATE": "g" * 32}, "AGORA_APP_CERTIFICATE"),
        ({**AGORA, "AGORA_CUSTOMER_KEY": "key"}, "AGORA_CUSTOMER_SECRET"),
        ({**AGORA, "AGORA_CUSTOMER_SECRET": "secret"}, "AGORA_CUSTOMER_KEY"),
        ({**AGORA, "AGORA_TOKEN_TTL_SECONDS": "86401"}, "AGORA_TOKEN_TTL_SECONDS"),
        ({**AGORA, "AGORA_REST_URL": "api.agora.io"}, "AGORA_REST_URL"),
        ({"MEDIA_PROVIDER": "zoom"}, "MEDIA_PROVIDER"),
        ({"REALTIME_PROVIDER": "ably"}, "ABLY_API_KEY"),
        ({"ABLY_API_KEY": "appid.keyid"}, "ABLY_API_KEY"),
        ({**ABLY, "ABLY_REST_URL": "https://main.realtime.ably.net/path"}, "ABLY_REST_URL"),
        ({**ABLY, "ABLY_TOKEN_TTL_SECONDS": "0"}, "ABLY_TOKEN_TTL_SECONDS"),
        ({"REALTIME_PROVIDER": "pusher"}, "REALTIME_PROVIDER"),
        ({"TURN_URLS": "turn:turn.example.org"}, "TURN_SECRET"),
        ({"SENTRY_DSN": "https://o1.ingest.example.org/42"}, "SENTRY_DSN"),
        ({"SENTRY_DSN": DSN, "SENTRY_TRACES_SAMPLE_RATE": "1.5"}, "SENTRY_TRACES_SAMPLE_RATE"),
        ({"SENTRY_DSN": DSN, "SENTRY_DEBUG": "perhaps"}, "SENTRY_DEBUG"),
    ],
)
def test_the_start_stops_with_a_sentence_that_names_the_variable(env: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        Settings.from_env(env)
    sentence = str(stopped.value)
    assert named in sentence and sentence.endswith(".") and "\n" not in sentence


@pytest.mark.parametrize("name", ["AGORA_APP_CERTIFICATE", "ABLY_API_KEY", "SENTRY_DSN"])
def test_a_malformed_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        Settings.from_env({name: "not-quite-the-secret"})
    assert "not-quite" not in str(stopped.value)


def test_environment_variables_alone_switch_a_provider_on() -> None:
    found = Settings.from_env({**AGORA, **ABLY, "MEDIA_PROVIDER": "agora", "REALTIME_PROVIDER": "ably"})
    assert (found.media.provider, found.realtime_provider) == ("agora", "ably")
    assert found.sentry.dsn is None and found.sentry.traces_sample_rate == 0 and not found.sentry.debug
    reported = Settings.from_env({"SENTRY_DSN": DSN, "SENTRY_TRACES_SAMPLE_RATE": "0.25"})
    assert (reported.sentry.dsn, reported.sentry.traces_sample_rate) == (DSN, 0.25)
