"""Backups that are proven, restores that are audited, and rehearsals of the way back."""

from stagedoor.ops.backup.databases import connected, scratch
from stagedoor.ops.backup.manifest import Manifest, newest, why_not_trust
from stagedoor.ops.backup.rehearsal import Rehearsed, rehearse
from stagedoor.ops.backup.service import Restored, audit, make, restore, tools_for, verify
from stagedoor.ops.backup.tools import BackupError

__all__ = [
    "BackupError", "Manifest", "Rehearsed", "Restored", "audit", "connected", "make", "newest", "rehearse", "restore",
    "scratch", "tools_for", "verify", "why_not_trust",
]  # fmt: skip
