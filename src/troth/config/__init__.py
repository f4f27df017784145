"""Wires the floors together; nobody imports it.

The swap below must run before Django's SQLite backend is imported: SQLite 3.7.0 to 3.51.2 can lose commits in
WAL mode with two connections, and Debian 12's is one of them. `troth doctor` checks which library is in use.
"""

import sys

try:
    import pysqlite3
except ImportError:  # pragma: no cover - platforms without a wheel; `doctor` then refuses WAL
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
