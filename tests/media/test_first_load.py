"""Whoever does not use Agora or Ably never loads a byte of them: asserted on what the build made."""

import json
import re
from pathlib import Path
from typing import Any

DIST = Path(__file__).parent.parent.parent / "web" / "dist"
LATER = ("src/media/agora/agoraRtc.ts", "src/media/agora/open.ts", "src/lib/realtime/ably.ts")
FOREIGN = re.compile(r"agora\.io|AgoraRTC|sd-rtn\.com|realtime\.ably\.net|ably-agent", re.IGNORECASE)


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DIST / ".vite" / "manifest.json").read_text())
    return found


def at_once(chunks: dict[str, Any], key: str) -> set[str]:
    """The files that a browser fetches with `key`, because they are imported and not only mentioned."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        chunk = chunks[waiting.pop()]
        if chunk["file"] not in found:
            found.add(chunk["file"])
            waiting.extend(chunk.get("imports", []))
    return found


def test_every_page_loads_without_the_providers() -> None:
    chunks = manifest()
    pages = [key for key, chunk in chunks.items() if key == "index.html" or key.startswith("src/rooms/")]
    assert len(pages) > 5
    loaded = set().union(*(at_once(chunks, page) for page in pages))
    loaded |= at_once(chunks, "src/lib/realtime/socketio.ts") | at_once(chunks, "src/media/webrtc/session.ts")
    for file in loaded:
        assert not FOREIGN.search((DIST / file).read_text(errors="ignore")), file


def test_each_provider_is_a_chunk_of_its_own() -> None:
    chunks = manifest()
    for key in LATER:
        assert chunks[key]["isDynamicEntry"], key
    assert FOREIGN.search((DIST / chunks["src/media/agora/agoraRtc.ts"]["file"]).read_text())
    assert FOREIGN.search((DIST / chunks["src/lib/realtime/ably.ts"]["file"]).read_text())
    assert chunks["src/media/agora/agoraRtc.ts"]["file"] not in at_once(chunks, "src/lib/realtime/ably.ts")
