"""What a read does not know is counted, and the count is bounded: the names are whatever was told."""

from collections import Counter

from brokerlink.usecases.course import FURTHER, MOST_NAMES, note
from domain.brokerages import Dataset
from domain.ports.brokerage import Notes
from domain.syncs import DatasetResult


def test_names_without_end_are_counted_together_and_none_is_lost() -> None:
    result = DatasetResult("acc_1", Dataset.TRANSACTIONS)
    for page in range(3):
        told = Counter({f"row.field{n}": 1 for n in range(page * MOST_NAMES, (page + 1) * MOST_NAMES)})
        note(result, Notes(fields=told, words=Counter({"row.field1": 2})))

    assert len(result.unknown_fields) == MOST_NAMES + 1
    assert result.unknown_fields[FURTHER] == 2 * MOST_NAMES
    assert result.unknown_words == {"row.field1": 6}
