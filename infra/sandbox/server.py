"""The sandbox as a server in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.app import Application
from sandbox.cities import CITIES
from sandbox.core import Core
from sandbox.days import moscow_today

HOST = "127.0.0.1"
DEFAULT_ADS = 30
_POLL = 0.02  # seconds; how soon a stop is noticed


class _QuietHandler(WSGIRequestHandler):
    """Serve without an access log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: stdout belongs to the Telegram messages."""


class Sandbox(Core):
    """Stand-ins for VK Ads, QTickets and the Telegram Bot API on loopback.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        state_dir: Path | str,
        ads: int = DEFAULT_ADS,
        cities: int = len(CITIES),
        events_a_day: int | None = None,
        port: int = 0,
        today: Callable[[], date] = moscow_today,
        latency_ms: int = 0,
        rps: int | None = None,
    ) -> None:
        """Prepare everything but the port.

        :param seed: seed of all figures.
        :param state_dir: folder for ``telegram.jsonl``; made if absent.
        :param ads: number of ads.
        :param cities: cities of the account's campaigns and of the events.
        :param events_a_day: events that sell on a day; ``None`` picks 10 to 14 of events and channels.
        :param port: TCP port; 0 picks a free one.
        :param today: the present Moscow day; later days have no figures.
        :param latency_ms: how long each answer of VK Ads and of QTickets takes, in milliseconds.
        :param rps: calls of one method that VK Ads answers in one calendar second; ``None`` is any number.
        :raises ValueError: a number is out of range.
        """
        super().__init__(
            seed=seed,
            state_dir=state_dir,
            ads=ads,
            cities=cities,
            events_a_day=events_a_day,
            today=today,
            latency_ms=latency_ms,
            rps=rps,
        )
        if not 0 <= port <= 65_535:
            msg = f"port {port} is out of range, allowed: 0 to 65535"
            raise ValueError(msg)
        self.port = port
        self._application: Application | None = None
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return the base URL, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Listen and serve from now on; after a stop on the same port, with everything as it was.

        :raises OSError: the port is taken.
        """
        self._application = Application(self)
        # werkzeug ends the process with a page of advice when a port is taken, so the port is opened here.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, self.port))
                listener.listen()
            except OSError as error:
                msg = f"cannot listen on port {self.port}: {error.strerror}"
                raise OSError(msg) from error
            self.port = listener.getsockname()[1]
            self._server = make_server(
                HOST,
                self.port,
                self._application,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listener.fileno(),
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": _POLL}, name="sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving. Calls that a timeout holds are let go."""
        if self._application is not None:
            self._application.stop()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._application = self._server = self._thread = None

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.stop()
