"""Files of a workspace: what Olga keeps in the one of `workspaces`, and what Gil, a guest, sees of it."""

import struct
import zlib
from collections.abc import Callable

from playwright.sync_api import FilePayload, Page

from tests.site.pages import Cast, Shown

LONG = "Deliveries-of-fire-clay-and-everything-else-that-came-to-the-yard-between-spring-and-autumn-second-copy.csv"
TABLE = "Date;Supplier;Tons;Note\n" + "".join(
    f"2026-{month:02}-14;Clay & Sons, Stourbridge;{month * 3};with a note that is rather long for a cell\n"
    for month in range(1, 13)
)
TEXT = (
    "Firing of the second kiln\n\n"
    + "The temperature rises by sixty degrees an hour until it is reached.\n" * 30
)


def picture(width: int = 320, height: int = 200) -> bytes:
    """A PNG of two colours."""
    lines = b"".join(
        b"\0"
        + b"".join(b"\x6b\x2d\x5c" if (x // 40 + y // 40) % 2 else b"\xf3\xee\xe6" for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


FILES: tuple[FilePayload, ...] = (
    {"name": "kiln.png", "mimeType": "", "buffer": picture()},
    {"name": LONG, "mimeType": "", "buffer": TABLE.encode()},
    {"name": "firing.txt", "mimeType": "", "buffer": TEXT.encode()},
    {"name": "plan.pdf", "mimeType": "", "buffer": b"%PDF-1.7 " + bytes(200_000)},
)


def fill(cast: Cast) -> None:
    """Olga makes a folder, sends files with the script of the page, one of them twice, and throws one away."""
    page, files = cast.screen("olga"), cast.at["workspace"] + "files/"
    cast.go(page, files)
    page.locator("#folder-name").fill("Kiln two, with all that belongs to it")
    page.get_by_role("button", name="Make the folder").click()
    page.wait_for_load_state()
    _send(page, *FILES)
    _send(page, FILES[2])
    cast.at["folder"] = _href(page, "Kiln two")
    for name, key in (("kiln.png", "picture"), (LONG, "table"), ("firing.txt", "text"), ("plan.pdf", "plan")):
        cast.at[key] = _href(page, name)
    cast.go(page, cast.at["folder"])
    _send(page, {"name": "old.txt", "mimeType": "", "buffer": b"old"})
    cast.go(page, _href(page, "old.txt"))
    page.locator("main summary").click()
    page.get_by_role("button", name="Put the file into the trash").click()
    page.wait_for_load_state()


def _href(page: Page, name: str) -> str:
    return str(page.locator("main table a", has_text=name).first.get_attribute("href"))


def _send(page: Page, *files: FilePayload) -> None:
    """Choose files and press the button; the page comes again when all of them are there."""
    page.locator("#files").set_input_files(list(files))
    with page.expect_navigation():
        page.get_by_role("button", name="Upload").click()


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("workspace-files", "olga", "{workspace}files/"),
    Shown("workspace-files, as a guest", "gil", "{workspace}files/"),
    Shown("workspace-files, none", "olga", "{ended}files/"),
    Shown("workspace-folder", "olga", "{folder}"),
    Shown("workspace-file", "olga", "{picture}"),
    Shown("workspace-file, a table", "olga", "{table}"),
    Shown("workspace-file, a text", "olga", "{text}"),
    Shown("workspace-file, without a look", "gil", "{plan}"),
    Shown("workspace-trash", "olga", "{workspace}files/trash/"),
    Shown("workspace-trash, empty", "olga", "{ended}files/trash/"),
)
NO_PAGES: dict[str, str] = {
    "workspace-upload": "POST, redirects", "workspace-folder-upload": "POST, redirects",
    "workspace-folder-new": "POST, redirects", "workspace-file-change": "POST, redirects",
    "workspace-upload-begin": "JSON", "workspace-upload-piece": "JSON", "workspace-upload-finish": "JSON",
    "workspace-upload-drop": "a button", "workspace-file-download": "a download",
    "workspace-file-version": "a download", "file-look": "a picture",
}  # fmt: skip
