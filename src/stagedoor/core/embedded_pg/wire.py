"""Just enough of PostgreSQL's protocol to ask "do you accept connections?" and to send one statement.

Everybody who may reach the socket is trusted, so no authentication exchange is needed.
https://www.postgresql.org/docs/current/protocol-flow.html
"""

import socket
import struct
from pathlib import Path

USER = "stagedoor"
DATABASE = "stagedoor"
PORT = 5432  # only a part of the socket's file name: nothing listens on TCP

PROTOCOL_3 = 196608
MISSING_DATABASE = "3D000"


class RefusedError(Exception):
    """The server answered with an error."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


def ask(socket_dir: Path, statement: str | None = None, database: str = DATABASE) -> None:
    """Connect and run the statement, if any. OSError while nobody listens, RefusedError with the server's reason."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
        start = f"user\0{USER}\0database\0{database}\0\0".encode()
        connection.sendall(struct.pack("!ii", len(start) + 8, PROTOCOL_3) + start)
        _until_ready(connection)
        if statement is not None:
            text = statement.encode() + b"\0"
            connection.sendall(b"Q" + struct.pack("!i", len(text) + 4) + text)
            _until_ready(connection)
        connection.sendall(b"X" + struct.pack("!i", 4))


def accepts(socket_dir: Path) -> bool:
    """True once a connection to our database succeeds."""
    try:
        ask(socket_dir)
    except (OSError, RefusedError):
        return False
    return True


def _until_ready(connection: socket.socket) -> None:
    refusal: RefusedError | None = None
    while True:
        kind, length = struct.unpack("!ci", _exactly(connection, 5))
        body = _exactly(connection, length - 4)
        if kind == b"E":
            fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
            refusal = RefusedError(fields.get(b"C", ""), fields.get(b"M", ""))
            if fields.get(b"S") in ("FATAL", "PANIC"):
                raise refusal
        elif kind == b"Z":
            if refusal is not None:
                raise refusal
            return


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionError("the server closed the connection")
        received += part
    return received
