"""No cell untested: visibility × messages × calls × search × relationship × block, for everybody who may ask."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, get_args

import pytest

from stagedoor.privacy import Audience, Explainer, Visibility
from tests.privacy.cells import CELLS, Action, Block, Cell, Kind, name_of
from tests.privacy.conftest import Matrix

CREATORS = ("mia", "noor")  # related as the cell says; unrelated
ACTIONS = get_args(Action)
AT_ONCE = 8


async def all_right(matrix: Matrix, cells: Iterable[Cell], ask: Callable[[Cell, Any], Awaitable[str | None]]) -> None:
    """`ask` complains about no cell; several are asked at once."""
    waiting = iter(list(cells))
    complaints: list[str] = []

    async def work() -> None:
        for cell in waiting:
            complaint = await ask(cell, matrix.fans[cell])
            if complaint is not None:
                complaints.append(f"{cell}: {complaint}")

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    assert not complaints, f"{len(complaints)} cells, such as {complaints[:2]}"


async def test_the_enums_are_all_that_the_database_knows(matrix: Matrix) -> None:
    rows = await matrix.stage.sql(
        "SELECT conname, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname LIKE 'fan_%_values'"
    )
    known = {row["conname"]: set(re.findall(r"'(\w+)'", row["text"])) for row in rows}
    assert known == {
        "fan_privacy_visibility_values": set(get_args(Visibility)),
        "fan_allow_dm_values": set(get_args(Audience)),
        "fan_allow_calls_values": set(get_args(Audience)),
    }
    assert len(CELLS) == 3 * 3 * 3 * 2 * len(get_args(Kind)) * len(get_args(Block)) == 1134


@pytest.mark.parametrize("creator", CREATORS)
async def test_the_reason_is_the_one_that_the_rules_give(matrix: Matrix, creator: str) -> None:
    rows = await matrix.stage.sql(
        "SELECT id, why_not_see($1, id) AS see, why_not_message($1, id) AS message, why_not_call($1, id) AS call,"
        " creator_has_relationship($1, id) AS related FROM users WHERE username LIKE 'cell%'",
        matrix.stage.people[creator].id,
    )
    found = {row["id"]: row for row in rows}
    wrong = []
    for cell, fan in matrix.fans.items():
        meets = cell.towards(creator)
        expected = {action: meets.refusal(action) for action in ACTIONS} | {"id": fan, "related": meets.related}
        if found[fan] != expected:
            wrong.append((cell, expected, found[fan]))
    assert not wrong, f"{len(wrong)} cells, such as {wrong[:2]}"


@pytest.mark.parametrize("creator", CREATORS)
async def test_a_creator_sees_exactly_what_she_may(matrix: Matrix, creator: str) -> None:
    asker = matrix.stage.people[creator]

    async def ask(cell: Cell, fan: Any) -> str | None:
        meets = cell.towards(creator)
        response = await asker.ask("GET", f"/api/fans/{fan}/mini-profile")
        body = response.json()
        if not meets.may("see"):
            return None if (response.status_code, body["code"]) == (404, "FAN_UNAVAILABLE") else response.text
        profile = body["profile"]
        expected = (meets.may("message"), meets.may("call"), meets.related)
        seen = (profile["canMessage"], profile["canCall"], profile["since"] is not None)
        return None if seen == expected else response.text

    await all_right(matrix, CELLS, ask)


@pytest.mark.parametrize("creator", CREATORS)
async def test_search_finds_those_alone_who_chose_it_and_may_be_seen(matrix: Matrix, creator: str) -> None:
    asker = matrix.stage.people[creator]

    async def ask(cell: Cell, fan: Any) -> str | None:
        meets = cell.towards(creator)
        fans = (await asker.get(f"/api/fans/search?q={name_of(cell)}"))["fans"]
        found = [(f["id"], f["canMessage"], f["canCall"]) for f in fans]
        expected = [(str(fan), meets.may("message"), meets.may("call"))]
        shown = cell.searchable and meets.may("see")
        return None if found == (expected if shown else []) else str(fans)

    await all_right(matrix, CELLS, ask)


async def test_the_list_of_fans_holds_whom_she_is_related_to_and_may_see(matrix: Matrix) -> None:
    listed: dict[str, Any] = {}
    cursor = ""
    while cursor is not None:
        page = await matrix.stage.mia.get(f"/api/creators/me/fans?limit=100&cursor={cursor}")
        listed |= {entry["fan"]["id"]: (entry["canMessage"], entry["canCall"]) for entry in page["fans"]}
        cursor = page["nextCursor"]
    expected = {
        str(fan): (cell.may("message"), cell.may("call"))
        for cell, fan in matrix.fans.items()
        if cell.related and cell.may("see")
    }
    cast = {str(person.id) for person in matrix.stage.people.values()}
    assert {fan: may for fan, may in listed.items() if fan not in cast} == expected
    strangers = (await matrix.stage.noor.get("/api/creators/me/fans?limit=100"))["fans"]
    assert {entry["fan"]["id"] for entry in strangers} <= cast


async def test_the_preview_is_what_the_creator_gets_byte_for_byte(matrix: Matrix) -> None:
    async def ask(cell: Cell, fan: Any) -> str | None:
        herself = matrix.herself(cell)
        for creator in CREATORS:
            asker = matrix.stage.people[creator]
            theirs = await asker.ask("GET", f"/api/fans/{fan}/mini-profile")
            preview = await herself.ask("GET", f"/api/fans/me/preview?creatorId={asker.id}")
            if theirs.status_code != preview.status_code or (
                theirs.status_code == 200 and theirs.content != preview.content
            ):
                return f"{theirs.text} against {preview.text}"
        return None

    await all_right(matrix, CELLS, ask)


async def test_a_fan_reads_her_own_settings_and_who_can_reach_her(matrix: Matrix) -> None:
    async def ask(cell: Cell, fan: Any) -> str | None:
        herself = matrix.herself(cell)
        me = (await herself.get("/api/fans/me"))["fan"]
        settings = (me["visibility"], me["allowDm"], me["allowCalls"], me["searchable"])
        if settings != (cell.visibility, cell.dm, cell.calls, cell.searchable):
            return str(me)
        reach = (await herself.get("/api/fans/me/relationships"))["relationships"]
        mine = [(r["creator"]["username"], r["canSee"], r["canMessage"], r["canCall"]) for r in reach]
        return None if mine == ([("mia", *map(cell.may, ACTIONS))] if cell.related else []) else str(reach)

    await all_right(matrix, CELLS, ask)


async def test_a_message_arrives_exactly_where_it_may(matrix: Matrix) -> None:
    async def ask(cell: Cell, fan: Any) -> str | None:
        for creator in CREATORS:
            asker = matrix.stage.people[creator]
            response = await asker.ask("POST", f"/api/messages/{fan}", {"body": "Hello"})
            expected = 201 if cell.towards(creator).may("message") else 404
            thread = await asker.get(f"/api/messages/{fan}")
            if (response.status_code, thread["canMessage"], len(thread["messages"])) != (
                expected,
                expected == 201,
                1 if expected == 201 else 0,
            ):
                return f"{creator}: {response.text} {thread}"
        return None

    await all_right(matrix, [c for c in CELLS if not c.searchable], ask)


async def test_a_call_rings_exactly_where_it_may(matrix: Matrix) -> None:
    """One creator rings one fan at a time, so these are asked one after another."""
    wrong = []
    for cell in [c for c in CELLS if c.searchable]:
        fan = matrix.fans[cell]
        for creator in CREATORS:
            asker = matrix.stage.people[creator]
            response = await asker.ask("POST", "/api/calls/initiate", {"fanId": str(fan), "callType": "voice"})
            expected = (201, None) if cell.towards(creator).may("call") else (404, "FAN_UNAVAILABLE")
            if (response.status_code, response.json().get("code")) != expected:
                wrong.append(f"{creator} {cell}: {response.text}")
            if response.status_code == 201:
                await asker.post("/api/calls/cancel", {"callId": response.json()["call"]["id"]})
    assert not wrong, f"{len(wrong)} cells, such as {wrong[:2]}"


async def test_the_operator_is_told_every_rule_and_the_true_reason(matrix: Matrix) -> None:
    explainer: Explainer = matrix.stage.house.services[Explainer]

    async def ask(cell: Cell, _fan: Any) -> str | None:
        for creator in CREATORS:
            found = await explainer.explain(creator, name_of(cell))
            expected = {action: cell.towards(creator).refusal(action) for action in ACTIONS}
            if found.reasons != expected or len(found.rules) != 11:
                return str(found)
        return None

    await all_right(matrix, CELLS, ask)
