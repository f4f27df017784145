"""A file of some megabytes over lines that break, by the script that sends one of 1 GB, and what its watch would find."""

import hashlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.site.demo import ROOT, Demo


@pytest.fixture(scope="module")
def upload() -> Any:
    spec = importlib.util.spec_from_file_location("upload", ROOT / "scripts" / "upload.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["upload"] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_a_file_survives_three_broken_lines_and_never_lies_in_clear(upload: Any, demo: Demo) -> None:
    told = upload.transfer(demo, 9_000_001, breaks=3, seed=1)
    assert "after 3 breaks" in told and " 0 markers met" in told
    print(told)


def test_the_watch_meets_a_marker_wherever_it_is_written(upload: Any, tmp_path: Path) -> None:
    """At the end of a growing file, across two looks, in a file written in place, and in one without a name."""
    place, watch = tmp_path / "files" / "ab" / "token", upload.Watch(tmp_path)
    place.parent.mkdir(parents=True)
    place.write_bytes(bytes(3_000_000))
    watch.look()
    assert not watch.met
    half = len(upload.MARKER) // 2
    for piece in (upload.MARKER[:half], upload.MARKER[half:]):
        with place.open("ab") as file:
            file.write(piece)
        watch.look()
    assert watch.met == {str(place)}
    store = tmp_path / "store.sqlite3"
    store.write_bytes(bytes(100_000))
    watch.look()
    with store.open("r+b") as file:
        file.seek(500)
        file.write(upload.MARKER)
    watch.look()
    assert str(store) in watch.met
    with (tmp_path / "gone").open("w+b") as file:
        (tmp_path / "gone").unlink()
        file.write(upload.MARKER)
        file.flush()
        other = upload.Watch(tmp_path / "files", [os.getpid()])
        other._seen = dict(watch._seen)
        other.look()
    assert any(path.startswith("/proc/") for path in other.met)


def test_the_file_is_the_same_however_it_is_cut(upload: Any) -> None:
    film = upload.Film(3 * upload.BLOCK + 17, 5)
    whole = b"".join(film.part(0, film.size))
    assert len(whole) == film.size and whole.count(upload.MARKER) == 3
    cut = b"".join(
        b"".join(film.part(start, min(start + 70_001, film.size))) for start in range(0, film.size, 70_001)
    )
    assert cut == whole and film.checksum() == hashlib.sha256(whole).hexdigest()
