"""Loads the accounts of a source one by one: one that fails keeps none of the others from being loaded."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from zakaz.errors import SourceUnavailable, WarehouseUnavailable, ZakazError

Client = TypeVar("Client")
Loaded = TypeVar("Loaded")


def load_each(
    clients: Sequence[Client], load: Callable[[Client], Loaded], name: Callable[[Client], str]
) -> tuple[dict[str, Loaded], dict[str, ZakazError]]:
    """Load each account by itself.

    :param clients: one per account.
    :param load: loads one account.
    :param name: of an account, for people; each has another. It may be better known after the load than before.
    :returns: what `load` returned, and the error of each account that failed, by name.
    :raises ZakazError: the only account failed.
    """
    loaded, failed, unanswered = dict[str, Loaded](), dict[str, ZakazError](), 0
    for client in clients:
        if unanswered > 1:
            failed[name(client)] = SourceUnavailable("not asked, since the two before it got no answer")
            continue
        try:
            result = load(client)
        except ZakazError as error:
            if len(clients) == 1:
                raise
            failed[name(client)] = error
            unanswered = unanswered + 1 if _is_silence(error) else 0
        else:
            unanswered = 0
            loaded[name(client)] = result
    return loaded, failed


def _is_silence(error: ZakazError) -> bool:
    """Whether the other accounts may fail alike: each takes minutes then, of the 15 that the task has.

    Whatever a source answers about one account, however odd, says nothing about the others.
    """
    return isinstance(error, WarehouseUnavailable) or (isinstance(error, SourceUnavailable) and not error.is_reached)
