"""What BOSS announces is kept apart from what reminders said; what is known of it so far is in the final reminders."""

import django.db.models.deletion
from django.db import migrations, models


def copy_from_reminders(apps, schema_editor):
    """Enter the charge of each final reminder; what was announced when is not known."""
    reminder, announced = (apps.get_model("billing_hooks", name) for name in ("Reminder", "AnnouncedCharge"))
    announced.objects.bulk_create(
        (
            announced(
                subscription_id=one.subscription_id, cycle=one.cycle, amount_fen=one.amount_fen, charge_at=one.charge_at
            )
            for one in reminder.objects.filter(kind="final").iterator()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing_hooks', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnnouncedCharge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cycle', models.CharField(max_length=32)),
                ('amount_fen', models.PositiveIntegerField()),
                ('charge_at', models.DateTimeField()),
                ('announced_at', models.DateTimeField(null=True)),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='announced', to='billing_hooks.subscription')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscription', 'cycle'), name='one_announcement_a_cycle')],
            },
        ),
        migrations.AlterField(
            model_name='reminder',
            name='kind',
            field=models.CharField(choices=[('order', 'new order'), ('final', 'before the charge'), ('corrected', 'charge changed')], max_length=16),
        ),
        migrations.RunPython(copy_from_reminders, migrations.RunPython.noop),
    ]
