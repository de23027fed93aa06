"""A certificate authority of one's own, and what it issues, as files."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


class Authority:
    """Issues certificates into `folder`: ``NAME.crt``, ``NAME.key``, and ``NAME.enc.key`` with a password."""

    def __init__(self, folder: Path, password: str = "key-phrase-7") -> None:
        self.folder, self.password = folder, password
        self.ca = folder / "ca.crt"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        self._revoked: list[x509.RevokedCertificate] = []
        certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_signs(), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.write_crl()

    def issue(self, name: str, *, server: bool = False, ended: bool = False) -> Path:
        """Issue a certificate, over the one of that name, and return its file."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key.public_key(), ended=ended).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        if server:
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        locked = BestAvailableEncryption(self.password.encode())
        self._write(f"{name}.crt", certificate.public_bytes(Encoding.PEM))
        for suffix, encryption in ((".key", NoEncryption()), (".enc.key", locked)):
            data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
            self._write(name + suffix, data)
        self._write(f"{name}.p12", serialize_key_and_certificates(None, key, certificate, None, locked))
        return self.folder / f"{name}.crt"

    def revoke(self, name: str) -> None:
        """Put the certificate of that name on the list of those that are revoked."""
        builder = x509.RevokedCertificateBuilder().serial_number(self.serial(name))
        self._revoked.append(builder.revocation_date(datetime.now(UTC) - DAY).build())
        self.write_crl()

    def serial(self, name: str) -> int:
        """Return the serial number of a certificate."""
        return x509.load_pem_x509_certificate((self.folder / f"{name}.crt").read_bytes()).serial_number

    def write_crl(self) -> None:
        """Write the list of what is revoked, ``crl.pem``."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        builder = builder.last_update(now - DAY).next_update(now + 30 * DAY)
        for revoked in self._revoked:
            builder = builder.add_revoked_certificate(revoked)
        self._write("crl.pem", builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def context(self, asks: ssl.VerifyMode = ssl.CERT_NONE, ca: Path | None = None) -> ssl.SSLContext:
        """Return the TLS settings of a server, which may ask for certificates, of another `ca` too."""
        self.issue("server", server=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
        context.load_verify_locations(ca or self.ca)
        context.verify_mode = asks
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ended: bool = False
    ) -> x509.CertificateBuilder:
        end = datetime.now(UTC) + (-DAY if ended else 30 * DAY)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 60 * DAY)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )

    def _write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)
        (self.folder / name).chmod(0o600)


def _signs() -> x509.KeyUsage:
    others = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **others)
