"""The same history told by a Flex file, the Flex Web Service and the Web API is one set of transactions."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import house
from house import House
from told import changes, shown
from tws import downloaded

from adapters.brokerages import NAMES, card
from adapters.kit.statements import Files
from brokerlink.usecases.import_statement import ImportOutcome, ImportStatement, Wanted
from domain.syncs import RunState

USER = "user-1"


async def imported(made: House) -> ImportOutcome:
    async def tell(done: int, whole: int) -> None:
        assert done <= whole

    content = downloaded(made.stage.faulty["ibkr"].sandbox)
    deed = ImportStatement(made.store, Files(NAMES, card), made.safe, made.clock)
    return await deed(Wanted(USER, "ibkr", new_account=True), content, tell)


async def synced(made: House) -> tuple[int, int, int]:
    (connection,) = made.store.read_now(lambda uow: uow.connections.of_user(USER, "", 10))
    run = await made.synced(connection.id, force=True)
    assert run.state is RunState.SUCCEEDED
    return changes(run)


def whole(made: House) -> int:
    return sum(len(a.transactions) for a in made.stage.faulty["ibkr"].sandbox.play.truth.accounts)


async def test_the_web_api_flex_and_a_file_tell_one_history(tmp_path: Path) -> None:
    made = house.build(tmp_path, "ibkr", seed=7)
    box: Any = made.stage.faulty["ibkr"].sandbox
    # Flex is days behind: the newest trades come from the Web API alone.
    box.flex.behind = box.play.truth.today - timedelta(days=5)
    await made.connected("ibkr")
    await made.run()
    early = shown(made).transactions

    box.flex.behind = None
    outcome = await imported(made)
    joined = shown(made).transactions
    await synced(made)
    after = shown(made)

    assert early.keys() < joined.keys()
    assert sum(one.matched for one in outcome.accounts) > 0
    assert sum(one.added for one in outcome.accounts) == len(joined) - len(early)
    assert after.transactions.keys() == joined.keys()
    assert len(after.transactions) == whole(made)
    assert await synced(made) == (0, 0, 0)
    made.store.close()


async def test_trades_of_today_stay_while_the_user_is_in_another_session(tmp_path: Path) -> None:
    made = house.build(tmp_path, "ibkr", seed=7)
    box: Any = made.stage.faulty["ibkr"].sandbox
    box.flex.behind = box.play.truth.today - timedelta(days=5)
    await made.connected("ibkr")
    await made.run()
    before = shown(made).transactions

    box.gate.competing = True
    told = await synced(made)

    assert told == (0, 0, 0)
    assert shown(made).transactions == before
    made.store.close()


async def test_a_file_first_leads_to_the_same_accounts_and_rows(tmp_path: Path) -> None:
    made = house.build(tmp_path, "ibkr", seed=3)

    outcome = await imported(made)
    filed = shown(made).transactions
    await made.connected("ibkr")
    await made.run()
    after = shown(made).transactions

    assert all(one.is_new for one in outcome.accounts)
    assert filed
    assert filed.keys() <= after.keys()
    assert len(after) == whole(made)
    assert (await synced(made)) == (0, 0, 0)
    made.store.close()
