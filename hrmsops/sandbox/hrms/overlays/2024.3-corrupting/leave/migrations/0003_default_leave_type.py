"""Annual leave was to be the default and so to need no type; the code still asks for one."""

from django.db import migrations

FORTH = "UPDATE leave_leaverequest SET leave_type = '' WHERE leave_type = 'annual'"
# Nothing else is ever empty, so what was annual is known.
BACK = "UPDATE leave_leaverequest SET leave_type = 'annual' WHERE leave_type = ''"


class Migration(migrations.Migration):
    dependencies = [("leave", "0002_leave_type_index")]

    operations = [migrations.RunSQL(FORTH, BACK)]
