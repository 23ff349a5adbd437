"""Media: one port, and the providers behind it."""

from stagedoor.media.agora import Agora
from stagedoor.media.agora_evidence import AgoraEvidence
from stagedoor.media.agora_kick import AgoraKicks
from stagedoor.media.agora_routes import handlers
from stagedoor.media.port import Credentials, MediaProvider
from stagedoor.media.providers import Providers
from stagedoor.media.signalling import Signalling
from stagedoor.media.webrtc import WebRtc

__all__ = [
    "Agora",
    "AgoraEvidence",
    "AgoraKicks",
    "Credentials",
    "MediaProvider",
    "Providers",
    "Signalling",
    "WebRtc",
    "handlers",
]
