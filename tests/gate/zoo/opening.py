"""Opens the zoo for a module's tests: the app installed, its tables made, and all of it gone afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import override_settings


@pytest.fixture(scope="module", autouse=True)
def zoo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "tests.gate.zoo.apps.Config"]):
        models = list(apps.get_app_config("zoo").get_models())
        with django_db_blocker.unblock(), connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        yield
        with django_db_blocker.unblock(), connection.schema_editor() as editor:
            for model in models:
                editor.delete_model(model)
