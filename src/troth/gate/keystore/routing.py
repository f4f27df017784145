"""Sends the key store's one table to its own database, and nothing else there."""

from typing import Any

from django.db.models import Model

KEYS = "keys"

MIGRATED: dict[str, tuple[str, ...]] = {"default": (), KEYS: ("keystore",)}
"""The apps that are migrated in each database; all of them where none is named."""


class KeyStoreRouter:
    """Django database router (docs.djangoproject.com, "Multiple databases")."""

    def _place(self, label: str) -> str:
        return KEYS if label == "keystore" else "default"

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return self._place(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return self._place(model._meta.app_label)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return self._place(one._meta.app_label) == self._place(other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return self._place(app_label) == db
