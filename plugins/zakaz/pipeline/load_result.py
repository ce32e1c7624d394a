"""The result of a load, for the run registry and alerts."""

from collections.abc import Mapping
from typing import NamedTuple

from zakaz.errors import SourceIncomplete, TransientError, ZakazError, one_line
from zakaz.registry.quality import Finding
from zakaz.registry.restatements import Restatement

NAMED = 20
# An alert shows 500 characters of an error.
LONGEST_CAUSE = 200


class LoadResult(NamedTuple):
    """The result of a load.

    :param rows_read: rows received from the source.
    :param rows_written: live rows that the load wrote into the staging.
    :param refused: objects that the source refused to serve; their old rows stay.
    :param restatements: changed sums of days that had been loaded before.
    :param broken: objects that can't be read, each with the reason; all others are loaded.
    :param findings: warnings about what is loaded, and what was looked at without one.
    :param loaded: the names of the accounts that are loaded.
    :param failed: the error of each account that is not; its old rows stay.
    """

    rows_read: int
    rows_written: int
    refused: tuple[str, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    broken: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    loaded: tuple[str, ...] = ()
    failed: Mapping[str, ZakazError] = {}

    def require_complete(self) -> None:
        """Fail a load that is valid but incomplete.

        :raises SourceIncomplete: objects or accounts lack; the message names them and says why.
        :raises ZakazError: the same, as an error of one of the accounts: if that may heal, or if none is loaded.
        """
        lacks = []
        if self.failed:
            causes = "; ".join(f"{name}: {one_line(error, LONGEST_CAUSE)}" for name, error in self.failed.items())
            lacks.append(
                f"accounts not loaded, {len(self.failed)} of {len(self.failed) + len(self.loaded)}: "
                f"{', '.join(self.failed)}; their old rows stay. {causes}. Loaded: {', '.join(self.loaded) or 'none'}"
            )
        if self.refused:
            lacks.append(
                f"{self.rows_written} rows are loaded, but the source refused {len(self.refused)} objects, whose old "
                f"rows stay: {', '.join(self.refused[:NAMED])}. Check in the source's cabinet what is special about "
                "them"
            )
        if self.broken:
            lacks.append(
                f"{self.rows_written} rows are loaded, but {len(self.broken)} objects of the lists can't be read: "
                f"{'; '.join(self.broken[:NAMED])}. Look at them in the source's cabinet"
            )
        if lacks:
            raise self._kind()(". ".join(lacks))

    def _kind(self) -> type[ZakazError]:
        kinds = [type(error) for error in self.failed.values()]
        otherwise = SourceIncomplete if self.loaded or not kinds else kinds[0]
        return next((kind for kind in kinds if issubclass(kind, TransientError)), otherwise)
