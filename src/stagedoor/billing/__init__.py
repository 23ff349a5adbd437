"""The money: wallets, credits, receipts. What moves it is SQL (131_ledger.sql); this room tells and asks."""

from stagedoor.billing.model import WalletWire
from stagedoor.billing.receipts import Receipts
from stagedoor.billing.reconcile import Audit, Finding, Reconciler
from stagedoor.billing.routes import handlers
from stagedoor.billing.wallet import Wallets, balance_of, wallet_changed

__all__ = [
    "Audit",
    "Finding",
    "Receipts",
    "Reconciler",
    "WalletWire",
    "Wallets",
    "balance_of",
    "handlers",
    "wallet_changed",
]
