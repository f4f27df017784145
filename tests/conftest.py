"""What every test has: a folder of its own, keys of its own, a blocked network."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from _pytest.runner import runtestprotocol
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from hypothesis import settings as laws

from troth.engine.roomy import roomy

HOME = Path(tempfile.mkdtemp(prefix="troth-tests-"))
os.environ["TROTH_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "troth.config.settings"
os.environ.setdefault("TROTH_MAIL_HELD", "1")

from troth.gate.keystore.beginning import begin  # noqa: E402 - the folder must be named first

begin(HOME / "keys", HOME / "keys" / "tombstones")
django.setup()
# Tests count questions to the store; whoever tests versions asks for a look at them.
from troth.gate.published import statement  # noqa: E402 - after its models

statement._Here.asked_at = statement.EVERY = float("inf")
# Some files ask the application for its description when they are read, before any test has a store.
from troth.apps.protection import measures  # noqa: E402 - after its models

measures.memory.asked_at = float("inf")
# Tests' stores are made of the models, in half a second; the demos that tests start have gone through the migrations, and
# `make migrations` says that these end at the models.
for _store in settings.DATABASES.values():
    _store.setdefault("TEST", {})["MIGRATE"] = False
# A test's stores outlive no power cut; those of the processes that tests start are as durable as the house's.
for _store in settings.DATABASES.values():
    if "init_command" in _store.get("OPTIONS", {}):
        _store["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
# A password's hash costs a tenth of a second on purpose. `tests/accounts/test_passwords.py` asks what it costs.
Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.time_cost, Argon2PasswordHasher.parallelism = 8, 1, 1

# What is loaded and collected for the run stays until its end: no look for garbage goes through it.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, in what the tests make, and not at every seven hundredth object."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """As pytest does it itself, with room for the calls of a test: the house's own requests have it too."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    roomy(runtestprotocol)(item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


# A law holds however slow the machine is: no test is timed.
laws.register_profile("house", deadline=None)
laws.load_profile("house")

pytest_plugins = [
    "tests.plugins.network", "tests.plugins.database", "tests.plugins.browser", "tests.plugins.tickets",
]  # fmt: skip


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The stores say that every migration was applied: some tests go back from there, and forward again."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    from tests.plugins.database import close_every_line

    with django_db_blocker.unblock():
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        for app, name in MigrationLoader(None, load=True).disk_migrations:
            recorder.record_applied(app, name)
    yield
    with django_db_blocker.unblock():
        close_every_line()


@pytest.fixture(autouse=True)
def _nothing_seen_so_far() -> None:
    """Signs of attacks count from nought in each test, and nobody is blocked."""
    from troth.apps.protection import measures, middleware

    middleware.counting.forget()
    measures.forget()
    # Tests count questions to the store; whoever tests measures asks for a look at them.
    measures.memory.asked_at = float("inf")


@pytest.fixture(autouse=True)
def _plain_static_files(settings: pytest.FixtureRequest) -> None:
    """Static names without hashes: no test has to gather files first."""
    settings.STORAGES = {  # type: ignore[attr-defined]
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
