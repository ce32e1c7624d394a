"""One HTTP API: time-outs always, retries only for what may heal, JSON checked for being whole."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests
import tenacity

from zakaz.errors import SourceUnavailable

LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What an API answered: the body as it came, and as read (decimals as Decimal, never float)."""

    status: int
    text: str
    body: Any
    received_at: datetime


class JsonApi:
    """Requests to one API.

    :param name: what people call it, for messages.
    :param base_url: scheme, host and port.
    :param refuse: called for an answer of 400 to 499 with what was asked, the answer and its headers; raises the API's
        own error. Its `text` is already fit for a message.
    :param timeout_seconds: wait for one answer.
    :param attempts: tries of one request, the first included.
    :param pause_seconds: pause before the second try; it doubles with each further one, up to a minute. A pause that
        the API asks for goes first, if it is no longer than that.
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
        when_down: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._refuse = refuse
        self._timeout = timeout_seconds
        self._when_down = when_down
        self._session = requests.Session()
        growing = tenacity.wait_exponential(multiplier=pause_seconds, max=LONGEST_PAUSE_SECONDS)
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_heal),
            wait=lambda state: max(growing(state), _asked_pause(state)),
            stop=tenacity.stop_after_attempt(attempts),
            sleep=sleep,
            reraise=True,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[Any], object] | None = None,
        attempts: int | None = None,
    ) -> Answer:
        """Ask, again and again where that may help.

        :param path: below the base URL, with its leading slash.
        :param form: body as a form; neither it nor what comes back is shown in a message.
        :param check: reads from the body what must be there; a failure makes the answer an unusable one.
        :param attempts: fewer tries, for a request that leaves something behind each time.
        :raises SourceUnavailable: no usable answer after all tries; the message names the last cause.
        :raises SourceRefused: the API refused (by `refuse`).
        """
        retrying = self._retrying
        if attempts is not None:
            retrying = retrying.copy(stop=tenacity.stop_after_attempt(attempts))
        return retrying(self._ask, method, path, params, form, headers, check)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        form: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        check: Callable[[Any], object] | None,
    ) -> Answer:
        what = f"{self.name}: {method} {self.base_url}{path}"
        try:
            response = self._session.request(
                method, self.base_url + path, params=params, data=form, headers=headers, timeout=self._timeout
            )
        except requests.Timeout:
            raise SourceUnavailable(f"{what}: no answer within {self._timeout:g} s") from None
        except requests.RequestException as error:
            # The text of a connection error holds the address and nothing of the request.
            cause = getattr(error.args[0], "reason", error) if error.args else error
            raise SourceUnavailable(
                f"{what}: can't connect or lost the connection ({short(cause)}){self._when_down}"
            ) from None
        said = "(not shown: it may hold a secret)" if form else short(response.text)
        if response.status_code >= 500:
            raise SourceUnavailable(f"{what}: HTTP {response.status_code}: {said}")
        answer = Answer(response.status_code, response.text, self._read(what, response, said), datetime.now(UTC))
        if answer.status >= 400:
            self._refuse(what, replace(answer, text=said), response.headers)
            raise SourceUnavailable(f"{what}: HTTP {answer.status}: {said}")
        try:
            if check is not None:
                check(answer.body)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            raise SourceUnavailable(f"{what}: a reply without what must be in it: {said}") from None
        return answer

    @staticmethod
    def _read(what: str, response: requests.Response, said: str) -> Any:
        try:
            return json.loads(response.text, parse_float=Decimal)
        except ValueError:
            if response.status_code >= 400:
                return None  # an error page; its status says enough
            kind = response.headers.get("Content-Type", "no content type")
            raise SourceUnavailable(
                f"{what}: HTTP {response.status_code} with {len(response.content)} bytes of {kind} that are no whole "
                f"JSON: {said}"
            ) from None


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
