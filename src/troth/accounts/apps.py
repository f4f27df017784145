from django.apps import AppConfig
from django.db.models.signals import post_migrate


class Config(AppConfig):
    name = "troth.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # A role is a word that the statement knows; Django's tables of permissions and content types stay empty.
        from django.contrib.contenttypes.management import create_contenttypes

        post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
        post_migrate.disconnect(create_contenttypes)
        # What ends with a subject, and what is sealed on its way to a table, must be known to every process.
        from . import level_probes, passkeys, signins, staff  # noqa: F401
