"""The overrides as an OpenFeature provider, so that whoever asks a flag asks the vendor-neutral interface.

The SDK calls these methods by keyword, and answers with the default, silently, when the names differ: they are the
specification's. All flags are boolean; asking for another type is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Protocol

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, TypeMismatchError
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import AbstractProvider, Metadata

from stagedoor.flags.override import Because, Override, Subject

_REASONS: dict[Because, Reason] = {
    "everyone": Reason.STATIC,
    "nobody": Reason.DISABLED,
    "user": Reason.TARGETING_MATCH,
    "role": Reason.TARGETING_MATCH,
    "percentage": Reason.SPLIT,
}


class Snapshot(Protocol):
    """What the provider reads: memory only, so that resolving never waits."""

    def knows(self, key: str) -> bool: ...

    def override(self, key: str) -> Override | None: ...

    def is_fresh(self) -> bool: ...


class PostgresProvider(AbstractProvider):
    """Resolves boolean flags from the snapshot of the overrides; the caller's default is the environment's value."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self._snapshot = snapshot

    def get_metadata(self) -> Metadata:
        return Metadata(name="stagedoor-postgresql")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Fresh: the override counts, if there is one. Stale: on only where default and override both say on."""
        if not self._snapshot.knows(flag_key):
            raise FlagNotFoundError(f"There is no flag {flag_key}.")
        override = self._snapshot.override(flag_key)
        if override is None:
            return FlagResolutionDetails(value=default_value, reason=Reason.DEFAULT)
        value, because = override.resolve(_subject(evaluation_context))
        if not self._snapshot.is_fresh():
            return FlagResolutionDetails(value=default_value and value, reason=Reason.STALE)
        return FlagResolutionDetails(value=value, reason=_REASONS[because], variant="on" if value else "off")

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        _boolean_only(flag_key)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        _boolean_only(flag_key)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        _boolean_only(flag_key)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[Any] | Mapping[str, Any],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[Any] | Mapping[str, Any]]:
        _boolean_only(flag_key)


def _boolean_only(key: str) -> NoReturn:
    raise TypeMismatchError(f"{key} is on or off, nothing else.")


def _subject(context: EvaluationContext | None) -> Subject:
    if context is None:
        return Subject(None)
    roles = context.attributes.get("roles", ())
    return Subject(context.targeting_key, tuple(str(role) for role in roles) if isinstance(roles, list | tuple) else ())
