"""How replies are written down: JSON, and the error shapes of the VK Ads API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug import Response


def json_reply(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response in UTF-8."""
    return json_body(json_text(payload), status, headers)


def json_body(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return what is written as JSON already."""
    return Response(text, status=status, content_type="application/json; charset=utf-8", headers=dict(headers or {}))


def json_text(payload: object) -> str:
    """Return JSON as both APIs write it."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


class VkError(Exception):
    """A refusal of the VK Ads API.

    :param status: HTTP status.
    :param payload: the body, in one of the three shapes that the API has.
    :param headers: headers beside it.
    """

    def __init__(self, status: int, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        """Keep the parts of the reply."""
        super().__init__(payload)
        self.status = status
        self.payload = payload
        self.headers = headers

    def reply(self) -> Response:
        """Return the response that tells it."""
        return json_reply(self.payload, self.status, self.headers)


def nested_error(status: int, code: str, message: str) -> VkError:
    """Return an error in the shape of statistics and of resources."""
    return VkError(status, {"error": {"code": code, "message": message}})


def field_error(field: str, code: str, message: str) -> VkError:
    """Return a 400 that blames one parameter of a list."""
    fields = {field: {"code": code, "message": message}}
    return VkError(400, {"error": {"code": "validation_failed", "message": "Validation failed", "fields": fields}})


def auth_error(code: str, message: str) -> VkError:
    """Return a 401 in its top-level shape."""
    return VkError(
        401,
        {"code": code, "message": message},
        {"WWW-Authenticate": f'Bearer realm="api", error="{code}", error_description="{message}"'},
    )


def oauth_error(status: int, code: str, description: str) -> VkError:
    """Return an error in the flat shape of OAuth."""
    return VkError(status, {"error": code, "error_description": description})
