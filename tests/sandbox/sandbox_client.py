"""Calls to a running sandbox."""

from __future__ import annotations

from datetime import date

import requests

from sandbox import ACCESS_TOKEN, BOT_TOKEN, Sandbox

TODAY = date(2026, 11, 23)


class Client:
    """Calls over a real socket, with short names."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = ACCESS_TOKEN

    def vk(self, path: str, **query: object) -> requests.Response:
        return requests.get(
            f"{self.sandbox.url}/api/v2/{path}.json",
            params={name: str(value) for name, value in query.items()},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=5,
        )

    def day(self, resource: str, ids: object, first: date, last: date | None = None) -> requests.Response:
        return self.vk(f"statistics/{resource}/day", id=ids, date_from=first, date_to=last or first, metrics="base")

    def oauth(self, path: str = "token", **form: str) -> requests.Response:
        return requests.post(f"{self.sandbox.url}/api/v2/oauth2/{path}.json", data=form, timeout=5)

    def bot(self, method: str = "sendMessage", token: str = BOT_TOKEN, **form: str) -> requests.Response:
        return requests.post(f"{self.sandbox.url}/bot{token}/{method}", data=form, timeout=5)

    def control(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        return requests.request(method, f"{self.sandbox.url}/sandbox/{path}", json=body, params=query, timeout=5)
