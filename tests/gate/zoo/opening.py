"""Opens the zoo for a module's tests: the app installed, its tables made, and all of it gone afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.db import connection

from . import society

__all__ = ["install", "make_tables", "society", "zoo"]


def install() -> Any:
    """The zoo's app, known to this process from now on."""
    # Put in beside the others: the setting would have every app get ready, and register itself, a second time.
    config: Any = AppConfig.create("tests.gate.zoo.apps.Config")
    apps.app_configs[config.label] = config
    config.apps = apps
    config.import_models()
    apps.clear_cache()
    return config


def make_tables(config: Any) -> None:
    """The tables of its models, once for each store."""
    with connection.schema_editor() as editor:
        for model in config.get_models():
            editor.create_model(model)


@pytest.fixture(scope="module", autouse=True)
def zoo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    config = install()
    with django_db_blocker.unblock():
        make_tables(config)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for model in reversed(list(config.get_models())):
            editor.delete_model(model)
    del apps.app_configs[config.label]
    apps.clear_cache()
