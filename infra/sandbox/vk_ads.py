"""The VK Ads API: its calls under ``/api/v2/``."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug import Request, Response

from sandbox.regions import regions_reply
from sandbox.replies import auth_error, field_error, json_reply, nested_error
from sandbox.source import Source
from sandbox.tokens import Tokens
from sandbox.vk_limits import RateLimits
from sandbox.vk_lists import list_reply
from sandbox.vk_statistics import UNKNOWN_ID, statistics_reply

# Key of the WSGI environment: whose account is answered with in place of the token's.
MISTAKEN_FOR = "sandbox.mistaken_for"
_USER = {"currency": "RUB", "status": "active", "types": ["advertiser"]}


def bearer(request: Request) -> str | None:
    """Return the bearer token that a call presents."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class VkAds:
    """The calls. Each returns its reply or raises :class:`sandbox.replies.VkError`."""

    def __init__(self, sources: Mapping[str, Source], tokens: Tokens, limits: RateLimits) -> None:
        """Serve each account, by its login, to the holders of its tokens."""
        self._sources = sources
        self._tokens = tokens
        self._limits = limits

    def token(self, request: Request) -> Response:
        """Answer ``oauth2/token.json``."""
        return json_reply(self._tokens.grant(request.form))

    def delete_tokens(self, request: Request) -> Response:
        """Answer ``oauth2/token/delete.json``."""
        self._tokens.delete(request.form)
        return Response(status=204)

    def user(self, request: Request) -> Response:
        """Answer ``user.json``."""
        login = self._login(request)
        known = {"id": self._sources[login].account_id, "username": login, **_USER}
        names = request.args.get("fields", ",".join(known)).split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            msg = "fields"
            raise field_error(msg, "unallowed_value", f"Unknown fields: {', '.join(unknown)}")
        return json_reply({name: known[name] for name in names})

    def throttling(self, request: Request) -> Response:
        """Answer ``throttling.json``."""
        self._login(request)
        return json_reply(self._limits.throttling())

    def regions(self, request: Request) -> Response:
        """Answer ``regions.json``."""
        self._login(request)
        return json_reply(regions_reply(request.headers.get("Accept-Language", "")))

    def page(self, request: Request, resource: str) -> Response:
        """Answer one of the lists."""
        return json_reply(list_reply(self._authorized(request).listed, resource, request.args))

    def statistics(self, request: Request, resource: str, period: str) -> Response:
        """Answer ``statistics/<resource>/<period>.json``."""
        source = self._authorized(request)
        if resource not in UNKNOWN_ID or period not in ("day", "summary"):
            raise nested_error(404, "ERR_WRONG_RESOURCE", f"No statistics {resource}/{period}")
        return json_reply(statistics_reply(source, resource, period, request.args))

    def _authorized(self, request: Request) -> Source:
        return self._sources[self._login(request)]

    def _login(self, request: Request) -> str:
        token = bearer(request)
        if token is None:
            msg = "invalid_token"
            raise auth_error(msg, "No access token given")
        self._tokens.check(token)
        mistaken: str | None = request.environ.get(MISTAKEN_FOR)
        return mistaken or self._tokens.login(token)
