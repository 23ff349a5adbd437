"""The shape of everything that crosses the wire: frozen, camelCase, strict about unknown fields in requests."""

import msgspec


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """A response, or a part of one."""


class Request(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A request's body. A field that is not known is an error, so that a typing mistake never passes silently."""


class Reply(Wire, frozen=True):
    """The success envelope: every reply opens with `ok`, then names its noun (as keyword-only fields)."""

    ok: bool = True
