"""Two roles to a store in PostgreSQL: an owner, which makes the tables, and one that serves and owns nothing.

Whoever takes over a serving process then holds no right to put the wall between workspaces down, to change a table,
or to empty one at once.  Where no owner is named, the one role does both, and `lacking` says what that costs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections

from .keystore.routing import MIGRATED

RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # Which migrations were made is for the owner to write.
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
"""What a role may do that serves: rows, and no more."""

OWN_TABLES = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
    " AND pg_has_role(current_user, c.relowner, 'MEMBER')"
)
OWN_POWERS = (
    "SELECT coalesce(bool_or(r.rolsuper), false), coalesce(bool_or(r.rolbypassrls), false),"
    " coalesce(bool_or(r.rolcreaterole), false) FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'MEMBER')"
)
MAY_MAKE = "SELECT has_schema_privilege(current_user, 'public', 'CREATE')"


@contextmanager
def owning() -> Iterator[None]:
    """Within the block each store is reached as the role that owns its tables, where one is named.

    At its end the serving role gets its rights, and no more.  Raises ImproperlyConfigured when it cannot serve from
    what was made, or would own it.
    """
    named = {alias: dict(owner) for alias, owner in settings.TROTH_OWNERS.items() if not _is(alias, owner)}
    for alias in named:
        _refuse_powerful(alias)
    serving = {alias: _who(alias) for alias in named}
    before = {alias: _become(alias, owner) for alias, owner in named.items()}
    try:
        yield
        for alias, role in serving.items():
            grant(alias, role)
    finally:
        for alias, settled in before.items():
            _become(alias, settled)
    for alias in named:
        _refuse_elsewhere(alias)


def grant(alias: str, role: str) -> None:
    """Give a role the rights to serve from a store, as the owner of its tables."""
    store = connections[alias]
    with store.cursor() as cursor:
        for right in RIGHTS:
            cursor.execute(right.format(role=store.ops.quote_name(role)))


def may_make_tables(alias: str) -> bool:
    """Whether the role that a store is reached as can migrate it."""
    return connections[alias].vendor != "postgresql" or bool(_asked(alias, MAY_MAKE)[0])


def is_migrated(alias: str) -> bool:
    """Whether a store has the tables of this version; asking makes nothing."""
    try:
        call_command("migrate", *MIGRATED[alias], database=alias, check_unapplied=True, verbosity=0)
    except (CommandError, SystemExit):
        return False
    return True


def lacking(alias: str) -> tuple[list[str], list[str]]:
    """What a store's serving role can do beyond serving: what opens the wall at once, and what could be taken away."""
    if connections[alias].vendor != "postgresql":
        return [], []
    is_super, bypasses, makes_roles = _asked(alias, OWN_POWERS)
    owned = int(_asked(alias, OWN_TABLES)[0])
    opens, more = [], []
    if is_super:
        opens.append("is a superuser")
    if bypasses:
        opens.append("has BYPASSRLS")
    if makes_roles and not is_super:
        more.append("may make roles")
    if owned:
        more.append(f"owns {owned} tables and sequences")
    elif _asked(alias, MAY_MAKE)[0]:
        more.append("may make tables")
    return opens, more


def _asked(alias: str, question: str) -> tuple[Any, ...]:
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        return tuple(cursor.fetchone())


def _who(alias: str) -> str:
    return str(_asked(alias, "SELECT current_user")[0])


def _is(alias: str, owner: dict[str, Any]) -> bool:
    """Whether a store is reached as this role already."""
    now = connections[alias].settings_dict
    return all(now[part] == owner[part] for part in ("USER", "HOST", "PORT", "NAME"))


def _become(alias: str, other: dict[str, Any]) -> dict[str, Any]:
    """Reach a store as another role from now on; gives what it was reached with before."""
    store = connections[alias]
    before = {part: store.settings_dict[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    store.close()
    store.settings_dict.update({part: other[part] for part in before})
    return before


def _refuse_powerful(alias: str) -> None:
    opens, more = lacking(alias)
    if opens or more:
        raise ImproperlyConfigured(
            f"the role that serves the `{alias}` store {', '.join([*opens, *more])}: hand what it owns to the owner"
            " (`REASSIGN OWNED BY … TO …`), take the rest away, and repeat"
        )


def _refuse_elsewhere(alias: str) -> None:
    store = connections[alias]
    with store.cursor() as cursor:
        found = store.introspection.table_names(cursor)
    if "django_migrations" not in found:
        raise ImproperlyConfigured(
            f"the `{alias}` store was made in another database than the one that is served: name one database in both"
            " URLs"
        )
