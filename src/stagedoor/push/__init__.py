"""Web Push: a closed tab rings too, and stops ringing when the call was answered or is over."""

from stagedoor.push.keys import VapidKeys, vapid_keys
from stagedoor.push.passes import Passes
from stagedoor.push.routes import handlers
from stagedoor.push.sink import PushSink
from stagedoor.push.subscriptions import Browsers, Subscriptions

__all__ = ["Browsers", "Passes", "PushSink", "Subscriptions", "VapidKeys", "handlers", "vapid_keys"]
