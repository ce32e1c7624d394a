"""An HTTP client for JSON APIs: timeouts, retries of transient failures, and a check that replies are complete."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

import requests
import tenacity
from requests.adapters import HTTPAdapter

from zakaz.errors import SourceUnavailable
from zakaz.sources.json_reply import Unreadable, read_json
from zakaz.sources.vk_rate_limits import LONGEST_PAUSE_SECONDS, RateBudget

LONGEST_EXCERPT = 2000
HIDDEN = "(not shown: it may hold a secret)"
MOST_CONNECTIONS = 16
TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Answer:
    """An API's answer.

    :param content: the raw body.
    :param body: what was read from it; None for an error page.
    :param excerpt: the beginning of the body, safe to show in a message.
    """

    status: int
    content: bytes
    body: Any
    excerpt: str
    received_at: datetime


class JsonApi:
    """A client for one API.

    :param name: the API's name in messages.
    :param base_url: scheme, host and port.
    :param refuse: called for a status of 400 to 499 with the request (as text), the answer and its headers; raises the
        API's own error.
    :param timeout_seconds: timeout of one try.
    :param attempts: tries per request, including the first.
    :param pause_seconds: pause before the second try; it doubles each time, up to a minute. A longer pause that the API
        asks for takes precedence, up to a minute as well.
    :param budget: the rate limits, shared by all clients of the same API user.
    :param when_down: advice for when nothing answers at the address; ends the message.
    :param sleep: for tests.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        refuse: Callable[[str, Answer, Mapping[str, str]], None],
        timeout_seconds: float = 60,
        attempts: int = 6,
        pause_seconds: float = 2,
        budget: RateBudget | None = None,
        when_down: str = "",
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._refuse = refuse
        self._timeout = timeout_seconds
        self._budget = budget or RateBudget()
        self._when_down = when_down
        self._session = requests.Session()
        self._session.mount(self.base_url, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
        self._abandoned = threading.Event()
        growing = tenacity.wait_exponential(multiplier=pause_seconds, max=LONGEST_PAUSE_SECONDS)
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_heal),
            wait=lambda state: max(growing(state), _asked_pause(state)),
            stop=self._tries(attempts),
            sleep=sleep or tenacity.sleep_using_event(self._abandoned),
            reraise=True,
        )

    def _tries(self, attempts: int) -> tenacity.stop.stop_base:
        return tenacity.stop_after_attempt(attempts) | tenacity.stop_when_event_set(self._abandoned)

    def abandon(self) -> None:
        """Make other threads give up after their current try: nobody waits for their results any more."""
        self._abandoned.set()

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        document: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        read: Callable[[bytes], Any] = read_json,
        check: Callable[[Any], object] | None = None,
        attempts: int | None = None,
        secret: bool = False,
    ) -> Answer:
        """Send a request, retrying transient failures. Thread-safe.

        :param path: path below the base URL, with its leading slash.
        :param form: body as a form; neither it nor the answer is shown in messages.
        :param document: body as JSON, also for a GET.
        :param read: reads the content; if it raises Unreadable, the answer is unusable.
        :param check: reads the required fields from what was read; if it fails, the answer is unusable. An Unreadable
            says why.
        :param attempts: fewer tries, for a request with side effects.
        :param secret: the answer may contain secrets or personal data, and is never shown in messages.
        :raises SourceUnavailable: no usable answer after all tries; the message names the last cause.
        :raises SourceRefused: the API refused (raised by `refuse`).
        """
        retrying = self._retrying
        if attempts is not None:
            retrying = retrying.copy(stop=self._tries(attempts))
        sent = {"params": params, "data": form, "json": document, "headers": headers}
        return retrying(self._ask, method, path, sent, read, check, secret)

    def _ask(
        self,
        method: str,
        path: str,
        sent: Mapping[str, Any],
        read: Callable[[bytes], Any],
        check: Callable[[Any], object] | None,
        secret: bool,
    ) -> Answer:
        what = f"{self.name}: {method} {self.base_url}{path}"
        response = self._response(what, method, path, sent)
        hidden = secret or bool(sent["data"])
        excerpt = HIDDEN if hidden else short(response.content[:LONGEST_EXCERPT].decode(errors="replace"))
        if response.status_code >= 500:
            raise SourceUnavailable(f"{what}: HTTP {response.status_code}: {excerpt}", is_reached=False)
        refused = response.status_code >= 400
        try:
            body = (read_json if refused else read)(response.content)
        except Unreadable as error:
            if not refused:
                kind = response.headers.get("Content-Type", "no content type")
                raise SourceUnavailable(
                    f"{what}: HTTP {response.status_code} with {len(response.content)} bytes of {kind} that can't be "
                    f"read: {error}: {excerpt}"
                ) from None
            body = None  # an error page; its status says enough
        answer = Answer(response.status_code, response.content, body, excerpt, datetime.now(UTC))
        if refused:
            self._refused(what, path, answer, response.headers)
        try:
            if check is not None:
                check(answer.body)
        except Unreadable as error:
            raise SourceUnavailable(f"{what}: a reply without the required fields: {error}: {excerpt}") from None
        except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError):
            raise SourceUnavailable(f"{what}: a reply without the required fields: {excerpt}") from None
        return answer

    def _response(self, what: str, method: str, path: str, sent: Mapping[str, Any]) -> requests.Response:
        try:
            with self._budget.call(path) as report_headers:
                response = self._session.request(method, self.base_url + path, timeout=self._timeout, **sent)
                report_headers(response.headers)
                return response
        except requests.Timeout:
            raise SourceUnavailable(f"{what}: no answer within {self._timeout:g} s", is_reached=False) from None
        except (requests.RequestException, ValueError) as error:
            # The text of a connection error contains the address, but nothing of the request. What is said of a request
            # that can't be sent quotes it, with its token.
            cause = getattr(error.args[0], "reason", error) if error.args else error
            cause = type(error).__name__ if isinstance(error, ValueError) else cause
            raise SourceUnavailable(
                f"{what}: can't connect or lost the connection ({short(cause)}){self._when_down}", is_reached=False
            ) from None

    def _refused(self, what: str, path: str, answer: Answer, headers: Mapping[str, str]) -> None:
        try:
            self._refuse(what, answer, headers)
        except SourceUnavailable as error:
            if error.retry_after:
                self._budget.closed(path, error.retry_after)
            raise
        raise SourceUnavailable(f"{what}: HTTP {answer.status}: {answer.excerpt}")


def is_token(value: object) -> TypeGuard[str]:
    """Whether a header can carry it as a secret: one word of visible ASCII."""
    return isinstance(value, str) and TOKEN.fullmatch(value) is not None


def _may_heal(error: BaseException) -> bool:
    """Whether to retry; not if the API asks for a longer pause than our longest."""
    return isinstance(error, SourceUnavailable) and (error.retry_after or 0) <= LONGEST_PAUSE_SECONDS


def _asked_pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return (error.retry_after or 0) if isinstance(error, SourceUnavailable) else 0


def short(value: object, limit: int = 160) -> str:
    """The beginning of a text, on one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
