from uuid import UUID

from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.accounts.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.subjects.find import WITH_ACCOUNT

        from . import companies  # noqa: F401 - what stands in the way of an erasure must be known to every process
        from .models import Person

        def with_account(subjects: set[UUID]) -> set[UUID]:
            proven = Person.objects.filter(owner__in=subjects, proven_at__isnull=False)
            return set(proven.values_list("owner_id", flat=True))

        WITH_ACCOUNT.append(with_account)
