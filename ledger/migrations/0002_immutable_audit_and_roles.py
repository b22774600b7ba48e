"""The audit log refuses changes and deletions; the five roles exist as groups."""

from django.db import migrations

from config.roles import Role

LOCK = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER ledger_auditentry_append_only BEFORE UPDATE OR DELETE ON ledger_auditentry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_auditentry_no_truncate BEFORE TRUNCATE ON ledger_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""
UNLOCK = """
DROP TRIGGER ledger_auditentry_no_truncate ON ledger_auditentry;
DROP TRIGGER ledger_auditentry_append_only ON ledger_auditentry;
DROP FUNCTION ledger_refuse_change();
"""


def add_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for role in Role:
        group.objects.get_or_create(name=role.value)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.RunSQL(LOCK, UNLOCK),
        migrations.RunPython(add_roles, migrations.RunPython.noop),
    ]
