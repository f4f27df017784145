"""Tables for a store that has none: those of the models at once, as if every migration had been gone through.

The migrations lead to the same tables a step at a time, and each step is a description of the whole house: a new store
took twenty times as long that way. A store with a table in it is migrated.
"""

from __future__ import annotations


def make_tables(alias: str) -> None:
    """Give the store `alias` the tables of this version where it has none at all; all of them or, killed, none.

    INVARIANT: the tables are those that the migrations make (`tests/site/test_new_stores.py` compares them), and none
    of the rows that a migration writes is for an empty store.
    """
    from django.apps import apps
    from django.db import connections, router
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    from troth.gate.keystore.routing import MIGRATED

    store = connections[alias]
    if store.introspection.table_names():
        return
    recorder = MigrationRecorder(store)
    labels = MIGRATED[alias] or [app.label for app in apps.get_app_configs()]
    with store.schema_editor(atomic=True) as editor:
        editor.create_model(recorder.Migration)
        for label in labels:
            for model in router.get_migratable_models(apps.get_app_config(label), alias):
                if model._meta.can_migrate(store):
                    editor.create_model(model)
        for label, name in MigrationLoader(None).disk_migrations:
            if label in labels:
                recorder.record_applied(label, name)
