"""What a ``received`` or ``revised`` event says of its report: one salted digest of all facts as they are from then.

The digest is made when a report comes in or is corrected, and again when the store is examined, by the same function.
Without its salt, which goes with the report when it is erased, it says nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FACTS_BYTES = 24
"""Bytes of a digest that stand for the facts; the 8 after them stand for the closing time the report came with."""
OPEN_BYTES = bytes(8)
"""What stands for the closing time of a report that was open when it came."""


@dataclass(frozen=True)
class Facts:
    """Columns of (m,) reports as they were sent; WGS 84 degrees, seconds since 1970 UTC.

    ``photos`` are the digests of each report's photos in their order.
    """

    salt: Sequence[bytes]
    public_id: Sequence[str]
    family: Sequence[str]
    category: Sequence[str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy_m: Sequence[float | None]
    occurred_at: Sequence[int | None]
    precision: Sequence[str]
    source: Sequence[str]
    source_id: Sequence[str]
    channel: Sequence[str]
    size: Sequence[str | None]
    batch_id: Sequence[int | None]
    sent_at: Sequence[int | None]
    photos: Sequence[tuple[bytes, ...]]
    description: Sequence[str | None]
    answers: Sequence[str | None]

    def digests(self) -> list[bytes]:
        """Digest of each report (24 bytes).

        The place and its accuracy stand in front as little-endian doubles, which are exact and cheap to write; the
        texts that people and archives choose stand at the end with their length, so that none can pass for another.
        """
        accuracy = np.array(self.accuracy_m, np.float64)  # None becomes not-a-number
        # adding zero turns -0.0, which SQLite does not keep, into 0.0
        places = (np.column_stack((self.lon, self.lat, accuracy)) + 0.0).astype("<f8").tobytes()
        blake2b = hashlib.blake2b
        rows = zip(
            range(0, len(places), 24),
            self.salt,
            self.public_id,
            self.family,
            self.category,
            self.occurred_at,
            self.precision,
            self.channel,
            self.size,
            self.batch_id,
            self.sent_at,
            self.photos,
            self.answers,
            self.source,
            self.source_id,
            self.description,
            strict=True,
        )
        return [
            blake2b(
                places[i : i + 24]
                + (
                    f"{name}\x1f{family}\x1f{category}\x1f{at}\x1f{precision}\x1f{channel}\x1f{size}\x1f{batch}"
                    f"\x1f{sent}\x1f{_enclosed(photos, answers) if photos or answers else ''}"
                    f"\x1f{len(source)}\x1f{source}\x1f{len(number)}\x1f{number}\x1f{text or ''}"
                ).encode("utf-8", "surrogatepass"),
                digest_size=FACTS_BYTES,
                key=salt,
            ).digest()
            for i, salt, name, family, category, at, precision, channel, size, batch, sent, photos, answers, source, number, text in rows  # noqa: E501
        ]

    @classmethod
    def of(
        cls,
        columns: dict[str, list[Any]],
        photos: Sequence[tuple[bytes, ...]],
        description: Sequence[str | None],
    ) -> "Facts":
        """Facts of stored reports from the columns of their rows."""
        get = columns.__getitem__
        return cls(
            salt=[bytes(salt) for salt in get("salt")],
            public_id=get("public_id"),
            family=get("family"),
            category=get("category"),
            lon=np.array(get("lon"), np.float64),
            lat=np.array(get("lat"), np.float64),
            accuracy_m=get("accuracy_m"),
            occurred_at=get("occurred_at"),
            precision=get("occurred_precision"),
            source=get("source"),
            source_id=get("source_id"),
            channel=get("channel"),
            size=get("size"),
            batch_id=get("batch_id"),
            sent_at=get("sent_at"),
            photos=photos,
            description=description,
            answers=get("answers"),
        )

    def first_digest(self, i: int) -> bytes:
        """Digest of report ``i`` as the first program made it (32 bytes): without channel, batch, clock and photos."""
        place = np.array([self.lon[i], self.lat[i]], "<f8").tobytes()
        text = (
            f"{self.public_id[i]}\x1f{self.family[i]}\x1f{self.category[i]}\x1f{self.accuracy_m[i]}"
            f"\x1f{self.occurred_at[i]}\x1f{self.precision[i]}\x1f{self.source[i]}\x1f{self.source_id[i]}"
            f"\x1f{self.size[i]}\x1f{self.description[i] or ''}"
        )
        raw = place + text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(raw, digest_size=32, key=self.salt[i]).digest()


def _enclosed(photos: tuple[bytes, ...], answers: str | None) -> str:
    """Digests of the photos, and the answers with their length where there are some."""
    return b"".join(photos).hex() + (f";{len(answers)};{answers}" if answers else "")


def closings(salts: Sequence[bytes], closed_at: Sequence[int | None]) -> list[bytes]:
    """What stands for each closing time (8 bytes): apart from the facts, as a later change of status replaces it."""
    blake2b = hashlib.blake2b
    return [
        OPEN_BYTES if at is None else blake2b(str(at).encode(), digest_size=8, key=salt).digest()
        for salt, at in zip(salts, closed_at, strict=True)
    ]
