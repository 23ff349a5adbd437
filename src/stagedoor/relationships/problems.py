"""Why a follow or a tip may be refused."""

from stagedoor.core.problems import Refusal


class NotYourself(Refusal):
    status, code, sentence = 409, "NOT_YOURSELF", "You cannot do this with yourself."


class TooFewTokens(Refusal):
    """`details.missingTokens` says how many."""

    status, code, sentence = 402, "INSUFFICIENT_TOKENS", "There are not enough tokens for this tip."


class TipNotFound(Refusal):
    status, code, sentence = 404, "TIP_NOT_FOUND", "There is no such tip."
