"""Stored files with a storage provider: a real S3 interface on loopback, sealed objects, no orphan that stays."""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from moto.server import ThreadedMotoServer

from tests.cast import ALICE, durable
from tests.gate.test_files import SECRET, aged, begun, content_of, going_on, kept, on_disk, somebody
from troth.config import doctor
from troth.config.environment import SettingError
from troth.config.hosted_files import hosted
from troth.engine.seal.stream import CHUNK
from troth.gate.errors import SealBroken
from troth.gate.files import away, disk, stored
from troth.gate.files.models import StoredFile
from troth.gate.outbound.bucket import FIRST, LARGEST, PART, Bucket, Unreachable
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, Actor, OwnData

pytestmark = durable
LATER = datetime.now(UTC) + timedelta(days=9)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider of its own."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(provider: str, settings: Any, tmp_path: Any) -> Bucket:
    """An empty bucket, in which the house keeps its files from now on."""
    settings.TROTH_HOME = tmp_path
    options = {
        "bucket_name": "files-" + os.urandom(6).hex(), "location": "kiln", "endpoint_url": provider, "access_key": "key",
        "secret_key": "secret", "region_name": "us-east-1",
    }  # fmt: skip
    settings.STORAGES = {
        **settings.STORAGES, "hosted": {"BACKEND": "troth.gate.outbound.bucket.Bucket", "OPTIONS": options},
    }  # fmt: skip
    found = away.bucket()
    assert isinstance(found, Bucket)
    found.connection.create_bucket(Bucket=found.bucket_name)
    return found


def objects(bucket: Bucket) -> list[str]:
    return sorted(bucket.names(LATER))


def carried(owner: UUID, content: bytes = SECRET) -> StoredFile:
    """A file that lies with the provider and nowhere else."""
    file = kept(owner, content)
    aged(disk.path(file.token))
    assert away.carry() == 1
    return file


def part(file: StoredFile, start: int, stop: int) -> bytes:
    whose = OwnData(file.owner_id)
    actor = Actor("data-subject", file.owner_id)
    return b"".join(stored.stream(file, "showing-own-data", by=actor, given=whose, start=start, stop=stop))


@pytest.mark.parametrize("size", [0, CHUNK, 3 * CHUNK + 5, PART + 3 * CHUNK + 7])
def test_a_file_is_carried_out_sealed_and_read_back_the_same(bucket: Bucket, size: int) -> None:
    owner, content = somebody(), (SECRET * (size // len(SECRET) + 1))[:size]
    file = kept(owner, content)
    assert content_of(file, owner) == content and not objects(bucket), "it is here until it is carried out"
    aged(disk.path(file.token))
    assert away.carry() == 1 and away.carry() == 0
    assert objects(bucket) == [file.token] and not on_disk()
    sealed, whole = bucket.part(file.token, 0, 1 << 30)
    assert whole == bucket.size(file.token) == len(sealed) and SECRET not in sealed
    assert content_of(file, owner) == content and away.is_there(file.token)


def test_a_range_fetches_only_what_it_needs(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, content, asked = somebody(), os.urandom(200 * CHUNK + 5), list[int]()
    file, part_of = carried(owner, content), Bucket.part

    def counted(self: Bucket, name: str, start: int, length: int) -> tuple[bytes, int]:
        found = part_of(self, name, start, length)
        asked.append(len(found[0]))
        return found

    monkeypatch.setattr(Bucket, "part", counted)
    at = CHUNK * 150
    for start, stop in ((0, 9), (at + 1, at + 2), (at - 3, at + 3), (file.size - 1, file.size)):
        assert part(file, start, stop) == content[start:stop]
        assert sum(asked) <= 3 * FIRST, (start, asked)
        asked.clear()
    assert part(file, 0, file.size) == content and sum(asked) == bucket.size(file.token)
    assert max(asked) == LARGEST, "and no more than this is held at once"


def test_an_upload_goes_on_after_a_break_and_is_carried_out_only_when_it_is_whole(bucket: Bucket) -> None:
    owner, content = somebody(), os.urandom(3 * CHUNK + 9)
    file = begun(owner)
    writing = going_on(file)
    writing.write(content[: 2 * CHUNK])
    at = writing.pause()
    aged(disk.path(file.token))
    assert away.carry() == 0 and not objects(bucket)
    writing = going_on(file)
    writing.write(content[at:])
    writing.finish()
    aged(disk.path(file.token))
    assert away.carry() == 1 and objects(bucket) == [file.token]
    assert content_of(StoredFile.objects.get(pk=file.pk), owner) == content


def test_a_file_that_is_removed_takes_its_object_along(bucket: Bucket) -> None:
    file = carried(somebody())
    with transaction.atomic():
        stored.remove(file)
        assert objects(bucket), "not before it is durable"
    assert not objects(bucket)


def test_an_erasure_takes_the_objects_along(bucket: Bucket) -> None:
    owner = somebody()
    carried(owner)
    other = carried(somebody(ALICE))
    erase(owner.hex, SYSTEM)
    assert objects(bucket) == [other.token]


def test_a_crash_between_provider_and_store_leaves_an_orphan_that_the_sweep_takes_away(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, lost = carried(somebody()), carried(somebody())
    StoredFile.objects.filter(pk=lost.pk).delete()  # as a kill before the object went leaves it
    assert away.sweep() == 0 and len(objects(bucket)) == 2, "young ones are left alone"
    client = bucket.connection.meta.client
    client.create_multipart_upload(Bucket=bucket.bucket_name, Key="kiln/" + "ab" * 16)
    monkeypatch.setattr(away, "GRACE", -timedelta(hours=1))
    monkeypatch.setattr(away, "UNFINISHED", -timedelta(hours=1))
    assert away.sweep() == 2 and objects(bucket) == [file.token]


def test_a_kill_amid_carrying_leaves_the_file_here_and_it_is_carried_again(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = somebody()
    file = kept(owner)
    aged(disk.path(file.token))
    with monkeypatch.context() as broken:
        broken.setattr(disk, "remove", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            away.carry()
    assert on_disk() and content_of(file, owner) == SECRET
    assert away.carry() == 1 and not on_disk() and content_of(file, owner) == SECRET


def test_a_file_erased_while_it_is_carried_is_not_left_with_the_provider(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, save = kept(somebody()), Bucket.save

    def saved(self: Bucket, name: str, content: Any) -> str:
        StoredFile.objects.filter(pk=file.pk).delete()
        return str(save(self, name, content))

    monkeypatch.setattr(Bucket, "save", saved)
    aged(disk.path(file.token))
    assert away.carry() == 0 and not objects(bucket) and not on_disk()


def test_a_silent_provider_stops_no_upload_and_no_removal(bucket: Bucket) -> None:
    owner = somebody()
    gone, here = carried(owner), kept(owner)
    aged(disk.path(here.token))
    bucket.endpoint_url = "http://127.0.0.1:9"
    bucket.__dict__.pop("connection", None)
    with pytest.raises(Unreachable, match="does not answer") as told:
        away.carry()
    assert "secret" not in str(told.value) and bucket.bucket_name not in str(told.value)
    assert content_of(here, owner) == SECRET
    with pytest.raises(Unreachable):
        content_of(gone, owner)
    with transaction.atomic():
        stored.remove(gone)
    assert not StoredFile.objects.filter(pk=gone.pk).exists()


@pytest.mark.parametrize("what", ["its end", "all of it", "another's"])
def test_what_the_provider_changes_is_found(bucket: Bucket, what: str) -> None:
    owner = somebody()
    file, other = carried(owner, os.urandom(3 * CHUNK + 5)), carried(owner, os.urandom(3 * CHUNK + 5))
    client, place = bucket.connection.meta.client, {"Bucket": bucket.bucket_name, "Key": "kiln/" + file.token}
    bytes_of = bucket.part(file.token, 0, 1 << 30)[0]
    changed = {"its end": bytes_of[: 3 + CHUNK + 16], "another's": bucket.part(other.token, 0, 1 << 30)[0]}
    if what == "all of it":
        client.delete_object(**place)
    else:
        client.put_object(**place, Body=changed[what])
    with pytest.raises(SealBroken):
        content_of(file, owner)


def test_doctor_tries_the_bucket_and_a_backup_says_what_it_lacks(bucket: Bucket) -> None:
    owner = somebody()
    carried(owner, bytes(70_000)), kept(owner)
    late = kept(owner)
    os.utime(disk.path(late.token), (0, 0))
    assert away.beyond() == (1, 70_000)
    assert [finding.is_well for finding in doctor._files()] == [True, False] and len(objects(bucket)) == 1
    bucket.connection.meta.client.delete_object(Bucket=bucket.bucket_name, Key=f"kiln/{objects(bucket)[0]}")
    bucket.connection.meta.client.delete_bucket(Bucket=bucket.bucket_name)
    (found, _) = doctor._files()
    assert not found.is_well and "NoSuchBucket" in found.what and "secret" not in found.what


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://files.example/bucket", "is no bucket; give s3://KEY:SECRET@host/bucket"),
        ("s3://files.example/bucket", "is no bucket"), ("s3://key:hush@files.example", "is no bucket"),
        ("s3://key:hush@files.example:x/bucket", "is no bucket"),
        ("s3+http://key:hush@files.example/bucket", "without TLS"), ("s3+http://key:hush@192.0.2.1/b", "without TLS"),
    ],
)  # fmt: skip
def test_a_url_that_names_no_bucket_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    monkeypatch.setenv("TROTH_FILES_URL", url)
    with pytest.raises(SettingError, match=words) as told:
        hosted("TROTH_FILES_URL", disk.folder())
    assert "hush" not in str(told.value) and "files.example" not in str(told.value)


def test_a_url_names_bucket_place_and_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TROTH_FILES_URL", "s3://k%2Fey:hu%40sh@files.example:9000/bucket/kiln/2?region=eu-north-1"
    )
    found = hosted("TROTH_FILES_URL", disk.folder())
    assert found["BACKEND"] == "troth.gate.outbound.bucket.Bucket"
    assert found["OPTIONS"] == {
        "bucket_name": "bucket", "location": "kiln/2", "endpoint_url": "https://files.example:9000",
        "access_key": "k/ey", "secret_key": "hu@sh", "region_name": "eu-north-1",
    }  # fmt: skip
