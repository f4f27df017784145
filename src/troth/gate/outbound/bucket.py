"""Stored files with a storage provider: a bucket that speaks S3.  What lies there is sealed, and no key ever leaves.

The backend of the storage `hosted` when TROTH_FILES_URL names a bucket.  A file is one object, under its random name; it
is written whole, and read in ranges.  Needs the packages of requirements/s3.txt.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from secrets import token_hex
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

PART = 8 << 20
"""Bytes that are sent at once; twice as many are in memory at most."""
FIRST, LARGEST = (128 << 10) + 64, 4 << 20
"""Bytes of the first range that is asked for: two sealed chunks and the head of a file; and of the largest."""
_GONE = frozenset(("404", "NoSuchKey", "NotFound"))


class Unreachable(OSError):
    """The provider does not answer, or not as asked; the message names neither the bucket nor a key to it."""


@contextmanager
def _answers() -> Iterator[None]:
    """Raises FileNotFoundError for what is not there, Unreachable for whatever else the library says."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _GONE:
            raise FileNotFoundError("no such object") from None
        raise Unreachable(f"the storage provider refused ({code}); look at TROTH_FILES_URL") from None
    except BotoCoreError as error:
        raise Unreachable(f"the storage provider does not answer ({type(error).__name__})") from None


class Bucket(S3Storage):
    """The storage `hosted` at a provider; its options are `S3Storage`'s.

    Everything here raises Unreachable when the provider does not answer.
    """

    def __init__(self, **options: Any) -> None:
        patient = Config(
            connect_timeout=5, read_timeout=30, retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"}, signature_version="s3v4",
        )  # fmt: skip
        # In the thread that asks: each further one would hold a part of its own in memory.
        whole = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
        super().__init__(
            client_config=patient, transfer_config=whole, default_acl=None, cloudfront_signer=None,
            object_parameters={"ContentType": "application/octet-stream"}, **options,
        )  # fmt: skip

    @cached_property
    def connection(self) -> Any:
        """One line for all threads: its client may be shared, and each further one holds megabytes."""
        session = self._create_session()
        return session.resource(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
        )

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}

    def _open(self, name: str, mode: str = "rb") -> "Ranged":
        if mode != "rb":
            raise ValueError("an object is written whole, with `save`")
        return Ranged(self, name)

    def part(self, name: str, start: int, length: int) -> tuple[bytes, int]:
        """So many bytes of an object, fewer at its end, and the size of all of it.  Raises FileNotFoundError."""
        asked = f"bytes={start}-{start + length - 1}"
        with _answers():
            try:
                answer = self._client.get_object(**self._place(name), Range=asked)
            except ClientError as error:
                if (
                    error.response["Error"]["Code"] == "InvalidRange"
                ):  # it ends before: cut, and found to be so
                    return b"", start
                raise
            with answer["Body"] as body:
                return body.read(), int(answer["ContentRange"].rpartition("/")[2])

    def _save(self, name: str, content: Any) -> str:
        with _answers():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        """Take an object away; one that is not there is gone already."""
        with _answers():
            self._client.delete_object(**self._place(name))

    def exists(self, name: str) -> bool:
        """Whether there is such an object."""
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        """The bytes of an object.  Raises FileNotFoundError."""
        with _answers():
            return int(self._client.head_object(**self._place(name))["ContentLength"])

    def names(self, before: datetime) -> Iterator[str]:
        """The objects that were written before a moment, a thousand to a request."""
        with _answers():
            for page in self._pages("list_objects_v2"):
                for each in page.get("Contents", ()):
                    if each["LastModified"] < before:
                        yield str(each["Key"]).removeprefix(self._prefix)

    def give_up(self, before: datetime) -> int:
        """Drop what came of objects whose writing began before a moment and never ended; how many they were."""
        dropped = 0
        with _answers():
            for page in self._pages("list_multipart_uploads"):
                for each in page.get("Uploads", ()):
                    if each["Initiated"] < before:
                        place = {"Bucket": self.bucket_name, "Key": each["Key"]}
                        self._client.abort_multipart_upload(**place, UploadId=each["UploadId"])
                        dropped += 1
        return dropped

    def probe(self) -> None:
        """Write an object, read it and take it away, as `troth doctor` asks.  Raises FileNotFoundError, Unreachable."""
        name = f"probe-{token_hex(8)}"
        self.save(name, ContentFile(b"well"))
        try:
            if self.part(name, 0, FIRST) != (b"well", 4):
                raise Unreachable("the storage provider gives back other bytes than it was given")
        finally:
            self.delete(name)

    @property
    def _prefix(self) -> str:
        return f"{self.location}/" if self.location else ""

    def _pages(self, what: str) -> Iterator[dict[str, Any]]:
        yield from self._client.get_paginator(what).paginate(Bucket=self.bucket_name, Prefix=self._prefix)


class Ranged(File):  # type: ignore[type-arg]
    """An object as it is read: in ranges, small ones first, so that a look at its beginning fetches little more."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        super().__init__(None, name)
        self._bucket, self._at, self._end = bucket, 0, False
        self._held, self._window = b"", FIRST

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Read on from a byte, counted from the beginning; nothing is asked for before it is read."""
        if whence:
            raise ValueError("a place is counted from the beginning")
        self._at, self._end, self._held, self._window = place, False, b"", FIRST
        return place

    def read(self, size: int) -> bytes:  # type: ignore[override]
        """So many bytes, fewer only at the end.  Raises FileNotFoundError, Unreachable."""
        while len(self._held) < size and not self._end:
            piece, whole = self._bucket.part(str(self.name), self._at, self._window)
            self._held, self._at = self._held + piece, self._at + len(piece)
            self._end, self._window = self._at >= whole, min(2 * self._window, LARGEST)
        piece, self._held = self._held[:size], self._held[size:]
        return piece

    def close(self) -> None:
        """Nothing is left open."""
