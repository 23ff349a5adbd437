"""The small host's HTTP nouns: session, accounts, creators."""

from datetime import UTC, datetime

from stagedoor.core.http import Handler, Req, route, service
from stagedoor.core.identity import Authenticator, Person, bearer
from stagedoor.core.problems import FeatureDisabled
from stagedoor.flags import FeatureFlags
from stagedoor.platform import problems
from stagedoor.platform.accounts import Accounts
from stagedoor.platform.creators import Creators
from stagedoor.platform.model import (
    CreatorReply,
    Prices,
    PricesReply,
    PricesRequest,
    ProviderWire,
    SessionReply,
    SessionWire,
    SignedIn,
    SignedOut,
    SignInRequest,
    SignUpRequest,
    TodayReply,
    UserWire,
)
from stagedoor.settings import Settings


def user_wire(person: Person) -> UserWire:
    return UserWire(person.id, person.username, person.display_name, person.avatar_url, person.roles)


async def signed_in(request: Req, username: str, session: SessionWire) -> SignedIn:
    person = await service(request, Accounts).find(username)
    assert person is not None
    return SignedIn(session=session, user=user_wire(person))


@route("GET /api/session", access="anyone")
async def session(request: Req) -> SessionReply:
    """Who I am, or anonymous, with the flags that a client needs."""
    settings = service(request, Settings)
    person: Person | None = request.user
    return SessionReply(
        user=None if person is None else user_wire(person),
        flags=service(request, FeatureFlags).all(person),
        media=ProviderWire(settings.media.provider),
        realtime=ProviderWire(settings.realtime_provider),
        demo=settings.demo,
        top_up=settings.top_up,
        registration=settings.identity.registration,
        server_time=datetime.now(UTC),
    )


@route("POST /api/session", access="anyone", budget="tight", refuses=[problems.WrongPassword])
async def sign_in(request: Req, data: SignInRequest) -> SignedIn:
    """Sign in with a local account."""
    opened = await service(request, Accounts).sign_in(data.username, data.password)
    return await signed_in(request, data.username.strip(), SessionWire(opened.token, opened.expires_at))


@route("DELETE /api/session")
async def sign_out(request: Req) -> SignedOut:
    """Sign out: this session's token is dead from now on, and its sockets with it."""
    await service(request, Accounts).sign_out(request.user)
    service(request, Authenticator).forget(bearer(request.scope["headers"]) or "", request.user.session_id)
    return SignedOut()


@route(
    "POST /api/accounts", access="anyone", budget="tight", status=201, refuses=[problems.UsernameTaken, FeatureDisabled]
)
async def sign_up(request: Req, data: SignUpRequest) -> SignedIn:
    """Create a local account, private by default, and sign in."""
    if not service(request, Settings).identity.registration:
        raise FeatureDisabled(because="REGISTRATION is off")
    accounts = service(request, Accounts)
    user_id = await accounts.sign_up(data.username, data.password, data.display_name, creator=data.creator)
    opened = accounts.session_for(user_id)
    return await signed_in(request, data.username, SessionWire(opened.token, opened.expires_at))


@route("GET /api/creators/{username:str}", access="anyone", refuses=[problems.CreatorNotFound])
async def creator_page(request: Req, username: str) -> CreatorReply:
    """A creator's public page, for anyone."""
    return CreatorReply(creator=await service(request, Creators).page(username, request.user))


@route("GET /api/creators/me/prices", access="creator")
async def prices(request: Req) -> PricesReply:
    """What a minute with me costs."""
    return PricesReply(prices=await service(request, Creators).prices(request.user.id))


@route("PUT /api/creators/me/prices", access="creator")
async def set_prices(request: Req, data: PricesRequest) -> PricesReply:
    """Set what a minute with me costs, from the next ring on."""
    wanted = Prices(data.voice_tokens_per_minute, data.video_tokens_per_minute)
    await service(request, Creators).set_prices(request.user, wanted)
    return PricesReply(prices=wanted)


@route("GET /api/creators/me/today", access="creator")
async def today(request: Req) -> TodayReply:
    """My last 24 hours."""
    return TodayReply(today=await service(request, Creators).today(request.user.id))


handlers: list[Handler] = [session, sign_in, sign_out, sign_up, creator_page, prices, set_prices, today]
