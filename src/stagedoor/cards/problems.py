"""Why a card is not shown."""

from stagedoor.core.problems import Refusal


class CardNotFound(Refusal):
    """Unknown, expired, revoked, erased and malformed alike."""

    status, code, sentence = 404, "CARD_NOT_FOUND", "This link does not lead anywhere, or not any more."
