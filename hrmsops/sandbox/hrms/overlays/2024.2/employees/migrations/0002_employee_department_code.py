"""A nullable column without a default: instant, and 2024.1 goes on without it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("employees", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="employee",
            name="department_code",
            field=models.CharField(max_length=20, null=True, blank=True),
        ),
    ]
