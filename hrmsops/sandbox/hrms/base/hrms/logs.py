"""One JSON object a line on standard output, in the words of Cloud Logging."""

from __future__ import annotations

import json
import logging
import os
import traceback
from datetime import UTC, datetime

from django.conf import settings


class JsonLine(logging.Formatter):
    """A record as `{"severity", "message", "time", "release", "revision", …facts}`.

    An exception is told by its type and its frames: its text can quote a person's data.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "release": settings.RELEASE,
            "revision": os.environ.get("K_REVISION", ""),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__qualname__
            frames = traceback.extract_tb(record.exc_info[2])[-3:]
            line["frames"] = [f"{frame.filename}:{frame.lineno}" for frame in frames]
        return json.dumps(line)
