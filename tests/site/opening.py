"""Opening all that can be opened in a home: every sealed value is tried with every key there is.

It runs in a process of its own, past the gate's uses: who has the keys and the files asks nobody.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pysqlite3

from tests.site import warm
from tests.site.demo import Demo, environment

Met = dict[str, dict[str, list[str]]]
"""Which words were met: by word, by the subject whose key opened it, in what."""


def walked(
    demo: Demo, words: Collection[str], addresses: Collection[str], *stores: Path
) -> tuple[Met, list[str]]:
    """Run `walk` on the home of a demo: what it met, and the blind indexes of the addresses there, in hex."""
    done = warm.run(
        ["-c", "from tests.site.opening import walk; walk()", *map(str, stores)],
        environment(**demo.surroundings(), DJANGO_SETTINGS_MODULE="troth.config.settings"),
        json.dumps([[*words], [*addresses]]),
    )
    assert done.returncode == 0, done.stderr
    met, indexes = json.loads(done.stdout)
    return met, indexes


def walk() -> None:
    """In a process on some home: which words stand where in what any key of the named key stores opens.

    With them the blind indexes that an address can have here: whoever guesses it could tell by them that it was known.
    """
    import django

    django.setup()
    words, addresses = json.load(sys.stdin)
    sought = re.compile("|".join(words))
    met: dict[str, dict[str, set[str]]] = {}
    keys = {subject: cipher for store in sys.argv[1:] for subject, cipher in living_keys(store)}
    for where, subject, text in opened(keys):
        for word in sought.findall(text):
            met.setdefault(word, {}).setdefault(subject, set()).add(where)
    told = {word: {who: sorted(places) for who, places in of.items()} for word, of in met.items()}
    print(json.dumps([told, [index for address in addresses for index in indexes_of(address)]]))


def indexes_of(address: str) -> Iterator[str]:
    from troth.gate.subjects.index import candidates
    from troth.gate.subjects.register import personal_models

    seals = [(model, seal) for model in personal_models() for seal in model.seals.values()]
    own = [seal.index_label(model) for model, seal in seals if seal.lookup == "email"]
    for label in (*own, "accounts.address", "codes.address", "workspaces.asked"):
        yield from (found.hex() for found in candidates(label, "email", address))


def living_keys(store: str) -> Iterator[tuple[str, Any]]:
    """Every data key of a key store that an epoch key still opens, whoever is being erased among them."""
    from troth.engine.seal import unwrap_cipher
    from troth.gate.keystore.keys import _wrapping, keeper

    asked = "SELECT subject, version, algorithm, epoch, wrapped FROM keystore_datakey"
    with closing(pysqlite3.connect(store)) as rows:
        for subject, version, algorithm, epoch, wrapped in rows.execute(asked):
            place = _wrapping(subject, version)
            yield subject, unwrap_cipher(keeper().kek(epoch), wrapped, place, version, algorithm)


def opened(keys: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(where, whose key, text) of everything sealed: each value is tried with each key, as if it were its owner's."""
    from allauth.mfa.models import Authenticator
    from django.contrib.sessions.models import Session

    from troth.accounts.sessions import SessionStore
    from troth.engine.seal import SealBroken, file_context, open_file, open_row
    from troth.gate.files import disk
    from troth.gate.files.models import StoredFile
    from troth.gate.journal import writing
    from troth.gate.journal.models import Share
    from troth.gate.keystore.keys import deployment
    from troth.gate.subjects.register import personal_models
    from troth.gate.uses.envelopes import aad

    rows = [row for model in personal_models() for row in model.every.exclude(sealed=None)]
    for subject, cipher in keys.items():
        for row in rows:
            with suppress(SealBroken):
                content = open_row(cipher, bytes(row.sealed), aad(row, UUID(subject)))
                yield row._meta.label, subject, json.dumps(content, ensure_ascii=False)
                if isinstance(row, StoredFile):
                    key, place = bytes.fromhex(str(content["key"])), file_context(deployment(), row.pk)
                    with disk.path(row.token).open("rb") as file:
                        yield "archive", subject, unzipped(b"".join(open_file(key, place, file.read)))
        for share in Share.objects.all():
            with suppress(SealBroken):
                _, detail = writing.open_share(cipher, subject, share.entry, bytes(share.sealed))
                yield "log", subject, detail.decode()
    for session in Session.objects.all():
        yield "session", "", str(SessionStore().decode(session.session_data))
    for passkey in Authenticator.objects.all():
        yield "passkey", "", str(passkey.data)


def unzipped(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return " ".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
