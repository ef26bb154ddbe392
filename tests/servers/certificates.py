"""Makes an authority and a certificate that it gave for these names: ca.pem, cert.pem and key.pem in FOLDER.

certificates.py FOLDER NAME...
"""

import datetime
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]
now = datetime.datetime.now(datetime.timezone.utc)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def begin(subject, issuer, key):
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    day = datetime.timedelta(days=1)
    return builder.not_valid_before(now - day).not_valid_after(now + day)


authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
ca = begin("Ritmo tests", "Ritmo tests", authority).add_extension(x509.BasicConstraints(True, None), True)
ca = ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), False)
ca = ca.add_extension(
    x509.KeyUsage(True, False, False, False, False, True, True, False, False), True
).sign(authority, hashes.SHA256())
cert = begin(names[0], "Ritmo tests", key).add_extension(x509.BasicConstraints(False, None), True)
cert = cert.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
cert = cert.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
cert = cert.add_extension(
    x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False
).sign(authority, hashes.SHA256())
pem = serialization.Encoding.PEM
(folder / "ca.pem").write_bytes(ca.public_bytes(pem))
(folder / "cert.pem").write_bytes(cert.public_bytes(pem))
plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
(folder / "key.pem").write_bytes(key.private_bytes(pem, *plain))
