"""A bucket as ClickHouse speaks to S3: what a backup and its restore need of it, and no more."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit


class Bucket(BaseHTTPRequestHandler):
    """Objects by their path; `keys` are the ids of the access keys that came."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]] = {}
    keys: ClassVar[set[str]] = set()

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def _answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.keys.add(self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0])
        self.send_response(code)
        for name, value in ({"Content_Length": str(len(body)), "ETag": '"x"'} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @property
    def _path(self) -> str:
        return unquote(urlsplit(self.path).path)

    def do_PUT(self) -> None:
        self.objects[self._path] = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200)

    def do_DELETE(self) -> None:
        self.objects.pop(self._path, None)
        self._answer(204)

    def do_POST(self) -> None:
        """Several are deleted at once."""
        listed = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        for name in re.findall("<Key>(.*?)</Key>", listed):
            self.objects.pop(f"{self._path.rstrip('/')}/{name}", None)
        self._answer(200, b"<DeleteResult/>")

    def do_HEAD(self) -> None:
        found = self.objects.get(self._path)
        self._answer(404) if found is None else self._answer(200, Content_Length=str(len(found)))

    def do_GET(self) -> None:
        if "list-type" in (asked := parse_qs(urlsplit(self.path).query)):
            whole = f"{self._path.rstrip('/')}/"
            names = [name for name in self.objects if name.startswith(whole + asked.get("prefix", [""])[0])]
            listed = "".join(f"<Contents><Key>{name.removeprefix(whole)}</Key></Contents>" for name in names)
            self._answer(
                200, f"<ListBucketResult><KeyCount>{len(names)}</KeyCount>{listed}</ListBucketResult>".encode()
            )
        elif (found := self.objects.get(self._path)) is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif span := self.headers.get("Range"):
            first, _, last = span.removeprefix("bytes=").partition("-")
            end = int(last) if last else len(found) - 1
            self._answer(206, found[int(first) : end + 1], Content_Range=f"bytes {first}-{end}/{len(found)}")
        else:
            self._answer(200, found)


@contextmanager
def bucket() -> Iterator[str]:
    """A bucket of its own; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    Bucket.objects.clear()
    Bucket.keys.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/bucket"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
