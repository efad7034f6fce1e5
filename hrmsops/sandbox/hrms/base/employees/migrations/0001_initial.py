"""The first tables of this app."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Employee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("request_id", models.CharField(max_length=64, null=True, unique=True)),
                ("staff_number", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("hire_date", models.DateField()),
                ("status", models.CharField(max_length=20, null=True)),
                ("tenure_years", models.FloatField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
