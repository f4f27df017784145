"""Epoch keys locked by AWS KMS: a key of its own for each epoch, under an alias.

Source: docs.aws.amazon.com/kms, "Encryption context" and "Deleting AWS KMS keys".  Needs the packages of
requirements/s3.txt.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from troth.engine.seal import KeyStoreError

WAIT_DAYS = 7
"""The shortest that AWS allows between the order to delete a key and its end."""


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise KeyStoreError(f"the key service refused ({code}): look at `TROTH_KEY_SERVICE`") from None
    except BotoCoreError as error:
        raise KeyStoreError(
            f"the key service does not answer ({type(error).__name__}): look at `TROTH_KEY_SERVICE`"
        ) from None


class AwsKms:
    """`KeyService` at AWS.  Who we are is found where its tools look: a role of the machine, or a file of its own."""

    wait = timedelta(days=WAIT_DAYS)

    def __init__(self, *, region: str, endpoint: str = "") -> None:
        patient = Config(connect_timeout=5, read_timeout=5, retries={"max_attempts": 2, "mode": "standard"})
        with _answers():
            self._kms: Any = boto3.session.Session().client(
                "kms", region_name=region, endpoint_url=endpoint or None, config=patient
            )

    def make(self, name: str) -> None:
        """Make the key and its alias; one whose alias is there stays."""
        with _answers():
            if self._known(name) is None:
                key = self._kms.create_key(Description=f"An epoch key of Troth ({name})")
                self._kms.create_alias(AliasName=_alias(name), TargetKeyId=key["KeyMetadata"]["KeyId"])

    def lock(self, name: str, secret: bytes, context: str) -> bytes:
        """The service's ciphertext."""
        with _answers():
            told = self._kms.encrypt(KeyId=_alias(name), Plaintext=secret, EncryptionContext={"for": context})
            return bytes(told["CiphertextBlob"])

    def unlock(self, name: str, locked: bytes, context: str) -> bytes:
        """What was locked."""
        with _answers():
            told = self._kms.decrypt(
                KeyId=_alias(name), CiphertextBlob=locked, EncryptionContext={"for": context}
            )
            return bytes(told["Plaintext"])

    def destroy(self, name: str) -> None:
        """Order the key's end in seven days; until then it serves nobody, and the account's owner can take it back."""
        with _answers():
            known = self._known(name)
            if known is not None and known["KeyState"] != "PendingDeletion":
                self._kms.schedule_key_deletion(KeyId=known["KeyId"], PendingWindowInDays=WAIT_DAYS)

    def _known(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(self._kms.describe_key(KeyId=_alias(name))["KeyMetadata"])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NotFoundException":
                return None
            raise


def _alias(name: str) -> str:
    return f"alias/{name}"
