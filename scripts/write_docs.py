"""Writes what the documentation says of reasons, settings and brokerages, or compares it (--check).

    docs/errors.md         from domain/errors.py, rpc/errors.py and cli/reasons.py
    docs/capabilities.md   from the cards of the brokerages
    README.md              the table of settings, from brokerlink.settings.explain()

Each text comes from the table that the product itself goes by, so it cannot say anything else.
"""

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from adapters.brokerages import NAMES, card
from adapters.kit.card import Card, Door, FileFormat
from brokerlink.cli.reasons import exit_code, next_step
from brokerlink.rpc import errors as rpc
from brokerlink.settings import explain
from domain import errors as domain
from domain.brokerages import CredentialField, Dataset, DoorFacts
from domain.errors import Actor, Failure, FieldInvalid, NotFound

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ("<!-- brokerages: written by scripts/write_docs.py -->\n", "<!-- /brokerages -->")
SETTINGS = ("<!-- settings: written by scripts/write_docs.py -->\n", "<!-- /settings -->")
ROOMS = ("src/brokerlink", "adapters", "domain")
TABLES = ("domain/errors.py", "src/brokerlink/rpc/errors.py")
FAMILIES = {Failure, domain.UserMustAct, domain.CallerMustAct, domain.OperatorMustAct, domain.NobodyYet}
WHO = {
    Actor.USER: (
        "The user",
        "The person who owns the account. The failure brings a sentence to show to them.",
    ),
    Actor.CALLER: (
        "The caller",
        "The service that called. Where there is no wait, the same call fails again.",
    ),
    Actor.OPERATOR: ("The operator", "Whoever runs brokerlink."),
    Actor.BROKERAGE: ("The brokerage", "Nobody of ours. It may pass by itself; a sync waits and goes on."),
    Actor.NOBODY: ("Nobody", "It passes by itself."),
}
ERRORS_HEAD = """\
# Reasons

<!-- Written by scripts/write_docs.py; edit the tables it reads. -->

Every failure has a reason: a stable word that programs decide by. It stands in two places.

* **A call failed.** The status carries a `google.rpc.ErrorInfo` with domain `brokerlink`, the reason, and
  `actor`, `retryable` and (where there is one) `brokerage` and its `successor` as metadata; a `RetryInfo`
  where waiting helps; a `BadRequest` where fields are wrong; a `LocalizedMessage` where the user must act.
* **The call worked and tells of a failure**: `Failure.reason` of a connect session or a sync run,
  `Connection.reason`, `Freshness.stale_reason`. The status that is named here does not matter there.

**Wait** is the usual delay before another try; a time that the brokerage names goes before it. A dash:
waiting does not help.
**Exit** is the exit code of the command line.
The sentence is the usual one; a failure may say more.
New reasons may be added: decide by `actor` and `retryable` where you do not know a word.
"""
ERRORS_TAIL = """\
† Part of the contract; nothing raises it yet.

The command line has two reasons of its own, for calls that never reached a server: `SERVER_UNREACHABLE` and
`TOKEN_OVER_PLAINTEXT`.
"""
CAPABILITIES_HEAD = """\
# Brokerages

<!-- Written by scripts/write_docs.py from the cards below adapters/brokerages/. -->

What can be read through which door.
`ListBrokerages` tells the same, with the operator's settings applied.
Each brokerage's README says what was checked and how.

**native**: the brokerage gives it. **derived**: we work it out from something else it gives.
**unsupported**: it cannot be had here. **unknown**: nobody has tried.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split()) or "–"


# ---- docs/errors.md


def failures() -> list[Failure]:
    """One failure of each reason of the contract."""
    kinds = {kind for module in (domain, rpc) for _, kind in inspect.getmembers(module, inspect.isclass)}
    found: dict[str, Failure] = {}
    for kind in sorted((k for k in kinds if issubclass(k, Failure)), key=lambda k: k.__name__):
        for failure in () if kind in FAMILIES else _made(kind):
            found.setdefault(rpc.reason(failure), failure)
    return [found[reason] for reason in sorted(found)]


def _made(kind: type[Failure]) -> list[Failure]:
    if kind is NotFound:
        return [NotFound(noun) for noun in nouns()]
    if kind is rpc.FieldsInvalid:
        return []  # the reason of FieldInvalid
    if issubclass(kind, FieldInvalid):
        return [kind("", "")]
    return [kind("sync:write")] if kind is rpc.ScopeMissing else [kind()]


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Our modules with their names, but for generated stubs."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not path.name.endswith(("_pb2.py", "_pb2_grpc.py")):
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def nouns() -> list[str]:
    """What can be missing: the words that NotFound is raised with."""
    calls = (node for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == NotFound.__name__]
    words = {arg.value for call in named for arg in call.args if isinstance(arg, ast.Constant)}
    return sorted(word for word in words if isinstance(word, str))


def raised() -> set[str]:
    """The names of failures that something outside the tables speaks of."""
    trees = [tree for name, tree in sources() if name not in TABLES]
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


def errors_page() -> str:
    used, told = raised(), failures()
    page = [ERRORS_HEAD]
    for actor, (title, sentence) in WHO.items():
        rows = [_row(failure, used) for failure in told if failure.actor is actor]
        if actor is Actor.OPERATOR:
            rows.append(_internal())
        page.append(f"## {title}\n\n{sentence}\n\n")
        page[-1] += table(("Reason", "Status", "Wait", "Exit", "It says", "Next step"), sorted(rows))
    page.append(ERRORS_TAIL)
    return "\n".join(page)


def _row(failure: Failure, used: set[str]) -> tuple[str, ...]:
    reason, status, wait = rpc.reason(failure), rpc.code(failure).name, rpc.retry_after(failure)
    mark = "" if type(failure).__name__ in used else " †"
    return (
        f'<a id="{reason.lower()}"></a>`{reason}`{mark}',
        status,
        "" if wait is None else f"{wait.total_seconds():.0f} s",
        str(int(exit_code(status, failure.actor.value))),
        failure.message,
        next_step(reason),
    )


def _internal() -> tuple[str, ...]:
    sentence = rpc.internal("…").message
    code = int(exit_code("INTERNAL", Actor.OPERATOR.value))
    anchor = f'<a id="{rpc.INTERNAL.lower()}"></a>`{rpc.INTERNAL}`'
    return (anchor, "INTERNAL", "", str(code), sentence, next_step(rpc.INTERNAL))


# ---- docs/capabilities.md


def capabilities_page() -> str:
    cards = [card(name) for name in NAMES]
    head = ("Brokerage", "Way in", "Kind", "Open", *(dataset.value.capitalize() for dataset in Dataset))
    rows = [
        (
            f"[{one.title}](#{one.id})",
            facts.id,
            _kind(facts),
            "yes" if opened else "no",
            *(_support(facts, dataset) for dataset in Dataset),
        )
        for one in cards
        for facts, opened in _ways(one)
    ]
    gone = [
        f"{one.title} is retired: its successor is `{one.successor}`.\n" for one in cards if one.successor
    ]
    return "\n".join([CAPABILITIES_HEAD, table(head, rows), *gone, *map(_brokerage, cards)])


def _ways(one: Card) -> list[tuple[DoorFacts, bool]]:
    """Doors and files, each with whether it is open by default."""
    return [(d.facts, d.open) for d in one.doors] + [(way.facts, True) for way in one.files]


def _kind(facts: DoorFacts) -> str:
    return facts.kind.value.replace("_", " ")


def _support(facts: DoorFacts, dataset: Dataset) -> str:
    return next((one.support.value for one in facts.capabilities if one.dataset is dataset), "unknown")


def _brokerage(one: Card) -> str:
    successor = f" Its successor is `{one.successor}`." if one.successor else ""
    readme = f"[README](../adapters/brokerages/{one.id}/README.md)"
    facts = f"`{one.id}`, {one.status.value}, <{one.homepage}>, {readme}.{successor}"
    head = f'<a id="{one.id}"></a>\n\n## {one.title}\n\n{facts}\n'
    return "\n".join([head, *map(_door, one.doors), *map(_file, one.files)])


def _file(way: FileFormat) -> str:
    facts = way.facts
    told = [
        ("Kind", _kind(facts)),
        ("Where it is had", facts.access),
        ("History", f"{facts.history_days} days" if facts.history_days else "what the file covers"),
        ("Limits", facts.limits or "25 MiB"),
        ("Verified", facts.verification),
    ]
    capabilities = [(one.dataset.value, one.support.value, one.note) for one in facts.capabilities]
    parts = [
        f"### File `{facts.id}`: {facts.title}\n",
        table(("Fact", "What it is"), told),
        table(("Dataset", "Support", "Note"), capabilities),
    ]
    return "\n".join(parts)


def _door(door: Door) -> str:
    facts = door.facts
    told = [
        ("Kind", _kind(facts)),
        ("Open by default", "yes" if door.open else "no: the operator opens it"),
        ("Sign-in", facts.sign_in),
        ("Access", facts.access),
        ("History", f"{facts.history_days} days" if facts.history_days else "no limit known"),
        ("Limits", facts.limits or "not known"),
        ("Terms", facts.terms),
        ("Verified", facts.verification),
        ("Hosts", ", ".join(f"`{name}` {url}" for name, url in door.hosts.items())),
    ]
    capabilities = [(one.dataset.value, one.support.value, one.note) for one in facts.capabilities]
    parts = [
        f"### Door `{facts.id}`: {facts.title}\n",
        table(("Fact", "What it is"), told),
        table(("Dataset", "Support", "Note"), capabilities),
        table(("Credential field", "Label", "Needed", "Secret", "Help"), map(_field, facts.fields)),
    ]
    return "\n".join(parts)


def _field(field: CredentialField) -> Sequence[str]:
    needed = "yes" if field.required else "no"
    if field.operator:
        needed = "unless the operator sets it" if field.required else "no; the operator may set it"
    return (f"`{field.key}`", field.label, needed, "yes" if field.secret else "no", field.help)


# ---- README.md


def catalogue() -> str:
    """A row for each way in; the first of a brokerage leads to its README."""
    head = ("Brokerage", "Way in", "Kind", "Signs in by", "Balances", "Positions", "Transactions", "Verified")
    rows = []
    for one in map(card, NAMES):
        name = f"[{one.title}](adapters/brokerages/{one.id}/README.md)"
        for facts, opened in _ways(one):
            kind = _kind(facts) if opened else f"{_kind(facts)}, closed by default"
            datasets = (Dataset.BALANCES, Dataset.POSITIONS, Dataset.TRANSACTIONS)
            support = [_support(facts, dataset) for dataset in datasets]
            rows.append((name, f"`{facts.id}`", kind, facts.sign_in, *support, facts.verification))
            name = ""
        if name:
            rows.append((name, "–", f"retired: see {one.successor}", "–", "–", "–", "–", "–"))
    return table(head, rows)


def settings() -> str:
    rows = [(f"`{one.name}`", one.meaning, one.default) for one in explain()]
    return table(("Setting", "Meaning", "Default"), rows)


def between(readme: str, marks: tuple[str, str], text: str) -> str:
    """The README with this text between two marks."""
    begin, end = marks
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(readme)) != 1:
        raise SystemExit(f"README.md must hold {begin.strip()} … {end} once")
    whole = begin + text + end
    return pattern.sub(lambda _: whole, readme)


def pages() -> dict[Path, str]:
    readme = ROOT / "README.md"
    return {
        ROOT / "docs/errors.md": errors_page(),
        ROOT / "docs/capabilities.md": capabilities_page(),
        readme: between(
            between(readme.read_text(encoding="utf-8"), SETTINGS, settings()), CATALOGUE, catalogue()
        ),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    stale = 0
    for path, text in pages().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            print(
                f"{path.relative_to(ROOT)} is not what the product says: run scripts/write_docs.py",
                file=sys.stderr,
            )
            stale += 1
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
