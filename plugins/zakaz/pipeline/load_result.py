"""The result of a load, for the run registry and alerts."""

from datetime import date
from typing import NamedTuple

from zakaz.errors import SourceIncomplete
from zakaz.registry.quality import Finding
from zakaz.registry.restatements import Restatement


class LoadResult(NamedTuple):
    """The result of a load.

    :param rows_read: rows received from the source.
    :param rows_written: live rows that the load wrote into the staging.
    :param refused: objects that the source refused to serve; their old rows stay.
    :param restatements: changed sums of days that had been loaded before.
    :param broken: objects that can't be read, each with the reason; all others are loaded.
    :param findings: warnings about what is loaded, and what was looked at without one.
    :param file_days: Moscow days whose rows came from a file, until this load replaced them.
    """

    rows_read: int
    rows_written: int
    refused: tuple[str, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    broken: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    file_days: frozenset[date] = frozenset()

    def require_complete(self) -> None:
        """Fail a load that is valid but incomplete.

        :raises SourceIncomplete: the source refused some objects, or some can't be read; the message names the first
            20.
        """
        lacks = []
        if self.refused:
            lacks.append(
                f"{self.rows_written} rows are loaded, but the source refused {len(self.refused)} objects, whose old "
                f"rows stay: {', '.join(self.refused[:20])}. Check in the source's cabinet what is special about them"
            )
        if self.broken:
            lacks.append(
                f"{self.rows_written} rows are loaded, but {len(self.broken)} objects of the lists can't be read: "
                f"{'; '.join(self.broken[:20])}. Look at them in the source's cabinet"
            )
        if lacks:
            raise SourceIncomplete(". ".join(lacks))
