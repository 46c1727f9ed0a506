"""Runs that kill whoever takes them up: known by what their log lacks, kept apart, and put aside at last.

A run whose process died is taken up again, which is right, unless the run itself is what kills: then each
attempt costs a process and the syncs beside it. Those are suspected as well, at first; but once each is
tried again at another moment, they get on, and the one that kills does not.
"""

from collections.abc import Sequence

from domain.brokerages import Dataset
from domain.syncs import Progress, ProgressKind, RunState

# So often a run is taken up again at once, although nothing came of it.
AT_ONCE = 2
# After so many attempts it is a dead letter: an operator has to look at it.
MOST_IN_VAIN = 6
# How many messages tell that: an attempt leaves at most three before it stores anything it found.
LOOK_BACK = 4 * MOST_IN_VAIN


def attempts_in_vain(log: Sequence[Progress]) -> int:
    """How often a run was taken up since it last stored anything but the list of accounts. `log` is the end
    of its messages, the newest last."""
    count = 0
    for message in reversed(log):
        if message.kind is not ProgressKind.PROGRESS:
            break
        if message.result is not None:
            if message.result.dataset is not Dataset.ACCOUNTS or message.state is not RunState.RUNNING:
                break
        elif message.state is RunState.RUNNING:
            count += 1
    return count
