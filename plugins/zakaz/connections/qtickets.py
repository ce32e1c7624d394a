"""The hook for the connection `qtickets_default`: a client for each of its organisers."""

from functools import partial
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from zakaz.connections.api import base_url_of, extra_of, json_api
from zakaz.errors import InvalidInput
from zakaz.sources.http import is_token
from zakaz.sources.qtickets import PASSWORD, QTicketsClient, refused
from zakaz.texts import LONGEST_NAME, is_name

CONNECTION = "qtickets_default"
DEFAULT_BASE_URL = "https://qtickets.ru"


class QTicketsHook(BaseHook):
    """QTickets.

    ======================== ======================================================================
    Field                    Meaning
    ======================== ======================================================================
    host                     base URL with scheme and port, default https://qtickets.ru
    password                 API token, from the organiser's cabinet: Settings, Main, at the bottom
    extra `organiser_tokens` further organisers, or all of them: the API token of each, by a name
                             for it. Airflow hides what is under a name with `token` in it.
    ======================== ======================================================================

    :param qtickets_conn_id: the connection.
    """

    conn_name_attr = "qtickets_conn_id"
    default_conn_name = CONNECTION
    conn_type = "qtickets"
    hook_name = "QTickets"

    def __init__(self, qtickets_conn_id: str = CONNECTION) -> None:
        super().__init__()
        self._conn_id = qtickets_conn_id

    def is_set_up(self) -> bool:
        """Whether the connection exists."""
        try:
            self.get_connection(self._conn_id)
        except AirflowNotFoundException:
            return False
        return True

    def get_conn(self) -> list[QTicketsClient]:
        """A client for each organiser of the connection, that of the password first.

        :raises InvalidInput: the connection has no token, its host is not a URL, its extra is not an object, or
            `organiser_tokens` does not give each of several names a token of its own.
        """
        connection = self.get_connection(self._conn_id)
        base_url = base_url_of(connection, DEFAULT_BASE_URL)
        tokens = self._tokens(connection)
        mask_secret(list(tokens.values()))
        return [
            QTicketsClient(json_api("QTickets", base_url, partial(refused, place=_place(name))), token, name)
            for name, token in tokens.items()
        ]

    def _tokens(self, connection: Any) -> dict[str, str]:
        """The token of each organiser by its name, which that of the password has not."""
        named = extra_of(connection).get("organiser_tokens")
        tokens = {"": connection.password} if connection.password or named is None else {}
        if named is not None:
            tokens |= self._named(named)
        for name, token in tokens.items():
            if not is_token(token):
                raise InvalidInput(
                    f"connection {self._conn_id}: put the API token of QTickets into {_place(name)}: one word without "
                    "spaces, from the cabinet, Settings, Main, at the bottom"
                )
        if len(set(tokens.values())) < len(tokens):
            raise InvalidInput(
                f"connection {self._conn_id}: {', '.join(map(_place, tokens))}: two of them have the same token (not "
                "shown), and its sales would count twice: give each organiser its own"
            )
        return tokens

    def _named(self, named: Any) -> dict[str, Any]:
        if not isinstance(named, dict) or not named:
            raise InvalidInput(
                f"connection {self._conn_id}: organiser_tokens in its extra (not shown) must be an object with an API "
                'token for each name of an organiser: {"kazan": "TOKEN"}'
            )
        for name in named:
            if not is_name(name):
                raise InvalidInput(
                    f"connection {self._conn_id}: organiser_tokens in its extra: {name!r} is no name: write 1 to "
                    f"{LONGEST_NAME} printable characters, without blanks around them, e.g. kazan"
                )
        return named


def _place(organiser: str) -> str:
    """Where the token of an organiser is written."""
    return f"extra.organiser_tokens.{organiser}" if organiser else PASSWORD
