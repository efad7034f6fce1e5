"""A record that travels in the listing of its bucket: packed into its object's own metadata.

A list of a bucket tells the metadata of a thousand objects in one reply, and nothing of what is in
them. So a thousand records are read by one call instead of a thousand and one. The object's content
stays the truth: what was packed counts only where it has that content's checksum.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping

RECORD = "record"
PACKED_BYTES_MAX = 7 * 1024
"""Google keeps 8 KiB of metadata for each object; the fence and the writer's mark are beside it."""


def packed(data: bytes) -> dict[str, str]:
    """The record as metadata; none where it is too long for that."""
    text = base64.b64encode(zlib.compress(data)).decode()
    return {RECORD: text} if len(text) <= PACKED_BYTES_MAX else {}


def unpacked(metadata: Mapping[str, str], *, checksum: str | None) -> bytes | None:
    """The record, None where it is not in the metadata, or is not what the object has."""
    try:
        data = zlib.decompress(base64.b64decode(metadata.get(RECORD, "")))
    except (zlib.error, binascii.Error):
        return None
    return data if checksum == checksum_of(data) else None


def checksum_of(data: bytes) -> str:
    """CRC-32C as Cloud Storage tells it."""
    import google_crc32c

    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()
