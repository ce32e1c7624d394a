"""The result of a load, for the run registry and alerts."""

from typing import NamedTuple

from zakaz.errors import SourceIncomplete
from zakaz.registry.quality import Finding
from zakaz.registry.restatements import Restatement


class LoadResult(NamedTuple):
    """The result of a load.

    :param rows_read: rows received from the source.
    :param rows_written: live rows that the load wrote into the staging.
    :param refused: objects that the source refused to serve (their old rows stay), or that can't be read.
    :param restatements: changed sums of days that had been loaded before.
    :param findings: warnings about what is loaded, and what was looked at without one.
    """

    rows_read: int
    rows_written: int
    refused: tuple[str, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    findings: tuple[Finding, ...] = ()

    def require_complete(self) -> None:
        """Fail a load that is valid but incomplete.

        :raises SourceIncomplete: some objects are left out; the message names the first 20.
        """
        if self.refused:
            raise SourceIncomplete(
                f"{self.rows_written} rows are loaded, but {len(self.refused)} objects of the source are left out: "
                f"{'; '.join(self.refused[:20])}. Check in the source's cabinet what is special about them"
            )
