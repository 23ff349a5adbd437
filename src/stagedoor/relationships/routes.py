"""Follow, tip and block as HTTP nouns. No decisions here."""

import uuid
from typing import Annotated

from litestar.params import Parameter

from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.problems import IdempotencyKeyReused
from stagedoor.platform import CreatorNotFound
from stagedoor.relationships import problems
from stagedoor.relationships.blocks import Blocks
from stagedoor.relationships.follows import Follows
from stagedoor.relationships.model import (
    BlockReply,
    BlocksReply,
    BlockWire,
    FollowReply,
    FollowWire,
    TipReply,
    TipRequest,
)
from stagedoor.relationships.tips import Tips

IdempotencyKey = Annotated[str | None, Parameter(header="Idempotency-Key", required=False)]


@route("PUT /api/creators/{username:str}/follow", refuses=[CreatorNotFound, problems.NotYourself])
async def follow(request: Req, username: str) -> FollowReply:
    """Follow a creator. Following is a relationship: see `GET /api/fans/me/relationships` for what it allows."""
    await service(request, Follows).follow(request.user, username)
    return FollowReply(follow=FollowWire(True))


@route("DELETE /api/creators/{username:str}/follow", refuses=[CreatorNotFound, problems.NotYourself])
async def unfollow(request: Req, username: str) -> FollowReply:
    """Stop following. The relationship ends with it, unless tips or connected calls remain."""
    await service(request, Follows).unfollow(request.user, username)
    return FollowReply(follow=FollowWire(False))


@route(
    "POST /api/creators/{username:str}/tip",
    status=201,
    refuses=[CreatorNotFound, problems.NotYourself, problems.TooFewTokens, IdempotencyKeyReused],
)
async def tip(request: Req, username: str, data: TipRequest, idempotency_key: IdempotencyKey = None) -> TipReply:
    """Give a creator tokens."""
    return await service(request, Tips).tip(request.user, username, data.tokens, idempotency_key)


@route("GET /api/fans/blocks")
async def fan_blocks(request: Req) -> BlocksReply:
    """The creators that I blocked."""
    return BlocksReply(blocks=await service(request, Blocks).of_fan(request.user.id))


@route("PUT /api/fans/blocks/{creator_id:uuid}", refuses=[CreatorNotFound, problems.NotYourself])
async def block_creator(request: Req, creator_id: uuid.UUID) -> BlockReply:
    """Block a creator: she cannot see, message or call me, and a call between us ends."""
    await service(request, Blocks).fan_blocks(request.user, creator_id)
    return BlockReply(block=BlockWire(True))


@route("DELETE /api/fans/blocks/{creator_id:uuid}")
async def unblock_creator(request: Req, creator_id: uuid.UUID) -> BlockReply:
    """My other settings decide again what she may do."""
    await service(request, Blocks).fan_unblocks(request.user, creator_id)
    return BlockReply(block=BlockWire(False))


@route("GET /api/creators/me/blocks", access="creator")
async def creator_blocks(request: Req) -> BlocksReply:
    """The fans that I blocked. Those whom I never met are listed without a name."""
    return BlocksReply(blocks=await service(request, Blocks).of_creator(request.user.id))


@route("PUT /api/creators/me/blocks/{fan_id:uuid}", access="creator")
async def block_fan(request: Req, fan_id: uuid.UUID) -> BlockReply:
    """Block a fan: we cannot reach each other any more, and a call between us ends."""
    await service(request, Blocks).creator_blocks(request.user, fan_id)
    return BlockReply(block=BlockWire(True))


@route("DELETE /api/creators/me/blocks/{fan_id:uuid}", access="creator")
async def unblock_fan(request: Req, fan_id: uuid.UUID) -> BlockReply:
    """The fan's own settings decide again."""
    await service(request, Blocks).creator_unblocks(request.user, fan_id)
    return BlockReply(block=BlockWire(False))


handlers: list[Handler] = [
    follow,
    unfollow,
    tip,
    fan_blocks,
    block_creator,
    unblock_creator,
    creator_blocks,
    block_fan,
    unblock_fan,
]
