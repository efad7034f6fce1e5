"""An index for the new overview of leave."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leave", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="leaverequest",
            index=models.Index(fields=["leave_type", "starts_on"], name="leave_type_starts_on"),
        ),
    ]
