"""The Company's own workspace: it is a Customer of its own install, and its staff are the people of it.

What the Company keeps of Customers in the Services lies there, under the walls that are around everybody's.
clause: security.same
"""

from django.conf import settings
from django.db import IntegrityError

from troth.accounts.people.models import Customer
from troth.accounts.people.registering import PLACE, RUNNING
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using

from . import agreement
from .models import Workspace
from .serving import ServiceJob, serve

NAMING = "own-workspace"


def workspace() -> Workspace | None:
    """The Company's own workspace, once it has begun one."""
    found: Workspace | None = Workspace.objects.filter(is_companys=True).first()
    return found


def begin() -> Workspace:
    """The Company's own workspace, made when there is none: a Customer, its workspace, the agreement accepted."""
    try:
        made = workspace() or _make()
    except IntegrityError:  # another process was faster
        made = Workspace.objects.get(is_companys=True)
    if made.customer_id and not agreement.is_accepted(made.customer_id):
        agreement.accept(made.customer_id, SYSTEM)
    return made


def _make() -> Workspace:
    name = settings.TROTH_COMPANY["company"]["name"]
    with using(RUNNING, by=SYSTEM, at=PLACE), act():
        customer, subject = DataSubject.begin(Kind.CUSTOMER), DataSubject.begin(Kind.WORKSPACE)
        Customer(owner=customer, name=name).save(force_insert=True)  # type: ignore[misc]
        made = Workspace(owner=subject, customer=customer, is_companys=True)
        made.save(force_insert=True)
        with serve(ServiceJob(subject.pk, NAMING), writes=True):
            made.name = name
            made.save(update_fields=[])
    return made
