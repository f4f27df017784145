"""Tries that no key outlives the age that its company's settings give it."""

from datetime import timedelta

from django.utils import timezone

from troth.accounts.levels.law import Values
from troth.accounts.levels.models import Choice
from troth.accounts.levels.probing import probes
from troth.workspaces.hosted import opened
from troth.workspaces.models import Workspace

from . import keys
from .models import ApiKey


@probes("key_days")
def old_keys_let_nobody_in(choice: Choice, values: Values) -> str:
    """Each key of the company that is too old is shown to the code that lets programs in."""
    oldest = timezone.now() - timedelta(days=values["key_days"])
    for row in Workspace.objects.filter(customer=choice.owner_id):
        with opened(row.owner_id):
            old = list(ApiKey.objects.filter(made_at__lte=oldest, ends_at__gt=timezone.now()))
        if keys.longest_days(row) > values["key_days"] or any(keys.stands(key) for key in old):
            return "a key lets programs in that is older than what holds for it"
    return ""
