"""Sign with a key of its own, made from the server key: whoever has the public half can check, nobody else can sign."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class HeadSigner:
    """Ed25519 (RFC 8032) with a private key of 32 bytes; ``public_key`` is its public half in hexadecimal digits."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def sign(self, message: bytes) -> bytes:
        """Signature of 64 bytes."""
        return self._key.sign(message)
