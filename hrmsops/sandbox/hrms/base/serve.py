"""Serves the HRMS on $PORT until SIGTERM; requests in flight are answered first."""

from __future__ import annotations

import gc
import os
import signal
import sys


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrms.settings")
    gc.disable()  # What is loaded at the start is no garbage.
    from django.core.wsgi import get_wsgi_application
    from waitress import serve

    application = get_wsgi_application()
    gc.freeze()
    gc.enable()
    serve(
        application,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        threads=8,
        connection_limit=1000,
        ident=None,
        _quiet=True,
    )


if __name__ == "__main__":
    main()
