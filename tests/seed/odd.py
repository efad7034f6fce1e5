"""A project whose models are not called, keyed and filled as those of the miniature are."""

from __future__ import annotations

import sys
from pathlib import Path

from hrmsops.django.bridge import Project

SETTINGS = """\
import os
SECRET_KEY = "unused"
INSTALLED_APPS = ["people", "rewards"]
AUTH_USER_MODEL = "people.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": os.environ.get("DB_HOST"), "PORT": os.environ.get("PGPORT"),
    "NAME": os.environ.get("DB_NAME"), "USER": os.environ.get("DB_USER"),
    "PASSWORD": os.environ.get("DB_PASSWORD"),
}}
"""
PEOPLE = """\
import itertools, uuid
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone

numbers = itertools.count(1)

def token():
    return f"t{next(numbers)}"

class Account(AbstractBaseUser):
    login = models.CharField(max_length=40, unique=True)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "login"

class Role(models.Model):
    slug = models.SlugField(primary_key=True)
    title = models.CharField(max_length=60, db_column="Role's Title")
    weight = models.IntegerField()

class Permission(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    codename = models.CharField(max_length=60, unique=True)
    token = models.CharField(max_length=32, unique=True, default=token)
    tags = models.JSONField(default=list)
    note = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

class JobCategory(models.Model):
    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=60)
    class Meta:
        db_table = 'hr"."Job Category'

class GrievanceCategory(models.Model):
    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=60)
    class Meta:
        db_table = '"hr"."grievance.category"'

class RolePermission(models.Model):
    role = models.ForeignKey(Role, models.CASCADE)
    permission = models.ForeignKey(Permission, models.CASCADE, db_column="perm")

class LeaveType(models.Model):
    code = models.CharField(max_length=40, unique=True)

class JobGrade(models.Model):
    code = models.CharField(max_length=2, unique=True)
    title = models.CharField(max_length=60)
    order = models.IntegerField()

class Place(models.Model):
    town = models.CharField(max_length=40)

class Bank(Place):
    code = models.CharField(max_length=2, unique=True)
"""
REWARDS = """\
from django.db import models

class LeaveType(models.Model):
    code = models.CharField(max_length=40, unique=True)

class TaxBand(models.Model):
    effective_from = models.DateField()
    position = models.SmallIntegerField()
    rate_pct = models.DecimalField(max_digits=4, decimal_places=1)
    annual_from = models.IntegerField()
    annual_to = models.IntegerField(null=True)

class PayComponent(models.Model):
    code = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=1, choices=[("E", "Earning"), ("D", "Deduction")])

class SsnitRate(models.Model):
    code = models.CharField(max_length=20)
    effective_from = models.DateField()
    remitted_percent = models.IntegerField(null=True)
"""


def odd_project(root: Path) -> Project:
    """Written into a new folder; it has no migrations, so `migrate --run-syncdb` makes it."""
    for app, models in {"people": PEOPLE, "rewards": REWARDS}.items():
        (root / app).mkdir(parents=True)
        (root / app / "__init__.py").touch()
        (root / app / "models.py").write_text(models)
    (root / "settings.py").write_text(SETTINGS)
    (root / "manage.py").write_text(
        'import os, sys\nos.environ["DJANGO_SETTINGS_MODULE"] = "settings"\n'
        "from django.core.management import execute_from_command_line as go\ngo(sys.argv)\n"
    )
    return Project(root=root, python=sys.executable, settings="settings", alias="default")
