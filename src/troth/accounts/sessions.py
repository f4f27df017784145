"""Django's database sessions with a sealed blob: a one-time secret in a session is not readable on disk."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.core.signing import JSONSerializer

from troth.gate.keystore.boxes import open_text, seal_text


class SessionStore(db.SessionStore):
    """SESSION_ENGINE of the house."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal_text(
            settings.TROTH_KEYS, "sessions", JSONSerializer().dumps(session_dict).decode("latin-1")
        )

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        text = session_data if isinstance(session_data, str) else session_data.decode("ascii")
        try:
            data: dict[str, Any] = JSONSerializer().loads(
                open_text(settings.TROTH_KEYS, "sessions", text).encode("latin-1")
            )
        except Exception:  # noqa: BLE001 - a blob that does not open is no session, whatever is wrong with it
            return {}
        return data
