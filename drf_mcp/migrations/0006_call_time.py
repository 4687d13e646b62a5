from django.db import migrations, models


class Migration(migrations.Migration):
    """The calls' index of the time, whose rows PostgreSQL takes for neighbours as they are."""

    dependencies = [
        ('drf_mcp', '0005_connection'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['at'], name='drf_mcp_call_time'),
        ),
        migrations.RemoveIndex(
            model_name='call',
            name='drf_mcp_call_at',
        ),
    ]
