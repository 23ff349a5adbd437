"""The key that signs local sessions: from settings, else made once and kept beside the data (mode 0600)."""

import hashlib
import os
import secrets
from pathlib import Path

from stagedoor.settings import Settings, SettingsError


def local_key(settings: Settings) -> bytes:
    """32 bytes. Several machines share it through STAGEDOOR_SECRET_KEY (or JWT_SECRET, from which it is derived)."""
    shared = settings.identity.secret_key or settings.identity.jwt_secret
    if shared:
        return hashlib.sha256(b"stagedoor-local-sessions:" + shared.encode()).digest()
    path = settings.data_dir / "secret.key"
    try:
        return key_in(path)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} does not hold the session key ({error}). Make the folder writable, or set STAGEDOOR_SECRET_KEY."
        ) from error


def key_in(path: Path) -> bytes:
    """32 bytes that nobody else knows, made when first asked for. Raises OSError, ValueError."""
    return _read(path) if path.exists() else _create(path)


def _create(path: Path) -> bytes:
    """Written aside and linked into place, so that processes starting together agree on one key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    aside.touch(mode=0o600)
    aside.write_text(secrets.token_hex(32))
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return _read(path)


def _read(path: Path) -> bytes:
    key = bytes.fromhex(path.read_text())
    if len(key) != 32:
        raise ValueError("it is not 32 bytes in hexadecimal")
    return key
