"""Evidence and replays say what people changed in a rejected line before it was scored."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('review', '0007_coverage'),
    ]

    operations = [
        migrations.AddField(
            model_name='evidence',
            name='replayed',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='replay',
            name='fields_changed',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='replay',
            name='fields_unread',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
