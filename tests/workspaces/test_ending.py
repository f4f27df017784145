"""A workspace that ended can be taken along for thirty days; then nothing of it is left (agreement.leaving)."""

from datetime import timedelta

from django.utils import timezone

from tests.cast import durable
from tests.workspaces.customers import CHARLIE, at, browser, customer, workspace
from tests.workspaces.test_isolation import SECRET, everything, filled
from troth.accounts.people.models import Person
from troth.gate.files import disk
from troth.gate.files.models import StoredFile
from troth.gate.subjects import retention
from troth.gate.subjects.models import DataSubject, Erasure
from troth.workspaces import flows
from troth.workspaces.access import Access
from troth.workspaces.models import Seat, Workspace

pytestmark = durable


def ended(here: Access, days: float) -> Access:
    flows.end(here)
    Workspace.objects.filter(pk=here.workspace.pk).update(ended_at=timezone.now() - timedelta(days=days))
    return here


def test_until_the_thirtieth_day_everything_is_there_to_be_taken_along() -> None:
    here = ended(filled(workspace(customer(), name=SECRET), SECRET), 29.9)
    before = everything(here)
    retention.end_expired()
    assert everything(here) == before and not Erasure.objects.exists()
    owner = Person.objects.get(owner=here.person)
    assert SECRET in browser(owner).get(at(here, "records/")).content.decode()


def test_after_thirty_days_it_is_erased_with_all_that_lay_in_it_and_no_other() -> None:
    here = ended(filled(workspace(customer(), name=SECRET), SECRET), 30.1)
    other = filled(workspace(customer(CHARLIE), name="Ours"), "Ours")
    before, subject = everything(other), here.workspace.owner_id
    paths = [disk.path(stored.token) for stored in StoredFile.objects.filter(owner=subject)]
    assert paths and all(path.exists() for path in paths)
    retention.end_expired()
    assert not any(everything(here).values()) and not any(path.exists() for path in paths)
    assert not Workspace.objects.filter(owner=subject).exists()
    assert not Seat.objects.filter(workspace=subject).exists()
    assert not DataSubject.objects.filter(pk=subject).exists()
    assert everything(other) == before
