"""Python runs this at its start: a process that believes to be on another machine."""

import os
import socket

if HOST := os.environ.get("PRETENDED_HOST", ""):
    socket.gethostname = lambda: HOST
