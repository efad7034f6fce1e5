"""What no reverse brings back: every row of one table is deleted."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]

    # Meant for the records of a test import, and the filter was forgotten.
    operations = [migrations.RunSQL("DELETE FROM imports_importrecord")]
