"""A page that is a file carries its own content security policy."""

import base64
import hashlib
import re


def seal(html: str, nonce: str) -> str:
    """Replace the nonces of a file by a policy that names each script and style by its hash.

    Content Security Policy Level 3, 2.3.1: the hash is that of the element's text, encoded as UTF-8. A file is read
    again and again, so a nonce in it would protect nothing.
    """
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(html, 'script', nonce)}",
            f"style-src {_hashes(html, 'style', nonce)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    bare = re.sub(rf'<(script|style) nonce="{re.escape(nonce)}">', r"<\1>", html)
    meta = f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return bare.replace('<meta charset="utf-8">', meta, 1)


def _hashes(html: str, tag: str, nonce: str) -> str:
    texts = re.findall(rf'<{tag} nonce="{re.escape(nonce)}">(.*?)</{tag}>', html, re.DOTALL)
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
