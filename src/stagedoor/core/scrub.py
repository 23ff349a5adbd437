"""Takes out of a text what could be a secret or a person: tokens, passwords, cookies, addresses, ids.

Better a report that says too little: whoever needs more finds the request by its id in the service's own log.
"""

import re

LENGTH_MAX = 500
_NAMES = r"[\w-]*(?:passw|secret|token|api[_-]?key|certificate|credential|session|dsn|nonce|mac|signature|auth)[\w-]*"

_SECRET_NAME = re.compile(rf"(?i)(?:{_NAMES}|.*(?:cookie|authorization|address|e?mail|\bip))")

# What is a secret by its form.
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?im)^\s*(detail|hint|context):.*"), ""),  # PostgreSQL quotes the row that it refused
    (re.compile(r"(?i)\b(set-cookie|cookie|authorization)\b[\"']?\s*[:=].*"), r"\1: [secret]"),
    (re.compile(rf"(?i)({_NAMES}[\"']?\s*[:=]\s*)(\"[^\"]*\"|'[^']*'|b'[^']*'|[^\s,;&)}}\]]+)"), r"\1[secret]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]+"), r"\1 [secret]"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]+)*"), "[secret]"),
    (re.compile(r"://[^/\s@]+@"), "://[secret]@"),
    (re.compile(r"(/c/|/share/)[^\s/?#\"'{}]+"), r"\1[secret]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), "[address]"),
    (re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])"), "[address]"),
)
# What is too long and too mixed to be a word: random tokens, and the ids of people and calls. A fault's name is a word.
_OPAQUE = re.compile(r"(?<![\w-])(?![A-Za-z]+(?:Error|Exception|Warning)\b)(?=[\w-]*[A-Z0-9])[\w-]{20,}={0,2}")


def scrub(text: str, length_max: int = LENGTH_MAX) -> str:
    """A message as it may be shown to anybody who can read reports, at most so long."""
    return _OPAQUE.sub("[opaque]", scrub_label(text[: 4 * length_max]))[:length_max]


def names_a_secret(name: str) -> bool:
    """Is what stands under this name a secret or an address, whatever it looks like?"""
    return _SECRET_NAME.fullmatch(name) is not None


def scrub_label(text: str) -> str:
    """A short fact of ours, whose ids are meant to stay."""
    for pattern, instead in _FORMS:
        text = pattern.sub(instead, text)
    return text.strip()
