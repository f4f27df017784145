from typing import Any

from django.conf import settings
from django.db import migrations, models


def name_the_first(apps: Any, schema: Any) -> None:
    """A log that was begun before logs had rows keeps the name it has signed its heads with."""
    if apps.get_model("journal", "Entry").objects.exists():
        apps.get_model("journal", "Log").objects.create(number=1, origin=settings.TROTH_LOG_ORIGIN)


class Migration(migrations.Migration):

    dependencies = [
        ('journal', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Log',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('origin', models.CharField(max_length=200, unique=True)),
                ('previous', models.TextField(blank=True)),
                ('begun_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        # A head's size is its key no longer: each log has a head of one entry.  The rows move to a table of the new form.
        migrations.CreateModel(
            name='Head',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('log', models.PositiveIntegerField(default=1)),
                ('size', models.BigIntegerField()),
                ('follows', models.BigIntegerField()),
                ('root', models.BinaryField()),
                ('note', models.TextField()),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RunSQL(
            'INSERT INTO journal_head (log, size, follows, root, note, at)'
            ' SELECT 1, size, follows, root, note, at FROM journal_checkpoint ORDER BY size',
            'INSERT INTO journal_checkpoint (size, follows, root, note, at)'
            ' SELECT size, follows, root, note, at FROM journal_head WHERE log = 1',
        ),
        migrations.DeleteModel(name='Checkpoint'),
        migrations.RenameModel(old_name='Head', new_name='Checkpoint'),
        migrations.AddConstraint(
            model_name='checkpoint',
            constraint=models.UniqueConstraint(fields=('log', 'size'), name='one_head_of_a_size'),
        ),
        migrations.AddConstraint(
            model_name='checkpoint',
            constraint=models.UniqueConstraint(fields=('log', 'follows'), name='one_head_after_another'),
        ),
        migrations.AddField(
            model_name='entry',
            name='log',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RunSQL('UPDATE journal_entry SET log = 1 WHERE "index" IS NOT NULL', migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='entry',
            name='index',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('index', 'log'), name='one_entry_per_place'),
        ),
        migrations.AddField(
            model_name='tile',
            name='log',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.RemoveConstraint(model_name='tile', name='one_tile_per_place'),
        migrations.AddConstraint(
            model_name='tile',
            constraint=models.UniqueConstraint(fields=('log', 'level', 'index'), name='one_tile_per_place'),
        ),
        migrations.RunPython(name_the_first, migrations.RunPython.noop),
    ]
