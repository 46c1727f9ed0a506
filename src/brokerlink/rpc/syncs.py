"""SyncService: starting runs, joining them, following them to their end."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from brokerlink.rpc import page_tokens, values
from brokerlink.rpc.once import Once
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.rpc.principals import caller
from brokerlink.usecases.get_sync_run import CancelSync, GetSyncRun, ListSyncRuns
from brokerlink.usecases.start_sync import StartSync
from brokerlink.usecases.watch_sync import WatchSync
from brokerlink.v1 import syncs_pb2 as pb
from brokerlink.v1 import syncs_pb2_grpc as pb_grpc
from domain.syncs import (
    DatasetResult,
    Progress,
    ProgressKind,
    ResultState,
    RunState,
    SyncRun,
    Trigger,
)

STATES = values.words(pb.SyncRunState, "SYNC_RUN_STATE", RunState)
TRIGGERS = values.words(pb.SyncTrigger, "SYNC_TRIGGER", Trigger)
RESULT_STATES = values.words(pb.DatasetResultState, "DATASET_RESULT_STATE", ResultState)
KINDS = values.words(pb.SyncProgressKind, "SYNC_PROGRESS_KIND", ProgressKind)
SYNC_ACCOUNT = "/brokerlink.v1.SyncService/SyncAccount"
USUAL, MOST = 50, 500


class SyncServicer(pb_grpc.SyncServiceServicer):
    def __init__(
        self,
        *,
        start: StartSync,
        watch: WatchSync,
        get: GetSyncRun,
        list_runs: ListSyncRuns,
        cancel: CancelSync,
        once: Once,
        tokens: PageTokens,
    ) -> None:
        self._start = start
        self._watch = watch
        self._get = get
        self._list = list_runs
        self._cancel = cancel
        self._once = once
        self._tokens = tokens

    async def SyncAccount(
        self, request: pb.SyncAccountRequest, context: object
    ) -> AsyncIterator[pb.SyncProgress]:
        async def start() -> bytes:
            return (await self._begin(request)).SerializeToString()

        # A stream cannot be stored; that it started this run can. Asked again, the same run is followed.
        run = pb.SyncRun.FromString(await self._once(caller().key, SYNC_ACCOUNT, request, start))
        async with aclosing(self._watch(run.id, run.sequence, caller().user_id)) as following:
            async for progress in following:
                yield progress_to_proto(progress)

    async def StartSync(self, request: pb.StartSyncRequest, context: object) -> pb.SyncRun:
        return await self._begin(request)

    async def _begin(self, request: pb.SyncAccountRequest | pb.StartSyncRequest) -> pb.SyncRun:
        run = await self._start(
            connection_id=request.connection_id or None,
            account_id=request.account_id or None,
            force=request.force,
            user_id=caller().user_id,
        )
        return to_proto(run)

    async def WatchSync(
        self, request: pb.WatchSyncRequest, context: object
    ) -> AsyncIterator[pb.SyncProgress]:
        watched = self._watch(request.sync_run_id, request.after_sequence, caller().user_id)
        async with aclosing(watched) as following:
            async for progress in following:
                yield progress_to_proto(progress)

    async def GetSyncRun(self, request: pb.GetSyncRunRequest, context: object) -> pb.SyncRun:
        return to_proto(await self._get(request.sync_run_id, caller().user_id))

    async def ListSyncRuns(self, request: pb.ListSyncRunsRequest, context: object) -> pb.ListSyncRunsResponse:
        owner = request.user_id if request.HasField("user_id") else None
        if owner is not None:
            caller().check_user(owner)
        listing, after = self._tokens.open(request)
        size = page_tokens.size(request.page_size, USUAL, MOST)
        found = await self._list(
            connection_id=request.connection_id if owner is None else None,
            owner=owner,
            before=page_tokens.word(after),
            limit=size + 1,
            user_id=caller().user_id,
        )
        shown = found[:size]
        return pb.ListSyncRunsResponse(
            sync_runs=[to_proto(run) for run in shown],
            next_page_token=listing.token(shown[-1].id) if len(found) > size else "",
        )

    async def CancelSync(self, request: pb.CancelSyncRequest, context: object) -> pb.SyncRun:
        return to_proto(await self._cancel(request.sync_run_id, caller().user_id))


def to_proto(run: SyncRun) -> pb.SyncRun:
    return pb.SyncRun(
        id=run.id,
        connection_id=run.connection_id,
        user_id=run.user_id,
        state=STATES[run.state.value],
        trigger=TRIGGERS[run.trigger.value],
        failure=values.failure(run.failure),
        attempt=run.attempt,
        sequence=run.sequence,
        create_time=values.at(run.created_at),
        start_time=values.at(run.started_at),
        end_time=values.at(run.ended_at),
        deadline=values.at(run.deadline),
        retry_time=values.at(run.retry_at),
        results=[result_to_proto(result) for result in run.results],
    )


def result_to_proto(result: DatasetResult) -> pb.DatasetResult:
    return pb.DatasetResult(
        account_id=result.account_id,
        dataset=values.DATASETS[result.dataset.value],
        state=RESULT_STATES[result.state.value],
        added=result.added,
        modified=result.modified,
        removed=result.removed,
        unchanged=result.unchanged,
        pages=result.pages,
        failure=values.failure(result.failure),
        unknown_fields=result.unknown_fields,
        unknown_words=result.unknown_words,
        held_back=result.held_back,
        totals_differ=result.totals_differ,
    )


def progress_to_proto(progress: Progress) -> pb.SyncProgress:
    return pb.SyncProgress(
        sync_run_id=progress.run_id,
        sequence=progress.sequence,
        kind=KINDS[progress.kind.value],
        time=values.at(progress.at),
        run=None if progress.run is None else to_proto(progress.run),
        result=None if progress.result is None else result_to_proto(progress.result),
        state=STATES[progress.state.value],
        retry_time=values.at(progress.retry_at),
        message=progress.message,
    )
