"""What the service leans on, asked: media servers, Redis, Sentry; and this machine's log and room."""

import asyncio
import json
import socket
import struct
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis.asyncio
import redis.exceptions

from stagedoor.ops.preflight.checks import Answer, Place, bad, check, good, not_asked, weak

LEAST_FREE_BYTES = 1 << 30


@check("media")
async def media(place: Place) -> Answer:
    if "media" in place.wrong_settings:
        return bad(place.wrong_settings["media"], "set both, or use MEDIA_PROVIDER=webrtc")
    settings = place.settings.media
    if settings.provider == "agora":
        return good("Agora's App ID and certificate are there")
    hosts = [*settings.turn_urls, *settings.stun_urls]
    if not hosts:
        mend = "set TURN_URLS and TURN_SECRET (deploy/coturn.conf)"
        return weak("no STUN and no TURN: calls connect within one network only", mend)
    for url in hosts:
        if not await asyncio.to_thread(_stun_answers, url):
            return bad(f"{url} does not answer", "start it, or open its UDP port")
    if not settings.turn_urls:
        return weak("no TURN: people see each other's address", "set TURN_URLS and TURN_SECRET")
    return good(f"{', '.join(hosts)} answers")


@dataclass(frozen=True)
class _Binding:
    """A STUN binding request (RFC 8489 §5): type, length, magic cookie, transaction id."""

    transaction: bytes = b"stagedoorpfl"

    def request(self) -> bytes:
        return struct.pack("!HHI", 0x0001, 0, 0x2112A442) + self.transaction

    def answered_by(self, reply: bytes) -> bool:
        return len(reply) >= 20 and reply[8:20] == self.transaction and reply[:2] in (b"\x01\x01", b"\x01\x11")


def _stun_answers(url: str) -> bool:
    rest = url.partition(":")[2].partition("?")[0]
    host, _, port = rest.rpartition(":") if rest.count(":") == 1 or rest.startswith("[") else (rest, "", "3478")
    if "transport=tcp" in url or url.startswith("turns:"):
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=3):
                return True
        except (OSError, ValueError):
            return False
    binding = _Binding()
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asked:
            asked.settimeout(1)
            for _ in range(3):  # UDP may lose one
                asked.sendto(binding.request(), address)
                try:
                    return binding.answered_by(asked.recv(2048))
                except TimeoutError:
                    continue
    except (OSError, ValueError):
        return False
    return False


@check("redis")
async def shared_limits(place: Place) -> Answer:
    url = place.settings.redis_url
    if url is None:
        return not_asked("not configured: right for one server process, and only for one")
    client = redis.asyncio.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        await client.ping()
    except (redis.exceptions.RedisError, OSError) as error:
        return bad(f"does not answer ({error})", "start it, or mend REDIS_URL")
    finally:
        await client.aclose()
    return good("answers")


@check("sentry")
async def sentry(place: Place) -> Answer:
    """A test report is sent, and must be taken."""
    dsn = place.settings.sentry.dsn
    if dsn is None:
        return weak("not configured: faults are in the log alone", "set SENTRY_DSN")
    return await asyncio.to_thread(_report, dsn)


def _report(dsn: str) -> Answer:
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    project = parts.path.rpartition("/")[2]
    head = json.dumps({"dsn": dsn})
    body = json.dumps({"message": "stagedoor preflight", "level": "info", "platform": "python"})
    item = json.dumps({"type": "event", "length": len(body)})
    request = urllib.request.Request(  # noqa: S310  # the operator's own SENTRY_DSN
        f"{parts.scheme}://{host}/api/{project}/envelope/",
        data=f"{head}\n{item}\n{body}\n".encode(),
        headers={
            "Content-Type": "application/x-sentry-envelope",
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=stagedoor, sentry_key={parts.username}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return good(f"took a test report ({answer.status})")
    except (urllib.error.URLError, OSError, ValueError) as error:
        return bad(f"did not take a test report ({error})", "mend SENTRY_DSN, or let this machine reach it")


@check("logs")
async def logs(place: Place) -> Answer:
    """The last lines are JSON objects with a time and an event."""
    file = place.settings.data_dir / "logs" / "combined.log"
    lines = await asyncio.to_thread(lambda: file.read_bytes().splitlines()[-200:] if file.exists() else None)
    if lines is None:
        return not_asked(f"there is no {file} on this machine yet")
    for line in lines:
        try:
            if {"timestamp", "event"} <= json.loads(line).keys():
                continue
        except (ValueError, AttributeError):
            pass
        return bad(
            f"a line of {file} is no log line: {line[:60]!r}", "something else writes there: give it its own file"
        )
    return good(f"the last {len(lines)} lines parse")


@check("disk")
async def disk(place: Place) -> Answer:
    for folder in dict.fromkeys((place.settings.data_dir, place.backup_dir)):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        free = place.free_bytes(existing)
        if free < LEAST_FREE_BYTES:
            return bad(f"{free / (1 << 30):.2f} GiB free for {folder}", "make room, or move it (BACKUP_DIR)")
    return good("more than 1 GiB free for data, logs and backups")
