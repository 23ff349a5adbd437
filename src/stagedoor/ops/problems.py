"""What operators may be refused."""

from stagedoor.core.problems import Refusal


class FlagNotFound(Refusal):
    status, code, sentence = 404, "FLAG_NOT_FOUND", "There is no such flag."


class RolloutRefused(Refusal):
    status, code, sentence = 409, "ROLLOUT_REFUSED", "The roll-out cannot do that now; the details say why."
