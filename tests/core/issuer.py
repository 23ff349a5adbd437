"""An external issuer of tokens: keys that it signs with, and the address where it publishes them."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NAME = "https://issuer.example"
AUDIENCE = "stagedoor-tests"


def claims(**changed: Any) -> dict[str, Any]:
    """What a good token says; None takes a claim away."""
    said = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": f"user-{uuid.uuid4().hex[:8]}",
        "exp": int(time.time()) + 300,
        **changed,
    }
    return {name: value for name, value in said.items() if value is not None}


class Issuer:
    """Signs as whom it likes; `kids` are the keys that it publishes."""

    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.rsa_2 = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.published: dict[str, Any] = {"rsa-1": self.rsa, "ec-1": self.ec}
        self.fetches = 0
        self.url = ""

    def rs256(self, said: dict[str, Any], kid: str = "rsa-1", key: Any = None) -> str:
        return jwt.encode(said, key or self.rsa, algorithm="RS256", headers={"kid": kid})

    def es256(self, said: dict[str, Any], kid: str = "ec-1") -> str:
        return jwt.encode(said, self.ec, algorithm="ES256", headers={"kid": kid})

    def rsa_public_pem(self) -> bytes:
        return self.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwks(self) -> bytes:
        keys = []
        for kid, key in self.published.items():
            algorithm: Any = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
            jwk = json.loads(algorithm.to_jwk(key.public_key()))
            keys.append({**jwk, "kid": kid, "use": "sig"})
        return json.dumps({"keys": keys}).encode()


@contextmanager
def publishing(issuer: Issuer) -> Iterator[Issuer]:
    """The issuer's keys at `issuer.url`, until the block ends."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetches += 1
            body = issuer.jwks()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    issuer.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
