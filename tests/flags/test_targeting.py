"""A flag may be on for some: stable shares, named people, roles; and every change says who and why."""

import asyncio
import inspect
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openfeature import api as openfeature
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import Reason
from openfeature.hook import Hook, HookContext, HookHints
from openfeature.provider import FeatureProvider
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

from stagedoor.flags import FeatureFlags, Override, PostgresProvider, set_override, share_of
from stagedoor.flags.override import Subject
from tests.conftest import Stage
from tests.ops.command_line import stagedoor

KEY = "FEATURE_CALLS"


def partly(percentage: int, key: str = KEY) -> Override:
    return Override(key, False, percentage, (), (), "", "", datetime.now(UTC))


def test_a_share_is_of_its_size_and_whoever_has_it_keeps_it_as_it_grows() -> None:
    people = [str(uuid.UUID(int=n * 7919)) for n in range(20_000)]
    before: set[str] = set()
    for percentage in (1, 10, 50, 100):
        having = {person for person in people if partly(percentage).resolve(Subject(person))[0]}
        assert abs(len(having) / len(people) * 100 - percentage) < 1
        assert before <= having
        before = having


def test_two_flags_draw_two_different_shares() -> None:
    people = [str(uuid.UUID(int=n * 7919)) for n in range(5_000)]
    both = [
        person for person in people if share_of(KEY, person) < 10 and share_of("FEATURE_FAN_SHARE_CARD", person) < 10
    ]
    assert 20 < len(both) < 90, "one tenth of one tenth"


def test_somebody_without_a_name_is_in_no_share() -> None:
    assert not partly(99).resolve(Subject(None))[0]


def test_the_provider_has_the_parameter_names_that_the_sdk_calls() -> None:
    for name in ("boolean", "string", "integer", "float", "object"):
        method = f"resolve_{name}_details"
        ours = inspect.signature(getattr(PostgresProvider, method)).parameters
        assert list(ours) == list(inspect.signature(getattr(FeatureProvider, method)).parameters), method


async def test_what_the_sdk_resolves_is_the_override_and_not_the_default(stage: Stage) -> None:
    await set_override(stage.house.journal, KEY, True, reason="", author="ines", users=["mia"])
    await stage.house.flags.load()
    client = openfeature.get_client(stage.house.flags.domain)
    for default in (True, False):
        mia = client.get_boolean_details(KEY, default, EvaluationContext(str(stage.mia.id)))
        sam = client.get_boolean_details(KEY, default, EvaluationContext(str(stage.sam.id)))
        assert (mia.value, mia.reason, sam.value) == (True, Reason.TARGETING_MATCH, False)
    assert client.get_string_details(KEY, "x").error_code is not None
    assert client.get_boolean_details("FEATURE_NEW", True).error_code is not None


async def test_only_the_named_person_may_ring(stage: Stage) -> None:
    await stage.ops.ask("PUT", f"/api/ops/flags/{KEY}", {"enabled": True, "users": ["mia"], "reason": "a try"})
    await wait_until(lambda: stage.house.flags.override(KEY) is not None)
    await stage.ring()
    refused = await stage.noor.ask("POST", "/api/calls/initiate", {"fanId": str(stage.ines.id), "callType": "voice"})
    assert (refused.status_code, refused.json()["code"]) == (403, "FEATURE_DISABLED")
    assert (await stage.mia.get("/api/session"))["flags"][KEY] is True
    assert (await stage.noor.get("/api/session"))["flags"][KEY] is False


async def test_a_role_is_on_for_everybody_who_has_it(stage: Stage) -> None:
    await stage.ops.ask("PUT", f"/api/ops/flags/{KEY}", {"enabled": True, "roles": ["operator"]})
    await wait_until(lambda: stage.house.flags.override(KEY) is not None)
    having = [name for name in ("mia", "sam", "ops") if (await stage.people[name].get("/api/session"))["flags"][KEY]]
    assert having == ["ops"]


async def test_only_operators_touch_flags(stage: Stage) -> None:
    for method, path in (("GET", ""), ("PUT", f"/{KEY}"), ("DELETE", f"/{KEY}"), ("GET", f"/{KEY}/history")):
        refused = await stage.mia.ask(method, f"/api/ops/flags{path}", {"enabled": True} if method == "PUT" else None)
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
    assert await stage.value("SELECT count(*) FROM flag_overrides") == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"enabled": False, "percentage": 10}, 422),
        ({"enabled": True, "percentage": 101}, 422),
        ({"enabled": True, "roles": ["king"]}, 422),
        ({"enabled": True, "users": ["nobody-by-that-name"]}, 422),
    ],
)
async def test_nonsense_changes_nothing(stage: Stage, body: object, status: int) -> None:
    refused = await stage.ops.ask("PUT", f"/api/ops/flags/{KEY}", body)
    assert refused.status_code == status, refused.text
    assert (await stage.ops.ask("PUT", "/api/ops/flags/FEATURE_NEW", {"enabled": True})).status_code == 404
    assert await stage.value("SELECT count(*) FROM flag_overrides") == 0


async def test_the_history_says_who_changed_what_and_why(stage: Stage) -> None:
    path = f"/api/ops/flags/{KEY}"
    await stage.ops.ask("PUT", path, {"enabled": True, "percentage": 10, "reason": "first tenth"})
    await stage.ops.ask("PUT", path, {"enabled": True, "users": ["sam"], "reason": "Sam asked"})
    await stage.ops.ask("PUT", path, {"enabled": False, "reason": "a fault"})
    await stage.ops.ask("DELETE", f"{path}?reason=mended")
    changes = (await stage.ops.get(f"{path}/history"))["changes"]
    told = [(change["state"], change["percentage"], change["users"], change["reason"]) for change in changes]
    assert told == [
        (None, 0, [], "mended"),
        ("off", 0, [], "a fault"),
        ("some", 0, ["sam"], "Sam asked"),
        ("some", 10, [], "first tenth"),
    ]
    assert {change["author"] for change in changes} == {"ops"}


async def test_a_release_that_knows_no_shares_reads_a_partly_opened_feature_as_off(stage: Stage) -> None:
    await set_override(stage.house.journal, KEY, True, reason="", author="ines", percentage=10)
    assert await stage.value("SELECT enabled FROM flag_overrides WHERE key = $1", KEY) is False
    await set_override(stage.house.journal, KEY, True, reason="", author="ines", percentage=100)
    assert await stage.value("SELECT enabled FROM flag_overrides WHERE key = $1", KEY) is True


async def test_a_risky_flag_falls_to_off_when_the_database_was_away_too_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = FeatureFlags(stage.house.database, {KEY: False})
    await set_override(stage.house.journal, KEY, True, reason="", author="ines")
    await flags.load()
    assert flags.is_on(KEY) and flags.is_on("FEATURE_FAN_PRIVACY")
    monkeypatch.setattr("stagedoor.flags.flags.TRUST_SECONDS", -1.0)
    assert not flags.is_on(KEY) and flags.is_on("FEATURE_FAN_PRIVACY")


async def test_the_command_line_sets_shows_and_clears(stage: Stage, dsn: str, tmp_path: Path) -> None:
    async def run(*words: str) -> str:
        result = await stagedoor("flags", *words, dsn=dsn, data_dir=tmp_path)
        assert result.exit_code == 0, result.output
        return result.output

    await run("set", KEY, "on", "--percentage", "10", "--user", "mia", "--role", "operator", "--reason", "first tenth")
    lines = {line["key"]: line for line in json.loads(await run("list", "--json"))}
    assert lines[KEY]["value"] == "on for 10 %, mia, every operator"
    assert (lines[KEY]["author"], lines[KEY]["reason"]) == ("ines", "first tenth")
    assert "follows the environment" in await run("clear", KEY)
    assert "first tenth" in await run("history", KEY)
    wrong = await stagedoor("flags", "set", "FEATURE_NEW", "on", dsn=dsn, data_dir=tmp_path)
    assert wrong.exit_code == 2


async def wait_until(true: Callable[[], object], seconds: float = 3.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "not within the time"
        await asyncio.sleep(0.01)


async def test_another_provider_and_every_hook_is_asked(stage: Stage) -> None:
    flags = stage.house.flags
    heard = []

    class Ear(Hook):
        def before(self, hook_context: HookContext, hints: HookHints) -> None:
            heard.append(hook_context.flag_key)

    assert flags.is_on("FEATURE_CALLS")
    flags._client.add_hooks([Ear()])
    assert flags.is_on("FEATURE_CALLS") and heard == ["FEATURE_CALLS"]
    flags._client.hooks.clear()
    off = InMemoryFlag("off", {"on": True, "off": False})
    openfeature.set_provider_and_wait(InMemoryProvider({"FEATURE_CALLS": off}), flags.domain)
    assert not flags.is_on("FEATURE_CALLS")
