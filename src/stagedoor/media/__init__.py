"""Media: one port, and the providers behind it."""

from stagedoor.media.port import Credentials, MediaProvider
from stagedoor.media.signalling import Signalling
from stagedoor.media.webrtc import WebRtc

__all__ = ["Credentials", "MediaProvider", "Signalling", "WebRtc"]
