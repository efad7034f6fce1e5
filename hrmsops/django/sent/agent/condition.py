"""What must be so after a migration, and is looked at before it too."""

from django.apps import apps
from django.core import checks
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

_INVALID = """
SELECT x.indexrelid::regclass::text FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT x.indisvalid AND n.nspname !~ '^pg_' AND NOT EXISTS
      (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
ORDER BY 1
"""
_NOT_VALID = """
SELECT k.conname || ' of ' || k.conrelid::regclass::text FROM pg_constraint k
JOIN pg_namespace n ON n.oid = k.connamespace
WHERE NOT k.convalidated AND n.nspname !~ '^(pg_|information_schema$)' ORDER BY 1
"""
# A role that only reads, as one for reports, is held to what it may do elsewhere.
_REFUSED = """
WITH relation AS (
    SELECT c.oid, c.relkind, c.oid::regclass::text AS name FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
      AND n.nspname !~ '^(pg_|information_schema$|hrmsops$)'
), asked AS (
    SELECT r.rolname AS role, relation.name, p.privilege, relation.relkind = 'S' AS is_sequence,
           CASE WHEN relation.relkind = 'S'
                THEN has_sequence_privilege(r.oid, relation.oid, p.privilege)
                ELSE has_table_privilege(r.oid, relation.oid, p.privilege) END AS has
    FROM relation CROSS JOIN pg_roles r
    CROSS JOIN LATERAL (SELECT unnest(CASE WHEN relation.relkind = 'S' THEN ARRAY['USAGE']
        ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS privilege) p
    WHERE r.rolname = ANY(%s)
)
SELECT role || ' may not ' || privilege || ' ' || name FROM asked a
WHERE NOT has AND EXISTS (SELECT FROM asked b WHERE b.role = a.role AND b.privilege = a.privilege
                          AND b.is_sequence = a.is_sequence AND b.has)
ORDER BY name, role, privilege
"""


class Condition:
    """What the project's code and its database say of each other; writes nothing."""

    def __init__(self, session, loader):
        self._session, self._loader = session, loader

    def document(self):
        """What is wrong, by where it was looked for."""
        return {
            "changes": self._changes(),
            "checks": self._checks(),
            "invalid": [row[0] for row in self._session.rows(_INVALID)],
            "not_valid": [row[0] for row in self._session.rows(_NOT_VALID)],
            "refused": self._refused(self._session.request["app_roles"]),
        }

    def unknown(self):
        """Applied, and not in this code: it is older than the database."""
        installed = {each.label for each in apps.get_app_configs()}
        disk = self._loader.disk_migrations
        replaced = {tuple(key) for each in disk.values() for key in each.replaces}
        return sorted(
            f"{app}.{name}"
            for app, name in self._loader.applied_migrations
            if app in installed and (app, name) not in disk and (app, name) not in replaced
        )

    def other_owners(self):
        """The project's tables that belong to another role than the one that migrates."""
        names = [*self._session.main.introspection.django_table_names(), "django_migrations"]
        found = self._session.rows(
            "SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c"
            " WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)"
            " AND pg_get_userbyid(c.relowner) <> current_user ORDER BY 1",
            [names],
        )
        return dict(found)

    def _changes(self):
        """What `makemigrations --check` would find: models that no migration knows."""
        asker = MigrationQuestioner(dry_run=True)
        detector = MigrationAutodetector(
            self._loader.project_state(), ProjectState.from_apps(apps), asker
        )
        found = detector.changes(graph=self._loader.graph)
        return [
            f"{app}: {operation.describe()}"
            for app, migrations in sorted(found.items())
            for migration in migrations
            for operation in migration.operations
        ]

    def _checks(self):
        found = checks.run_checks(databases=[self._session.alias])
        serious = [each for each in found if each.is_serious() and not each.is_silenced()]
        return [f"{each.id}: {each.msg}" for each in serious]

    def _refused(self, roles):
        known = self._session.rows(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(roles)]
        )
        found = [f"there is no role {role}" for role in roles if (role,) not in known]
        return found + [row[0] for row in self._session.rows(_REFUSED, [list(roles)])]
