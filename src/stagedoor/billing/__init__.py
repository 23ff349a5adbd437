"""The money: wallets, credits, receipts. What moves it is SQL (131_ledger.sql); this room tells and asks."""

from stagedoor.billing.receipts import Receipts
from stagedoor.billing.routes import handlers
from stagedoor.billing.wallet import Wallets

__all__ = ["Receipts", "Wallets", "handlers"]
