"""A sync: what is stored becomes what a source has, one entry after another.

What is done is recorded with each document, in the same transaction. So a sync that was stopped at
any point, even by a crash, is continued by the next one, which reads nothing twice.
"""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from citespan.index import Corpus, Draft
from citespan.index.errors import DocumentNotFound, DocumentRejected
from citespan.index.jobs.types import FileOutcome, FileResult
from citespan.index.reading import FileReader, Unreadable
from citespan.index.types import Outcome, StoreResult, Tracked
from citespan.qa.sources.drafting import Drafted, Drafting
from citespan.qa.sources.errors import Gone, Incomplete, SourceError
from citespan.qa.sources.plan import Known, SyncPlan, known_of, make_plan, readers_of, stamp
from citespan.qa.sources.rules import SyncReport, SyncRules, is_too_much
from citespan.qa.sources.types import Content, DocumentSource, SourceEntry

_MOST_REASON = 500  # characters

OnResult = Callable[[str, FileResult], None]


def plan_of(
    corpus: Corpus, name: str, source: DocumentSource, rules: SyncRules
) -> tuple[SyncPlan, Mapping[str, Known], str | None]:
    """Return the plan of a sync, what is stored by key, and why the listing is incomplete."""
    known = known_of(corpus.tracking.of(name))
    listed: list[SourceEntry] = []
    problem: str | None = None
    try:
        listed.extend(source.entries())
    except Incomplete as error:
        problem = str(error)
    complete = problem is None and source.whole
    return make_plan(listed, known, complete=complete, readers=rules.readers), known, problem


def sync(
    corpus: Corpus,
    name: str,
    source: DocumentSource,
    rules: SyncRules,
    *,
    files: FileReader,
    on_plan: Callable[[SyncPlan], None] = lambda _: None,
    on_result: OnResult = lambda _, __: None,
    on_chunks: Callable[[str, int, int], None] = lambda _, __, ___: None,
) -> SyncReport:
    """Store what was added or changed at a source, then delete what is gone there.

    Args:
        corpus: a whole corpus, not a view of it.
        name: the name of the source.
        source: the source; the caller closes it.
        rules: what to do about deletions and readers.
        files: reads the contents.
        on_plan: called once with the plan.
        on_result: called with the key and the outcome of each entry that is not the same, once it
            is durable. If a callback raises, the sync stops.
        on_chunks: called with the key of an entry, how many of its chunks are embedded, and how
            many it has, which is 0 before it is read.

    Raises:
        StoreError: documents cannot be stored; what was done before is kept.
    """
    plan, known, problem = plan_of(corpus, name, source, rules)
    on_plan(plan)
    run = _Run(
        corpus, name, source, rules, files, plan, known, on_result, lambda key: on_chunks(key, 0, 0)
    )
    run.report.problem = problem
    if plan.same:
        run.report.outcomes[FileOutcome.UNCHANGED] = len(plan.same)
    run.tidy(known[entry.key] for entry in plan.same)

    def count(document_id: str, done: int, total: int) -> None:
        on_chunks(run.counted(document_id, total), done, total)

    with closing(corpus.put_many(run.drafts(), count)) as storing:
        for stored in storing:
            run.stored(stored)
    run.remove()
    return run.report


class _Run:
    """The entries of one sync: read, drafted and not yet stored, done."""

    def __init__(
        self,
        corpus: Corpus,
        name: str,
        source: DocumentSource,
        rules: SyncRules,
        files: FileReader,
        plan: SyncPlan,
        known: Mapping[str, Known],
        on_result: OnResult,
        on_entry: Callable[[str], None],
    ) -> None:
        self.report = SyncReport()
        self._corpus, self._name, self._source, self._rules = corpus, name, source, rules
        self._drafting = Drafting(corpus, name, files)
        self._plan, self._known = plan, known
        self._on_result, self._on_entry = on_result, on_entry
        self._origins = {entry.key: key for entry, key in plan.moved}
        self._gone = dict.fromkeys([*self._origins.values(), *plan.removed])
        self._lost: defaultdict[str, list[str]] = defaultdict(list)  # gone keys by their bytes
        for key in self._gone:
            own = known[key].own
            if own and own.sha256 and own.document_id:
                self._lost[own.sha256].append(key)
        self._taken: deque[tuple[Drafted, bool]] = deque()
        self._at: dict[str, str] = {}
        self._chunks: Counter[str] = Counter()

    def drafts(self) -> Iterator[Draft]:
        """Read the entries of the plan and yield their drafts, each entry's own one last."""
        for entry in self._plan.to_read():
            self._on_entry(entry.key)
            before = self._known.get(entry.key) or Known(key=entry.key)
            try:
                content = self._source.read(entry, before.version.partition("\n")[0])
            except Gone:
                if entry.key in self._known:
                    self._gone[entry.key] = None
                continue
            except SourceError as error:
                self.report.failed += 1
                self._done(entry.key, _rejected(error))
                continue
            except DocumentRejected as error:
                version = stamp(entry.version, readers_of(entry, self._rules.readers))
                state = Tracked(source=self._name, key=entry.key, version=version)
                self._reject(Drafted(entry=entry, known=before, state=state), error)
                continue
            if content is None:
                self._is_same(before)
            else:
                yield from self._drafted(entry, before, content)

    def stored(self, stored: StoreResult) -> None:
        """Note that the next draft is stored; with the last one of an entry, the entry is done."""
        one, own = self._taken.popleft()
        self._at.pop(stored.document.id, None)
        chunks = self._chunks.pop(stored.document.id, 0)
        if not own:
            return
        outcome = FileOutcome(stored.outcome)
        if one.moved_from is not None:
            outcome = FileOutcome.MOVED
        elif one.lacking and stored.outcome is not Outcome.UNCHANGED:
            outcome = FileOutcome.PARTIAL
        self.tidy([known_of(self._states(one.entry.key))[one.entry.key]])
        result = FileResult(
            outcome=outcome,
            reason="; ".join(one.lacking)[:_MOST_REASON] or None,
            code=one.code,
            document_id=stored.document.id,
            chunks=chunks,
        )
        self._done(one.entry.key, result)

    def counted(self, document_id: str, total: int) -> str:
        """Note how many chunks a document has, and return the key of its entry."""
        self._chunks[document_id] = total
        return self._at.get(document_id, "")

    def tidy(self, known: Iterator[Known] | list[Known]) -> None:
        """Delete what entries no longer have inside."""
        for one in known:
            for state in one.stale():
                self._delete(state)

    def remove(self) -> None:
        """Delete what is gone, unless so much is gone that the source itself may be lost."""
        if self.report.problem:  # the listing is incomplete
            return
        gone = [key for key in self._gone if key in self._known]
        stored = sum(one.own is not None for one in self._known.values())
        if not self._rules.force and is_too_much(len(gone), stored):
            self.report.problem = (
                f"{len(gone)} of {stored} entries are gone at the source, so nothing was deleted;"
                " if they are really gone, run the sync with force"
            )
            return
        for key in gone:
            self._remove(key)

    def _drafted(self, entry: SourceEntry, before: Known, content: Content) -> Iterator[Draft]:
        readers = readers_of(entry, self._rules.readers)
        version = stamp(content.version or entry.version, readers)
        sha256 = hashlib.sha256(content.data).hexdigest()
        if _is_only_touched(before, version, sha256):
            self._record_all(before, version)
            self._is_same(before)
            return
        moved_from = None if before.own else self._moved_from(entry.key, sha256)
        if moved_from is not None:
            origin = self._known[moved_from]
            members = {**origin.members, **before.members}
            before = Known(key=entry.key, own=origin.own, members=members)
        state = Tracked(source=self._name, key=entry.key, version=version, sha256=sha256)
        one = Drafted(entry=entry, known=before, state=state, moved_from=moved_from)
        try:
            for draft in self._drafting.drafts(one, content, readers):
                self._at[draft.id or ""] = entry.key
                own = not (draft.tracked and draft.tracked.member)
                self._taken.append((one, own))
                yield draft
        except DocumentRejected as error:
            self._reject(one, error)

    def _moved_from(self, key: str, sha256: str) -> str | None:
        """Return the key that a new entry had before, if one with the same bytes is gone."""
        lost = self._lost.get(sha256, [])
        if not lost:
            return None
        planned = self._origins.get(key)
        found = planned if planned in lost else lost[0]
        lost.remove(found)
        del self._gone[found]
        return found

    def _is_same(self, known: Known) -> None:
        self.tidy([known])
        self.report.outcomes[FileOutcome.UNCHANGED] += 1

    def _record_all(self, known: Known, version: str) -> None:
        # The entry's own state is last: only then are files of another version stale.
        for state in known.rows():
            self._corpus.tracking.record(replace(state, version=version))

    def _reject(self, one: Drafted, error: DocumentRejected) -> None:
        result = _rejected(error)
        if one.known.own and one.known.own.document_id:
            kept = f"{result.reason}; what was stored before is kept"
            result = replace(result, reason=kept[:_MOST_REASON])
        else:
            self._corpus.tracking.record(replace(one.state, reason=result.reason))
        self._done(one.entry.key, result)

    def _remove(self, key: str) -> None:
        known = self._known[key]
        document_id = known.own.document_id if known.own else None
        if self._rules.on_delete == "keep":
            self._corpus.tracking.forget(self._states(key))
            outcome = FileOutcome.KEPT
        else:
            for state in known_of(self._states(key)).get(key, known).rows():
                self._delete(state)
            outcome = FileOutcome.REMOVED
        self._done(key, FileResult(outcome=outcome, document_id=document_id))

    def _delete(self, state: Tracked) -> None:
        """Delete the document of a state, and with it the state."""
        if state.document_id is None:
            self._corpus.tracking.forget([state])
            return
        try:
            self._corpus.delete(state.document_id)
        except DocumentNotFound:  # another caller was faster
            self._corpus.tracking.forget([state])

    def _states(self, key: str) -> list[Tracked]:
        return self._corpus.tracking.of(self._name, key)

    def _done(self, key: str, result: FileResult) -> None:
        self.report.outcomes[result.outcome] += 1
        self._on_result(key, result)


def _is_only_touched(known: Known, version: str, sha256: str) -> bool:
    own = known.own
    if own is None or own.sha256 != sha256:
        return False
    return own.version.partition("\n")[2] == version.partition("\n")[2]


def _rejected(error: Exception) -> FileResult:
    code = error.code if isinstance(error, Unreadable) else None
    return FileResult(
        outcome=FileOutcome.REJECTED, reason=str(error)[:_MOST_REASON] or None, code=code
    )
