"""Share cards as HTTP nouns. No decisions here."""

from litestar import Response

from stagedoor.cards import problems
from stagedoor.cards.model import CardReply, EnableRequest, PublicCardReply
from stagedoor.cards.service import PUBLIC_HEADERS, Cards
from stagedoor.core.http import Handler, Req, route, service
from stagedoor.settings import Settings


@route("GET /api/fans/share")
async def own_card(request: Req) -> CardReply:
    """My card with its link, or null."""
    return CardReply(card=await service(request, Cards).own(request.user.id, base_url=_base_url(request)))


@route("POST /api/fans/share/enable", budget="tight", feature="FEATURE_FAN_SHARE_CARD")
async def enable(request: Req, data: EnableRequest | None = None) -> CardReply:
    """Make my card, or show it again; `rotate` replaces the link."""
    rotate = data is not None and data.rotate
    return CardReply(
        card=await service(request, Cards).enable(request.user, rotate=rotate, base_url=_base_url(request))
    )


@route("POST /api/fans/share/disable")
async def disable(request: Req) -> CardReply:
    """Revoke my card's link. Works whether or not the feature is on."""
    await service(request, Cards).disable(request.user)
    return CardReply(card=None)


@route(
    "GET /api/fans/share/{token:str}",
    access="anyone",
    budget="tight",
    feature="FEATURE_FAN_SHARE_CARD",
    refuses=[problems.CardNotFound],
)
async def public_card(request: Req, token: str) -> Response[PublicCardReply]:
    """What the holder of a link may see. A link that is dead, for whatever cause, has one and the same answer."""
    card = await service(request, Cards).read(token)
    return Response(PublicCardReply(card=card), headers=PUBLIC_HEADERS)


def _base_url(request: Req) -> str:
    """Where people open links: the configured front end, else the address they came to."""
    configured = service(request, Settings).frontend_urls
    return configured[0] if configured else str(request.base_url).rstrip("/")


handlers: list[Handler] = [own_card, enable, disable, public_card]
