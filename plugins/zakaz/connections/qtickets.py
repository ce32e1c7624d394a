"""The hook for the connection `qtickets_default`."""

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from zakaz.connections.api import base_url_of, json_api
from zakaz.errors import InvalidInput
from zakaz.sources.http import is_token
from zakaz.sources.qtickets import QTicketsClient, refused

CONNECTION = "qtickets_default"
DEFAULT_BASE_URL = "https://qtickets.ru"


class QTicketsHook(BaseHook):
    """QTickets.

    ========== ====================================================================================
    Field      Meaning
    ========== ====================================================================================
    host       base URL with scheme and port, default https://qtickets.ru
    password   API token, from the organiser's cabinet: Settings, Main, at the bottom
    ========== ====================================================================================

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

    def get_conn(self) -> QTicketsClient:
        """A client.

        :raises InvalidInput: the connection has no token, or its host is not a URL.
        """
        connection = self.get_connection(self._conn_id)
        base_url = base_url_of(connection, DEFAULT_BASE_URL)
        token = connection.password
        if not is_token(token):
            raise InvalidInput(
                f"connection {self._conn_id}: put the API token of QTickets into password: one word without spaces, "
                "from the cabinet, Settings, Main, at the bottom"
            )
        mask_secret(token)
        return QTicketsClient(json_api("QTickets", base_url, refused), token)
