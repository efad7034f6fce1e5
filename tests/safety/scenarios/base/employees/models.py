"""The models of today, for migrations that import them."""

from django.db import models


class Department(models.Model):
    """A department."""

    name = models.CharField(max_length=100)
    code = models.CharField(max_length=20, unique=True)
