"""`--database-only` keeps the tests that touch the database: the run on PostgreSQL repeats no others."""

import pytest

FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server", "admin_client"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="run the tests that touch the database")


def touches_the_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(FIXTURES & names)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        others = [item for item in items if not touches_the_database(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if touches_the_database(item)]
