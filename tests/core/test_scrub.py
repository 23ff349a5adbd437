"""Whatever a message quotes, no secret and no person is left in it; what explains the fault stays."""

import secrets
import uuid

import pytest

from stagedoor.core.scrub import LENGTH_MAX, scrub, scrub_label


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def-ghi", "abc.def"),
        ("{'authorization': 'Basic Zm9vOmJhcg=='}", "Zm9vOmJhcg"),
        ("Cookie: a=1; session=secret", "session=secret"),
        ('{"password": "correct horse", "username": "sam"}', "correct"),
        ("password='it\\'s' token=xyz", "xyz"),
        ('b\'{"passwordHash":"argon"}\'', "argon"),
        ("postgresql://sam:hunter2@db/house", "hunter2"),
        ("GET /c/abcDEF123 failed", "abcDEF123"),
        ("GET /api/fans/share/abcDEF123?x", "abcDEF123"),
        ("connect call failed ('192.0.2.7', 5432)", "192.0.2.7"),
        ("from [2001:db8::7]:443", "2001:db8"),
        ("from ::ffff:192.0.2.7", "192.0.2"),
        ("mail to sam@example.org failed", "sam@"),
        ("duplicate key\nDETAIL:  Key (username)=(sam) already exists.", "sam"),
        (f"no row for {uuid.UUID(int=5)}", "00000000-0000"),
        ("AGORA_APP_CERTIFICATE=5cfd", "5cfd"),
        ("{'mac': 'q1w2', 'nonce': 'n0'}", "q1w2"),
    ],
)
def test_a_secret_is_gone(text: str, secret: str) -> None:
    assert secret not in scrub(text)


def test_random_tokens_are_gone_whatever_their_alphabet() -> None:
    for _ in range(500):
        for token in (secrets.token_urlsafe(24), secrets.token_hex(16), secrets.token_urlsafe(16)):
            assert token not in scrub(f"no card {token}, sorry")


@pytest.mark.parametrize(
    "text",
    [
        "new row for relation calls violates check constraint one_open_segment_a_call",
        "the pool is not open",
        "object of type 'NoneType' has no len()",
        "cannot unpack 3 values into 2 at end_calls_of_pair",
    ],
)
def test_what_explains_stays(text: str) -> None:
    assert scrub(text) == text


def test_labels_keep_their_ids_and_messages_are_short() -> None:
    assert scrub_label("0f3e2d1c0b9a88776655443322110000") == "0f3e2d1c0b9a88776655443322110000"
    assert scrub_label("/api/calls/{call_id:uuid}/join") == "/api/calls/{call_id:uuid}/join"
    assert len(scrub("word " * 10_000)) <= LENGTH_MAX
