"""Backups in two parts, and what must happen before a restored one is served (docs/decisions/0014)."""
