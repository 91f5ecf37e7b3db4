"""The shipped configuration of nginx, run by nginx itself before one or several hosts."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hotline.i18n import PROJECT
from tests.servers import Guard, free_port

_AROUND = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 2048; }}
http {{
{temporary}
    include {folder}/hotline.conf;
}}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_UP_WITHIN_S = 20.0


def program() -> str:
    """HOTLINE_NGINX's, the installed one, or the one that ./setup.sh dev fetched."""
    places = (os.environ.get("HOTLINE_NGINX"), shutil.which("nginx"), "/usr/sbin/nginx", str(Path(sys.prefix) / "usr/sbin/nginx"))
    found = next((one for one in places if one and os.access(one, os.X_OK)), None)
    if found is None:
        pytest.fail("no nginx for the tests of the proxy: run ./setup.sh dev, or name one in HOTLINE_NGINX")
    return found


@contextlib.contextmanager
def proxy(folder: Path, hosts: Sequence[str], *, port: int, tls: bool = True) -> Iterator[None]:
    """deploy/nginx.conf on that port of 127.0.0.1, before hosts like "127.0.0.2:8000". Without `tls` it speaks http."""
    folder.mkdir()
    folder.joinpath("hotline.conf").write_text(_here(folder, hosts, port, tls=tls), "utf-8")
    temporary = "\n".join(f"    {name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    folder.joinpath("nginx.conf").write_text(_AROUND.format(folder=folder, temporary=temporary), "utf-8")
    command = [program(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
    guard = Guard()
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    guard.tell("+", running)
    try:
        ends = time.monotonic() + _UP_WITHIN_S
        while not _listens(port):
            assert running.poll() is None, (folder / "nginx.log").read_text("utf-8")
            assert time.monotonic() < ends, "nginx does not start"
            time.sleep(0.02)
        yield
    finally:
        running.terminate()
        running.wait(20)
        guard.tell("-", running)
        guard.close()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _here(folder: Path, hosts: Sequence[str], port: int, *, tls: bool) -> str:
    """The shipped file with the addresses and the certificate of this test in place of its own; the rest is as it is shipped."""
    text = (PROJECT / "deploy/nginx.conf").read_text("utf-8")
    text, servers = re.subn(r"^    server 127\.0\.0\.1:8000(.*);$", lambda found: _servers(hosts, found[1]), text, flags=re.MULTILINE)
    text = re.sub(r"^    listen \[::\]:.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text, listens = re.subn(r"listen 443 ssl;", f"listen 127.0.0.1:{port}{' ssl' if tls else ''};", text)
    assert (servers, listens) == (1, 1)
    if not tls:
        return re.sub(r"^    ssl_.*\n", "", text, flags=re.MULTILINE)
    _certify(folder)
    text = re.sub(r"ssl_certificate \S+;", f"ssl_certificate {folder}/certificate.pem;", text)
    return re.sub(r"ssl_certificate_key \S+;", f"ssl_certificate_key {folder}/key.pem;", text)


def _servers(hosts: Sequence[str], words: str) -> str:
    return "\n".join(f"    server {host}{words};" for host in hosts)


def _certify(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hotline.example.org")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "certificate.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
