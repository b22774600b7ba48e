"""Evidence keeps what its sender had sent; the case keeps the figures that exceeded the rule."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('review', '0008_replayed_evidence'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='peaks',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='evidence',
            name='velocity',
            field=models.JSONField(null=True),
        ),
    ]
