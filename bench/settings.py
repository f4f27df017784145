"""The house's own settings, with the peers' tables beside it.  Nothing that is measured is set differently."""

from troth.config.settings import *  # noqa: F403
from troth.config.settings import INSTALLED_APPS as _APPS
from troth.config.settings import STORAGES as _STORAGES

INSTALLED_APPS = [*_APPS, "bench.peers"]
SALT_KEY = "bench"  # django-fernet-encrypted-fields derives its key from SECRET_KEY and this
TROTH_SECOND_FACTOR = False  # signing in is not measured
STORAGES = {
    **_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
