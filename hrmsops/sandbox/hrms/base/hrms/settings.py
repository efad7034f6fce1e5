"""The HRMS's settings: what differs between environments comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
RELEASE = os.environ.get("HRMS_RELEASE") or (BASE_DIR / "RELEASE").read_text().strip()

# Nothing here is signed yet; sessions and their key come with the admin.
SECRET_KEY = os.environ.get("SECRET_KEY", "unused")
DEBUG = False

# No wildcards and no loopback: a probe that names no host of ours is answered 400.
ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host]

# Who pays what is approved; without one, payments stay due.
BANK_URL = os.environ.get("BANK_URL", "")

INSTALLED_APPS = ["core", "employees", "payroll", "leave", "imports", "reference"]
AUTH_USER_MODEL = "reference.User"
MIDDLEWARE = ["hrms.middleware.Gate"]
ROOT_URLCONF = "hrms.urls"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("DB_HOST", ""),
        "PORT": os.environ.get("PGPORT", "5432"),
        "NAME": os.environ.get("DB_NAME", "hrms"),
        "USER": os.environ.get("DB_USER", ""),
        "PASSWORD": os.environ.get("DB_PASSWORD", ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": f"hrms/{RELEASE}"},
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "hrms.logs.JsonLine"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
        }
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    # The default handlers of this logger would print each error a second time.
    "loggers": {"django": {"handlers": [], "propagate": True}},
}
