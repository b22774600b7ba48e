"""Evidence of long SMS that lacked parts is found by its receiver when the whole one comes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('review', '0009_velocity_evidence'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='evidence',
            index=models.Index(condition=models.Q(('text__contains', '〔…〕')), fields=['receiver', 'sent_at'], name='evidence_with_gaps'),
        ),
    ]
