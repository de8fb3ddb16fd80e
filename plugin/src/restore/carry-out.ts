import {
  describeRunObject,
  encryptionOfKept,
  executePlan,
  isWrite,
  objectsOfRun,
  realWriter,
  scaleCommand,
  summarizeRun,
  type Backup,
  type OpenRun,
  type Outcome,
  type RunEvent,
  type RunSummary,
} from '@infrabackup/core';
import type { Connection } from '@infrabackup/kube';
import type { UserKeys } from '@infrabackup/storage';
import { clientVersion } from '../client-version.ts';
import { countsLine } from '../diff/counts-line.ts';
import { renderJson } from '../render/json.ts';
import { paint } from '../render/paint.ts';
import { overwrittenLine, type OverwrittenLine } from '../render/progress-line.ts';
import { formatNumber, formatSeconds } from '../render/quantity.ts';
import { encryptionThere } from '../flags/encryption-flags.ts';
import type { Shell } from '../shell.ts';
import { userRuns } from './open-runs.ts';

/** A run, and what it is carried out with. */
export interface CarryOutInput {
  readonly run: OpenRun;
  readonly backup: Backup | undefined;
  readonly connection: Connection;
  /** The user's keys, by whose rules what is changed is kept. */
  readonly keys: UserKeys | undefined;
  readonly output: 'text' | 'json' | 'name' | undefined;
}

/** Carries out a run, showing how far it is, and tells what became of it. Says how to go on when it is cut off. */
export async function carryOut(
  { run, backup, connection, keys, output }: CarryOutInput,
  shell: Shell,
): Promise<Outcome> {
  const { connectCluster, connectWriter } = await import('@infrabackup/kube');
  const { openDiskSpool } = await import('@infrabackup/storage');
  const startedMs = shell.clock.now();
  const line = overwrittenLine(shell.err, shell.clock);
  const later: string[] = [];
  try {
    await executePlan({
      ...{ run, backup, clock: shell.clock, signal: shell.signal },
      reader: connectCluster(connection),
      writer: realWriter(connectWriter(connection)),
      keepIn: await (await userRuns(shell)).keepers(run.head.location),
      encryption: encryptionOfKept(keys, backup) ?? (await encryptionThere(run.head.location, shell)),
      openSpool: () => openDiskSpool(shell.scratchFolder),
      tool: `infrabackup ${clientVersion}`,
      report: progressOf(run, line, later),
    });
  } catch (error) {
    line.clear();
    await shell.err.write(
      `${run.head.kind} ${run.head.id} is not finished; to go on: kubectl infrabackup restore --resume ${run.head.id}; ` +
        `to take back what it did: kubectl infrabackup undo ${run.head.id}\n`,
    );
    throw error;
  }
  line.clear();
  const record = { ...run, records: run.journal(), isOpen: false };
  const summary = summarizeRun(record);
  if (output === 'json') await shell.out.write(renderJson({ ...summary, objects: objectsOfRun(record) }));
  else if (output === 'name') await shell.out.write(`${run.head.id}\n`);
  else await shell.out.write(renderDone(summary, shell.clock.now() - startedMs));
  if (output !== 'json') await sayOf(record, later, shell);
  return summary.status === 'done' ? 'done' : 'partial';
}

function progressOf(run: OpenRun, line: OverwrittenLine, later: string[]): (event: RunEvent) => void {
  const total = run.plan.objects.filter(({ verdict }) => isWrite(verdict)).length;
  let done = run.journal().filter(({ kind }) => kind === 'result').length;
  let tier = '';
  return (event) => {
    switch (event.kind) {
      case 'keeping':
        line.show(() => `kept ${formatNumber(event.objects)} for an undo`);
        return;
      case 'scaling':
        line.show(() => `scaling ${event.ref.type}/${event.ref.name} to ${event.to}`);
        return;
      case 'stays-down':
        later.push(
          `${event.ref.type}/${event.ref.name} stays at 0; to bring it back: ${scaleCommand(event.ref, event.size)}`,
        );
        return;
      case 'tier':
        tier = event.name;
        break;
      case 'object':
        done++;
        break;
      case 'pace':
        return;
    }
    line.show(() => `${formatNumber(done)}/${formatNumber(total)}  ${tier}`);
  };
}

function renderDone({ head, outcomes, conflicts }: RunSummary, tookMs: number): string {
  const counts = countsLine({ ...outcomes, ...(conflicts > 0 && { 'in conflict': conflicts }) }).trimEnd();
  const what = head.kind === 'undo' ? `Undo ${head.id} of ${head.undoes ?? ''}` : `Restore ${head.id}`;
  return `${what}: ${counts === '' ? 'nothing to do' : counts}, in ${formatSeconds(tookMs)}

See what it did:   kubectl infrabackup restores describe ${head.id}
Take it back:      kubectl infrabackup undo ${head.id}
`;
}

/** What is not as the backup says, object by object. */
async function sayOf(
  record: Parameters<typeof objectsOfRun>[0],
  later: readonly string[],
  shell: Shell,
): Promise<void> {
  const lines = objectsOfRun(record)
    .filter(({ outcome, reason, notes }) => outcome === 'left' || reason !== undefined || notes.length > 0)
    .map((object) => {
      const isLeft = object.reason !== undefined;
      return `${paint(isLeft ? 'red' : 'yellow', isLeft ? 'left:' : 'note:', shell.err)} ${describeRunObject(object)}`;
    });
  const all = [...lines, ...later];
  if (all.length > 0) await shell.err.write(`${all.join('\n')}\n`);
}
