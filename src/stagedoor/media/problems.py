"""Why media may be refused."""

from stagedoor.core.problems import Refusal


class AgoraDisabled(Refusal):
    status, code, sentence = 404, "AGORA_DISABLED", "Calls do not go through Agora here."


class ChannelNotFound(Refusal):
    """No such call, a call that is over, and somebody else's call alike."""

    status, code, sentence = 404, "CALL_NOT_FOUND", "There is no such call."


class SignatureInvalid(Refusal):
    status, code, sentence = 401, "SIGNATURE_INVALID", "The signature does not belong to this notification."
