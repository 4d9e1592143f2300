"""Places of this process under one limit of model calls: its share, and what of it is taken."""

import asyncio
from collections import deque

from roadmaps.llm import transport
from roadmaps.llm.limits.shares import Report, Shares

USUAL_SECONDS = 0.25  # of a call, until one has ended
WEIGHT = 0.2  # of the latest call in what is usual


class Places:
    """Places under a limit that all processes share.

    The place of a refused call rests for as long as an answer would have taken it. Otherwise a
    provider that takes four at once would refuse, in the fifth place, one call after the other,
    and each would have used up an attempt.
    """

    def __init__(self, shares: Shares) -> None:
        self.shares = shares
        self.running = self.share = 0
        self._rests: deque[float] = deque()  # when each ends; looked at when the share is settled
        self._paused_until = 0.0
        self._usual_seconds = USUAL_SECONDS
        self._report = Report(0, 0)

    def pause(self) -> float:
        """Seconds until calls may begin, when the provider takes none at all; 0 otherwise."""
        return max(0.0, self._paused_until - now())

    def have_room(self) -> bool:
        return self.running + len(self._rests) < self.share and self.pause() == 0

    def have_what_was_asked_for(self) -> bool:
        return self.share >= self._report.demand

    def have_nothing_to_report(self) -> bool:
        report = self._report
        return report.demand == report.succeeded == report.refused == 0

    def succeeded(self, seconds: float) -> None:
        self._report.succeeded += 1
        self._usual_seconds += WEIGHT * (seconds - self._usual_seconds)

    def refused(self, seconds: float, retry_after: float) -> None:
        """A call was refused after `seconds`, and may be sent again after `retry_after`."""
        self._report.refused += 1
        wanted = min(retry_after, transport.BACKOFF_MAX_SECONDS)
        self._report.pause_seconds = max(self._report.pause_seconds, wanted)
        self._rests.append(now() + self._usual_seconds - seconds)

    async def settle(self, demand: int) -> None:
        """Report the calls that run, wait and have ended; demand 0 gives the share back."""
        report, resting = self._report, len(self._rests)
        report.demand, report.running = demand, self.running
        if demand == 0:
            self.share = 0  # before it is given back, or a call could begin meanwhile
        self._report = Report(demand, self.running)
        allotment = await self.shares.settle(report)
        self.share = allotment.calls
        self._paused_until = now() + allotment.pause_seconds

        # Those refused meanwhile rest until the next time in any case.
        earlier = [self._rests.popleft() for _ in range(resting)]
        still = sorted((end for end in earlier if end > now()), reverse=True)
        # No more than half, or nothing would begin for the time of a whole answer.
        self._rests.extend(still[: self.share // 2])


def now() -> float:
    return asyncio.get_running_loop().time()
