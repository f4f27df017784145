from uuid import UUID

from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.accounts.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.duties.rules import rule
        from troth.gate.subjects.find import WITH_ACCOUNT

        # What stands in the way of an erasure, and what goes with it, must be known to every process.
        from . import closing, covered, gathering  # noqa: F401
        from .models import Person

        def with_account(subjects: set[UUID]) -> set[UUID]:
            proven = Person.objects.filter(owner__in=subjects, proven_at__isnull=False)
            return set(proven.values_list("owner_id", flat=True))

        WITH_ACCOUNT.append(with_account)
        rule(covered.RULE)
