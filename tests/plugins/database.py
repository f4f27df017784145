"""`--database-only` keeps the tests that touch the database: the run on PostgreSQL repeats no others."""

import pytest

FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server", "admin_client"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="run the tests that touch the database")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "both_stores: a walk through a demo that runs on SQLite and on PostgreSQL"
    )


def touches_the_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    marks = (item.get_closest_marker(name) for name in ("django_db", "both_stores"))
    return any(marks) or bool(FIXTURES & names)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        others = [item for item in items if not touches_the_database(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if touches_the_database(item)]
