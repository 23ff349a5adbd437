"""What happened, recorded once: the event is written with the change, and told after the commit."""

from stagedoor.events.journal import Event, Journal, Tell, Transaction, request_id, to_creator, to_fan
from stagedoor.events.relay import Relay, Sink

__all__ = ["Event", "Journal", "Relay", "Sink", "Tell", "Transaction", "request_id", "to_creator", "to_fan"]
