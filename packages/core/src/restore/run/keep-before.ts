import { createArchiveWriter, type ArchiveWriter, type FinishedArchive } from '../../archive/archive-writer.ts';
import type { OpenSpool } from '../../archive/spool.ts';
import { formatVersion, sealSummary, type BackupHeader, type TypeSummary } from '../../archive/summary.ts';
import { formatInstant, type Clock } from '../../clock.ts';
import type { ClusterReader } from '../../cluster/reader.ts';
import { concurrently } from '../../concurrently.ts';
import { describeEncryption, type Encryption } from '../../encryption/encryption.ts';
import { isAppError } from '../../errors/app-error.ts';
import { backupFiles, type BackupFiles } from '../../location/backup-files.ts';
import type { Manifest } from '../../object/manifest.ts';
import { rawObject } from '../../object/object-scanner.ts';
import { stringifyExactly } from '../../object/parse-manifest.ts';
import { compareRefs, type ObjectRef } from '../../object/ref.ts';
import { typeName, type TypeName } from '../../object/resource-type.ts';
import { contentTableVersion } from '../../object/server-owned-members.ts';
import type { Store } from '../../store/store.ts';
import type { PlannedObject, RestorePlan } from '../restore-plan.ts';

/** What keeping is done with. */
export interface KeepBeforeInput {
  readonly plan: RestorePlan;
  readonly reader: ClusterReader;
  /** Where to keep it, the best first; the next one is tried where one may not be written. */
  readonly stores: readonly Store[];
  readonly openSpool: OpenSpool;
  /** How it is encrypted; absent: it lies in clear. */
  readonly encryption?: Encryption | undefined;
  readonly clock: Clock;
  readonly tool: string;
  readonly signal: AbortSignal | undefined;
}

/** Objects read at once, and put into the archive in their order. */
const chunkSize = 128;
const requestsAtOnce = 16;

/**
 * The files of what a run has kept: a backup like any other, but in a place that no list of backups shows, and without
 * what Velero lists it by. Below `metadata/`, since Velero refuses a location with top-level folders that it does not know.
 *
 * Source: https://github.com/velero-io/velero/blob/main/pkg/persistence/object_store_layout.go
 */
export function keptFiles(runId: string): BackupFiles {
  return backupFiles(keptName(runId), `metadata/infrabackup/restores/${runId}/`);
}

/** The name under which a run's kept objects are opened. */
export function keptName(runId: string): string {
  return `before-${runId}`;
}

/** Whether the run changes what is there already, so that something must be kept. */
function isKept({ verdict }: PlannedObject): boolean {
  return verdict === 'update' || verdict === 'replace' || verdict === 'delete';
}

/**
 * Keeps every object that the plan will change, as it is now, before the first write. Resolves to the URI of the store
 * that has it, and how many they are; undefined when the plan changes nothing that is there.
 *
 * What is half there of an earlier try is written anew.
 */
export async function keepBefore(
  input: KeepBeforeInput,
): Promise<{ readonly location: string; readonly objects: number } | undefined> {
  const wanted = input.plan.objects.filter(isKept);
  if (wanted.length === 0) return undefined;
  const archive = await createArchiveWriter(input);
  try {
    const types = await fill(archive, wanted, input);
    const header = headerOf(types, input);
    const finished = await archive.finish(header);
    for (const [index, store] of input.stores.entries()) {
      try {
        await publish(finished, header, store, input);
        return { location: store.uri, objects: types.reduce((sum, { count }) => sum + count, 0) };
      } catch (error) {
        const isLast = index === input.stores.length - 1;
        if (isLast || !isAppError(error, 'STORE_DENIED', 'STORE_FULL')) throw error;
      }
    }
    return undefined;
  } finally {
    await archive.close();
  }
}

async function fill(
  archive: ArchiveWriter,
  wanted: readonly PlannedObject[],
  input: KeepBeforeInput,
): Promise<readonly TypeSummary[]> {
  const byType = Map.groupBy(wanted, ({ ref }): TypeName => ref.type);
  const summaries: TypeSummary[] = [];
  for (const [name, objects] of [...byType].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const type = input.plan.types[name]!;
    const segment = archive.segment(type);
    const refs = objects.map(({ ref }) => ref).sort(compareRefs);
    for (let from = 0; from < refs.length; from += chunkSize) {
      for (const live of await readChunk(refs.slice(from, from + chunkSize), input)) {
        if (live !== undefined) segment.add(rawObject(Buffer.from(stringifyExactly(live))));
      }
      await segment.drain();
    }
    summaries.push({ ...type, ...(await segment.close()) });
  }
  return summaries;
}

/** In the order of the refs; undefined for what is gone: the write will find that out, too. */
async function readChunk(
  refs: readonly ObjectRef[],
  { plan, reader, signal }: KeepBeforeInput,
): Promise<readonly (Manifest | undefined)[]> {
  const found = new Array<Manifest | undefined>(refs.length);
  await concurrently(
    refs.entries(),
    requestsAtOnce,
    async ([index, { type, namespace, name }], inner) => {
      found[index] = await reader.get(plan.types[type]!, namespace, name, inner);
    },
    signal,
  );
  return found;
}

function headerOf(types: readonly TypeSummary[], { plan, clock, tool, encryption }: KeepBeforeInput): BackupHeader {
  return {
    format: formatVersion,
    name: keptName(plan.id),
    tool,
    startedAt: formatInstant(clock.now()),
    cluster: plan.cluster,
    selection: { rules: [] },
    labels: {},
    contentTable: contentTableVersion,
    encryption: describeEncryption(
      encryption,
      types.map((type) => ({ name: typeName(type), count: type.count })),
    ),
    types,
    shortfalls: [],
    warnings: [],
  };
}

/** The summary last: what is kept exists when its summary does. */
async function publish(
  finished: FinishedArchive,
  header: BackupHeader,
  store: Store,
  input: KeepBeforeInput,
): Promise<void> {
  const { signal, clock, plan } = input;
  const files = keptFiles(plan.id);
  await store.replace(files.archive, finished.archive.stream(), signal);
  await store.replace(files.index, finished.index.stream(), signal);
  const summary = sealSummary({ ...header, completedAt: formatInstant(clock.now()), ...finished.files() });
  await store.replace(files.summary, Buffer.from(`${JSON.stringify(summary, null, 2)}\n`), signal);
}
