"""The certificate of the public address, asked of a real TLS server on this machine."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hotline.services.condition import certificate
from hotline.services.condition.certificate import ends_at

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(days=20)


def make(folder: Path, *, ends: datetime, name: str = "localhost") -> Path:
    """A key and a certificate of its own, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder().subject_name(whose).issuer_name(whose).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=90)).not_valid_after(ends)
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "both.pem"
    path.write_bytes(secret + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@contextlib.contextmanager
def serving(pem: Path) -> Iterator[str]:
    """A TLS server that shakes hands and closes."""
    shakes = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shakes.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError), server.accept()[0] as line:
                line.settimeout(5)
                shakes.wrap_socket(line, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://localhost:{server.getsockname()[1]}/hooks"
        thread.join()


def trusting(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


def test_a_certificate_that_holds_tells_when_it_ends(tmp_path: Path) -> None:
    pem = make(tmp_path, ends=SOON)
    with serving(pem) as url:
        assert ends_at(url, now=NOW, context=trusting(pem)) == SOON


@pytest.mark.parametrize(("ends", "name", "trusted"), [(SOON, "localhost", False), (SOON, "elsewhere.example", True)])
def test_a_certificate_of_another_or_that_nobody_trusts_has_ended(tmp_path: Path, ends: datetime, name: str, trusted: bool) -> None:
    pem = make(tmp_path, ends=ends, name=name)
    with serving(pem) as url:
        assert ends_at(url, now=NOW, context=trusting(pem) if trusted else None) == NOW


def test_a_certificate_that_is_over_has_ended(tmp_path: Path) -> None:
    pem = make(tmp_path, ends=NOW - timedelta(days=1))
    with serving(pem) as url:
        assert ends_at(url, now=NOW, context=trusting(pem)) == NOW


def test_where_nobody_answers_nothing_is_known() -> None:
    assert ends_at("https://127.0.0.1:1", now=NOW) is None


def test_where_somebody_answers_without_tls_or_never_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert ends_at(f"https://127.0.0.1:{server.getsockname()[1]}", now=NOW) is None
