"""The checksum that Cloud Storage tells of each object (CRC-32C, RFC 3720, appendix B.4)."""

from __future__ import annotations

import base64

_REVERSED_POLYNOMIAL = 0x82F63B78


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_REVERSED_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))


def crc32c(content: bytes) -> str:
    """As Google writes it: four bytes, the highest first, in base64."""
    value = 0xFFFFFFFF
    for byte in content:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return base64.b64encode((value ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()
