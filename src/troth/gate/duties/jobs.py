"""A duty whose last day has passed is ended, so that its provider is asked to delete what it holds."""

from ..schedule.leases import every
from .registering import end_due

every("duties", seconds=600)(end_due)
