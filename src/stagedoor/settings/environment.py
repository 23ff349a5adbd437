"""Environment variables, read one by one; what is wrong with one is a sentence that names it and the mend."""

import ipaddress
import re
from collections.abc import Mapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and the mend."""


class Reader:
    """Typed reading of one environment. Empty is unset."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str) -> str | None:
        return self._env.get(name, "").strip() or None

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word for word in (self.text(name) or "").replace(",", " ").split() if word)

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{name} is {value!r}: use true or false.")

    def integer(self, name: str, default: int, *, least: int, most: int = 2**31 - 1) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise SettingsError(f"{name} is {value!r}: use a whole number from {least} to {most}.")
        return int(value)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of `allowed`, the first by default."""
        value = self.text(name) or allowed[0]
        if value not in allowed:
            raise SettingsError(f"{name} is {value!r}: use one of {', '.join(allowed)}.")
        return value

    def like(self, name: str, pattern: str, form: str) -> str | None:
        """A value of one form. The value may be a secret, so the message says only what it should look like."""
        value = self.text(name)
        if value is not None and not re.fullmatch(pattern, value):
            raise SettingsError(f"{name} is malformed: use {form}.")
        return value

    def url(self, name: str, default: str) -> str:
        """The root of a service, without a slash at its end."""
        value = (self.text(name) or default).rstrip("/")
        if not re.fullmatch(r"https?://[\w.-]+(:\d+)?", value):
            raise SettingsError(f"{name} is malformed: use https://host, or https://host:port, without a path.")
        return value

    def share(self, name: str) -> float:
        """From 0, the default, to 1."""
        value = self.text(name) or "0"
        if not re.fullmatch(r"0(\.\d+)?|1(\.0+)?|\.\d+", value):
            raise SettingsError(f"{name} is {value!r}: use a number from 0 to 1.")
        return float(value)

    def together(self, one: str, other: str) -> None:
        """Both or neither."""
        if bool(self.text(one)) != bool(self.text(other)):
            missing, present = (other, one) if self.text(one) else (one, other)
            raise SettingsError(f"{one} and {other} belong together: set {missing} too, or unset {present}.")

    def networks(self, name: str) -> tuple[Network, ...]:
        try:
            found = tuple(ipaddress.ip_network(word, strict=False) for word in self.words(name))
        except ValueError as error:
            raise SettingsError(f"{name}: {error}. Give addresses or networks, such as 10.0.0.0/8.") from error
        if any(network.prefixlen == 0 for network in found):
            raise SettingsError(f"{name} trusts every address: name the networks of your own proxies.")
        return found
