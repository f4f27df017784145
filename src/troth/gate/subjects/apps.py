from django.apps import AppConfig
from django.core.checks import register


class Config(AppConfig):
    name = "troth.gate.subjects"
    label = "subjects"

    def ready(self) -> None:
        from . import holds, statutory  # noqa: F401 - what stands in an erasure's way must be known to every process
        from .checks import check_declarations, check_statement, check_transactions

        register(check_declarations)
        register(check_statement)
        register(check_transactions)
