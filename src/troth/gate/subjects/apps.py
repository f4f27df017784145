from django.apps import AppConfig
from django.core.checks import register


class Config(AppConfig):
    name = "troth.gate.subjects"
    label = "subjects"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from . import holds, statutory, wall  # noqa: F401 - what stands in an erasure's way must be known to every process
        from .checks import check_declarations, check_statement, check_transactions

        connection_created.connect(wall.attend, dispatch_uid="troth.wall")
        post_migrate.connect(wall.build, sender=self, dispatch_uid="troth.wall")
        register(check_declarations)
        register(check_statement)
        register(check_transactions)
