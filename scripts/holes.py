"""A site with holes on loopback, so that it can be seen that the scanners of `scripts/scan.py` find any.

    python scripts/holes.py 9443 var/tls/server.pem

Old TLS, a query made of what was typed, and an answer that repeats it.  It holds nothing and is nobody's.
"""

import sqlite3
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FORM = "<html><body><form method=get action=/contact/><input name=topic value=kiln><input type=submit></form>"


class Holes(BaseHTTPRequestHandler):
    """Every path is the same page."""

    def do_GET(self) -> None:
        """The form, and what came of the last one."""
        topic = parse_qs(urlsplit(self.path).query).get("topic", ["kiln"])[0]
        store = sqlite3.connect(":memory:")
        store.executescript("create table topics (name text); insert into topics values ('kiln'), ('glaze')")
        status = 200
        try:
            said = str(store.execute(f"select name from topics where name = '{topic}'").fetchall())  # noqa: S608 - a hole
        except sqlite3.Error as error:
            status, said = 500, f"sqlite3.OperationalError: {error}"
        body = f"{FORM}<p>{topic}: {said}</p></body></html>".encode()
        self.send_response(status)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.send_header("set-cookie", "session=1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until stopped."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Holes)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
