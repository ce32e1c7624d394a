"""One HTTP API: time-outs always, retries only for what may heal, JSON checked for being whole."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests
import tenacity
from requests.adapters import HTTPAdapter

from zakaz.errors import SourceUnavailable
from zakaz.sources.vk_rate_limits import LONGEST_PAUSE_SECONDS, RateBudget

LONGEST_SAID = 2000
MOST_CONNECTIONS = 16


@dataclass(frozen=True)
class Answer:
    """What an API answered.

    :param content: the body as it came.
    :param body: the same as read, decimals as Decimal and never float; None where it was not to be read.
    :param said: the beginning of it, fit for a message.
    """

    status: int
    content: bytes
    body: Any
    said: str
    received_at: datetime


class JsonApi:
    """Requests to one API.

    :param name: what people call it, for messages.
    :param base_url: scheme, host and port.
    :param refuse: called for an answer of 400 to 499 with what was asked, the answer and its headers; raises the API's
        own error.
    :param timeout_seconds: wait for one answer.
    :param attempts: tries of one request, the first included.
    :param pause_seconds: pause before the second try; it doubles with each further one, up to a minute. A pause that
        the API asks for goes first, if it is no longer than that.
    :param budget: the rate limits, shared by all who call as the same user.
    :param when_down: what to do when nothing answers at the address; ends the message.
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
        """Have threads that still ask give up after the try under way: nobody waits for them any more."""
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
        check: Callable[[Any], object] | None = None,
        read: bool = True,
        attempts: int | None = None,
        secret: bool = False,
    ) -> Answer:
        """Ask, again and again where that may help. Several threads may.

        :param path: below the base URL, with its leading slash.
        :param form: body as a form; neither it nor what comes back is shown in a message.
        :param document: body as JSON, also of a GET.
        :param check: reads from the body what must be there; a failure makes the answer an unusable one.
        :param read: False for a long answer that somebody else reads: only its two ends are looked at.
        :param attempts: fewer tries, for a request that leaves something behind each time.
        :param secret: what comes back is never shown in a message: it may hold secrets or personal data.
        :raises SourceUnavailable: no usable answer after all tries; the message names the last cause.
        :raises SourceRefused: the API refused (by `refuse`).
        """
        retrying = self._retrying
        if attempts is not None:
            retrying = retrying.copy(stop=self._tries(attempts))
        sent = {"params": params, "data": form, "json": document, "headers": headers}
        return retrying(self._ask, method, path, sent, check, read, secret)

    def _ask(
        self,
        method: str,
        path: str,
        sent: Mapping[str, Any],
        check: Callable[[Any], object] | None,
        read: bool,
        secret: bool,
    ) -> Answer:
        what = f"{self.name}: {method} {self.base_url}{path}"
        response = self._response(what, method, path, sent)
        beginning = response.content[:LONGEST_SAID].decode(errors="replace")
        said = "(not shown: it may hold a secret)" if secret or sent["data"] else short(beginning)
        if response.status_code >= 500:
            raise SourceUnavailable(f"{what}: HTTP {response.status_code}: {said}")
        refused = response.status_code >= 400
        body = self._read(what, response, said) if read or refused else self._looked_at(what, response, said)
        answer = Answer(response.status_code, response.content, body, said, datetime.now(UTC))
        if refused:
            self._refused(what, path, answer, response.headers)
        try:
            if check is not None:
                check(answer.body)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            raise SourceUnavailable(f"{what}: a reply without what must be in it: {said}") from None
        return answer

    def _response(self, what: str, method: str, path: str, sent: Mapping[str, Any]) -> requests.Response:
        try:
            with self._budget.call(path) as heard:
                response = self._session.request(method, self.base_url + path, timeout=self._timeout, **sent)
                heard(response.headers)
                return response
        except requests.Timeout:
            raise SourceUnavailable(f"{what}: no answer within {self._timeout:g} s") from None
        except requests.RequestException as error:
            # The text of a connection error holds the address and nothing of the request.
            cause = getattr(error.args[0], "reason", error) if error.args else error
            raise SourceUnavailable(
                f"{what}: can't connect or lost the connection ({short(cause)}){self._when_down}"
            ) from None

    def _refused(self, what: str, path: str, answer: Answer, headers: Mapping[str, str]) -> None:
        try:
            self._refuse(what, answer, headers)
        except SourceUnavailable as error:
            if error.retry_after:
                self._budget.closed(path, error.retry_after)
            raise
        raise SourceUnavailable(f"{what}: HTTP {answer.status}: {answer.said}")

    @classmethod
    def _read(cls, what: str, response: requests.Response, said: str) -> Any:
        try:
            return json.loads(response.content, parse_float=Decimal)
        except ValueError:
            if response.status_code >= 400:
                return None  # an error page; its status says enough
            raise cls._not_whole(what, response, said) from None

    @classmethod
    def _looked_at(cls, what: str, response: requests.Response, said: str) -> None:
        content = response.content.strip()
        if not (content.startswith(b"{") and content.endswith(b"}")):
            raise cls._not_whole(what, response, said)

    @staticmethod
    def _not_whole(what: str, response: requests.Response, said: str) -> SourceUnavailable:
        kind = response.headers.get("Content-Type", "no content type")
        return SourceUnavailable(
            f"{what}: HTTP {response.status_code} with {len(response.content)} bytes of {kind} that are no whole "
            f"JSON: {said}"
        )


def _may_heal(error: BaseException) -> bool:
    """A pause longer than ours means: not today."""
    return isinstance(error, SourceUnavailable) and (error.retry_after or 0) <= LONGEST_PAUSE_SECONDS


def _asked_pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return (error.retry_after or 0) if isinstance(error, SourceUnavailable) else 0


def short(value: object, limit: int = 160) -> str:
    """The beginning of a text, on one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
