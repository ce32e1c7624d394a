"""The VK Ads API: its calls under ``/api/v2/``."""

from __future__ import annotations

from werkzeug import Request, Response

from sandbox import vk_limits
from sandbox.replies import auth_error, field_error, json_reply, nested_error
from sandbox.source import ACCOUNT_ID, Source
from sandbox.tokens import Tokens
from sandbox.vk_lists import list_reply
from sandbox.vk_statistics import UNKNOWN_ID, statistics_reply

_USER = {
    "id": ACCOUNT_ID,
    "username": "sandbox_account@vk",
    "currency": "RUB",
    "status": "active",
    "types": ["advertiser"],
}


def bearer(request: Request) -> str | None:
    """Return the bearer token that a call presents."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class VkAds:
    """The calls. Each returns its reply or raises :class:`sandbox.replies.VkError`."""

    def __init__(self, source: Source, tokens: Tokens) -> None:
        """Serve an account to the holders of its tokens."""
        self._source = source
        self._tokens = tokens

    def token(self, request: Request) -> Response:
        """Answer ``oauth2/token.json``."""
        return json_reply(self._tokens.grant(request.form))

    def delete_tokens(self, request: Request) -> Response:
        """Answer ``oauth2/token/delete.json``."""
        self._tokens.delete(request.form)
        return Response(status=204)

    def user(self, request: Request) -> Response:
        """Answer ``user.json``."""
        self._authorize(request)
        names = request.args.get("fields", ",".join(_USER)).split(",")
        unknown = [name for name in names if name not in _USER]
        if unknown:
            msg = "fields"
            raise field_error(msg, "unallowed_value", f"Unknown fields: {', '.join(unknown)}")
        return json_reply({name: _USER[name] for name in names})

    def throttling(self, request: Request) -> Response:
        """Answer ``throttling.json``."""
        self._authorize(request)
        return json_reply(vk_limits.throttling())

    def page(self, request: Request, resource: str) -> Response:
        """Answer one of the lists."""
        self._authorize(request)
        return json_reply(list_reply(self._source.catalog, resource, request.args))

    def statistics(self, request: Request, resource: str, period: str) -> Response:
        """Answer ``statistics/<resource>/<period>.json``."""
        self._authorize(request)
        if resource not in UNKNOWN_ID or period not in ("day", "summary"):
            raise nested_error(404, "ERR_WRONG_RESOURCE", f"No statistics {resource}/{period}")
        return json_reply(statistics_reply(self._source, resource, period, request.args))

    def _authorize(self, request: Request) -> None:
        token = bearer(request)
        if token is None:
            msg = "invalid_token"
            raise auth_error(msg, "No access token given")
        self._tokens.check(token)
