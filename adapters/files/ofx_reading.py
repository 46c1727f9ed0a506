"""What is known while one OFX statement is read, and what reading it leaves behind."""

from dataclasses import dataclass, field

from adapters.files.ofx_securities import Securities
from adapters.files.ofx_tree import Node
from domain.ports.brokerage import Notes
from domain.ports.statements import Skipped


@dataclass(slots=True)
class Reading:
    securities: Securities
    currency: str
    notes: Notes
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, row: Node, reason: str) -> None:
        self.skipped.append(Skipped(row.line, reason))

    def note_unknown(self, row: Node, known: frozenset[str]) -> None:
        """Count the elements that nobody knows. Names with a dot are private (INTU.BID): passed over."""
        unknown = (node.tag[:48] for node in row.walk() if node.tag not in known)
        self.notes.fields.update(f"{row.tag}.{tag}" for tag in unknown if "." not in tag)
