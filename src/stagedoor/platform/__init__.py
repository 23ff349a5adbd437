"""The small part of a host platform that makes the product usable alone: accounts, sign-in, creators."""

from stagedoor.platform.accounts import AccountDirectory, Accounts
from stagedoor.platform.creators import Creators
from stagedoor.platform.problems import CreatorNotFound
from stagedoor.platform.routes import handlers

__all__ = ["AccountDirectory", "Accounts", "CreatorNotFound", "Creators", "handlers"]
