"""The files of deploy/ that the other tests replace are right too: nginx takes them, ports and paths aside."""

import datetime
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cli.test_serving import free_port
from tests.nginx_server import DEPLOY, binary, configured


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(key.private_bytes(*pem))


def test_nginx_takes_the_whole_configuration(tmp_path: Path) -> None:
    certificate(tmp_path)
    listen = (DEPLOY / "nginx/listen.conf").read_text().replace("/etc/nginx/tls", str(tmp_path))
    listen = listen.replace("listen 80;", f"listen {free_port()};").replace("listen 443", f"listen {free_port()}")
    servers = (DEPLOY / "nginx/servers.conf").read_text().replace("stagedoor:8000", "127.0.0.1:8000")
    main = configured(tmp_path / "nginx", listen, servers)
    done = subprocess.run([binary(), "-t", "-c", str(main)], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr
