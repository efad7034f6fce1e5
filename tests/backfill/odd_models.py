"""Models unlike those of the HRMS in miniature: every kind of key, name, column and manager."""

from __future__ import annotations

import uuid
from typing import Any

import django
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Level(models.IntegerChoices):
    JUNIOR = 1
    SENIOR = 2


class Odd(models.Model):
    """What all of them have: something to write, and something to count."""

    label = models.CharField(max_length=20, null=True)
    n = models.IntegerField(default=0)
    kind = models.SmallIntegerField(null=True)
    note = models.IntegerField(null=True)

    class Meta:
        abstract = True
        app_label = "employees"


class Token(Odd):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class Country(Odd):
    code = models.CharField(primary_key=True, max_length=8)


class Day(Odd):
    day = models.DateField(primary_key=True)


class Moment(Odd):
    at = models.DateTimeField(primary_key=True)


class Amount(Odd):
    amount = models.DecimalField(primary_key=True, max_digits=12, decimal_places=3)


class Blob(Odd):
    digest = models.BinaryField(primary_key=True)


class Living(models.Manager):
    """Hides what is deleted, as many projects do."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(is_deleted=False)


class Hidden(Odd):
    is_deleted = models.BooleanField(default=False)
    objects = Living()

    class Meta(Odd.Meta):
        abstract = False
        base_manager_name = "objects"


class Person(Odd):
    born = models.DateField(null=True)


class Doctor(Person):
    """A table of its own, whose key leads to the person's."""

    ward = models.CharField(max_length=20, null=True)

    class Meta:
        app_label = "employees"


class Retired(Person):
    """The same table under another name."""

    class Meta:
        app_label = "employees"
        proxy = True


class Badge(Odd):
    """Its key is a person's."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True)


class Named(Odd):
    """In a schema of its own, under names that need quotes."""

    id = models.BigAutoField(primary_key=True, db_column="Key No.")
    code = models.CharField(max_length=20, null=True, db_column="Old Code")
    order = models.IntegerField(default=0, db_column="ORDER")

    class Meta(Odd.Meta):
        abstract = False
        db_table = '"Side"."Odd Things"'


class Slip(Odd):
    """Partitioned by a date that is in its key, which the project does not know."""

    id = models.BigAutoField(primary_key=True)
    paid = models.DateField()

    class Meta(Odd.Meta):
        abstract = False
        managed = False


class Typed(Odd):
    """A column of each type."""

    amount = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    born = models.DateField(null=True)
    seen = models.DateTimeField(null=True)
    at = models.TimeField(null=True)
    span = models.DurationField(null=True)
    fits = models.BooleanField(null=True)
    document = models.JSONField(null=True)
    tags = ArrayField(models.CharField(max_length=8), null=True)
    address = models.GenericIPAddressField(null=True)
    ticket = models.UUIDField(null=True)
    raw = models.BinaryField(null=True)
    small = models.SmallIntegerField(null=True)
    ratio = models.FloatField(null=True)
    status = models.CharField(max_length=8, choices=[("NEW", "New"), ("OLD", "Old")], null=True)
    level = models.IntegerField(choices=Level.choices, null=True)
    person = models.ForeignKey(Person, models.CASCADE, null=True)


if django.VERSION >= (5, 0):

    class Computed(Odd):
        twice = models.GeneratedField(
            expression=models.F("n") * 2, output_field=models.IntegerField(), db_persist=True
        )


if django.VERSION >= (5, 2):

    class Pair(Odd):
        pk = models.CompositePrimaryKey("left", "right")
        left = models.IntegerField()
        right = models.IntegerField()

    class Stay(Odd):
        """Its key is ordered by a text, a moment and a number that is drawn."""

        pk = models.CompositePrimaryKey("ward", "since", "bed")
        ward = models.CharField(max_length=8)
        since = models.DateTimeField()
        bed = models.UUIDField()
