"""Epoch keys locked by the transit engine of OpenBao or Vault: a key of its own for each epoch, which never leaves it.

Source: openbao.org, "Transit secrets engine (API)".  Needs the packages of requirements/vault.txt.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import hvac
from hvac.exceptions import InvalidPath, VaultError
from requests import RequestException

from troth.engine.seal import KeyStoreError

TIMEOUT = 5


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (VaultError, RequestException, ValueError, KeyError, TypeError) as error:
        raise KeyStoreError(
            f"the key service does not answer as it should ({type(error).__name__}): look at `TROTH_KEY_SERVICE`"
        ) from None


class Transit:
    """`KeyService` at a transit engine.  `url` is the server's, `mount` where the engine is mounted."""

    wait = timedelta()

    def __init__(self, *, url: str, mount: str, token: str, namespace: str = "", authority: str = "") -> None:
        self._mount = mount
        client = hvac.Client(
            url=url, token=token, namespace=namespace or None, verify=authority or True, timeout=TIMEOUT,
            allow_redirects=False,
        )  # fmt: skip
        self._transit: Any = client.secrets.transit

    def make(self, name: str) -> None:
        """Make the key, which may be deleted one day; neither it nor a copy of it can be had from the engine."""
        with _answers():
            self._transit.create_key(name, key_type="aes256-gcm96", exportable=False, mount_point=self._mount)
            self._transit.update_key_configuration(name, deletion_allowed=True, mount_point=self._mount)

    def lock(self, name: str, secret: bytes, context: str) -> bytes:
        """The engine's ciphertext, `vault:v1:…`."""
        with _answers():
            told = self._transit.encrypt_data(
                name,
                plaintext=_text(secret),
                associated_data=_text(context.encode()),
                mount_point=self._mount,
            )
            return str(told["data"]["ciphertext"]).encode("ascii")

    def unlock(self, name: str, locked: bytes, context: str) -> bytes:
        """What was locked."""
        with _answers():
            told = self._transit.decrypt_data(
                name, ciphertext=locked.decode("ascii"), associated_data=_text(context.encode()), mount_point=self._mount
            )  # fmt: skip
            return b64decode(told["data"]["plaintext"], validate=True)

    def destroy(self, name: str) -> None:
        """Delete the key with all its versions."""
        with _answers():
            try:
                self._transit.read_key(name, mount_point=self._mount)
            except InvalidPath:
                return
            self._transit.delete_key(name, mount_point=self._mount)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
