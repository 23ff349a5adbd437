"""Our AccessToken2 says what Agora's own says, to the byte, and grants what it should for as long as it should."""

import json
import random
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from stagedoor.media.agora_token import (
    JOIN_CHANNEL,
    PUBLISH_AUDIO,
    PUBLISH_DATA,
    PUBLISH_VIDEO,
    privileges_of,
    rtc_token,
)
from tests.agora_tokens import APP_ID, CERTIFICATE, inflated, opened

PEER = Path(__file__).parent.parent / "peers" / "agora_tokens.mjs"
CHANNEL = "7d72365eb983485397e3e3f9d460bdda"
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$%&()+-:;<=.>?@[]^_{}|~,"
# Published with AgoraIO's DynamicKey tools: time 1111111, salt 1, 600 seconds, joining only.
PUBLISHED = {
    2882341273: "007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b"
    "8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj",
    0: "007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQw"
    "MTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo=",
}


def official(cases: list[dict[str, Any]]) -> list[str]:
    done = subprocess.run(["node", str(PEER)], input=json.dumps(cases), capture_output=True, text=True, check=True)
    tokens: list[str] = json.loads(done.stdout)
    return tokens


@pytest.mark.parametrize("uid", list(PUBLISHED))
def test_content_equals_the_published_vectors(uid: int) -> None:
    ours = rtc_token(APP_ID, CERTIFICATE, CHANNEL, uid, {JOIN_CHANNEL: 600}, 600, issued_at=1111111, salt=1)
    assert inflated(ours) == inflated(PUBLISHED[uid])


def test_content_equals_the_official_package_on_a_thousand_random_cases() -> None:
    chance = random.Random(20_260)
    cases = [
        {
            "appId": f"{chance.getrandbits(128):032x}",
            "certificate": f"{chance.getrandbits(128):032X}",
            "channel": "".join(chance.choices(CHARACTERS, k=chance.choice([1, 41, 63, chance.randint(1, 63)]))),
            "uid": chance.choice([0, 1, 2**31, 2**32 - 1, chance.getrandbits(32)]),
            "expire": chance.choice([1, 600, 86_400, chance.randint(1, 86_400)]),
            "issuedAt": chance.randint(1, 2**32 - 1),
            "salt": chance.randint(1, 99_999_999),
            "privileges": [[p, chance.randint(0, 86_400)] for p in chance.sample([1, 2, 3, 4], chance.randint(1, 4))],
        }
        for _ in range(1000)
    ]
    for case, theirs in zip(cases, official(cases), strict=True):
        ours = rtc_token(
            case["appId"],
            case["certificate"],
            case["channel"],
            case["uid"],
            dict(case["privileges"]),
            case["expire"],
            issued_at=case["issuedAt"],
            salt=case["salt"],
        )
        assert inflated(ours) == inflated(theirs), case


def test_roles_are_those_of_the_official_builder() -> None:
    case = {"appId": APP_ID, "certificate": CERTIFICATE, "channel": CHANNEL, "uid": 2**32 - 1, "expire": 600}
    publisher, subscriber = official([{**case, "role": 1}, {**case, "role": 2}])
    for role, theirs in (("publisher", publisher), ("subscriber", subscriber)):
        seen = opened(theirs)
        privileges = privileges_of(role, 600)  # type: ignore[arg-type]
        ours = rtc_token(
            APP_ID, CERTIFICATE, CHANNEL, 2**32 - 1, privileges, 600, issued_at=seen.issued_at, salt=seen.salt
        )
        assert seen.signed
        assert inflated(ours) == inflated(theirs)


def test_a_publisher_may_send_and_a_subscriber_may_only_join() -> None:
    assert privileges_of("subscriber", 5) == {JOIN_CHANNEL: 5}
    assert privileges_of("publisher", 5) == {JOIN_CHANNEL: 5, PUBLISH_AUDIO: 5, PUBLISH_VIDEO: 5, PUBLISH_DATA: 5}


def test_a_token_is_issued_now_with_a_salt_of_its_own() -> None:
    tokens = [opened(rtc_token(APP_ID, CERTIFICATE, "call", 7, {JOIN_CHANNEL: 60}, 60)) for _ in range(50)]
    assert all(abs(token.issued_at - time.time()) < 5 and token.expire == 60 and token.signed for token in tokens)
    assert all(1 <= token.salt <= 99_999_999 for token in tokens)
    assert len({token.salt for token in tokens}) > 45


def test_what_agora_would_refuse_is_refused_here() -> None:
    assert opened(rtc_token(APP_ID, CERTIFICATE, "c" * 63, 2**32 - 1, {}, 60)).uid == "4294967295"
    for channel, uid in (("c" * 64, 1), ("", 1), ("é" * 32, 1), ("call", 2**32), ("call", -1)):
        with pytest.raises(ValueError, match="has"):
            rtc_token(APP_ID, CERTIFICATE, channel, uid, {JOIN_CHANNEL: 60}, 60)
