"""What a load reports to the registry, and to those who watch."""

from typing import NamedTuple

from zakaz.errors import SourceIncomplete
from zakaz.registry.restatements import Restatement


class Loaded(NamedTuple):
    """What a load did.

    :param rows_read: rows that a source gave.
    :param rows_written: rows that stand in the staging because of them.
    :param refused: objects that the source refused to tell of; their old rows stay.
    :param restatements: sums of days loaded before that changed.
    """

    rows_read: int
    rows_written: int
    refused: tuple[str, ...] = ()
    restatements: tuple[Restatement, ...] = ()

    def require_complete(self) -> None:
        """End a load that is sound but not whole.

        :raises SourceIncomplete: the source refused some objects; they are named.
        """
        if self.refused:
            raise SourceIncomplete(
                f"{self.rows_written} rows are loaded, but the source refused {len(self.refused)} objects, whose old "
                f"rows stay: {', '.join(self.refused[:20])}. See in its cabinet what is special about them"
            )
