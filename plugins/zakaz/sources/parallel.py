"""Several calls at a time, with their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(
    call: Callable[[Job], Result], jobs: Iterable[Job], parallel: int, abandon: Callable[[], None]
) -> Iterator[Result]:
    """Run a call per job concurrently, and yield the results in the order of the jobs.

    Jobs are consumed lazily; at most `parallel` calls and results are pending.

    :param abandon: called after an error, or if the caller stops early, so that no call continues unattended.
    """
    pool = ThreadPoolExecutor(parallel, thread_name_prefix="source")
    waiting = deque[Future[Result]]()
    try:
        for job in jobs:
            waiting.append(pool.submit(call, job))
            if len(waiting) >= parallel:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BaseException:
        abandon()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
