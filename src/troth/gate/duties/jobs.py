"""Duties past their last day are ended, and records are sent to providers who want them sent."""

from ..schedule.leases import every
from .pushing import push_due
from .registering import end_due

every("duties", seconds=600)(end_due)
every("pushes", seconds=5)(push_due)
