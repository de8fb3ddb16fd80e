import {
  definitionsOf,
  describeNote,
  describePlanWarning,
  describeReason,
  formatRight,
  planRestore,
  type Backup,
  type JudgedObject,
  type Manifest,
  type PlanRestoreInput,
  type RestorePlan,
  type Verdict,
} from '@infrabackup/core';
import { overwrittenLine, planProgress } from '../render/progress-line.ts';
import type { Shell } from '../shell.ts';
import type { DiffItem, DiffPrinter } from './diff-item.ts';

/** What a restore would bring about, or cannot: all that is neither the same nor left alone on purpose. */
const differing: ReadonlySet<Verdict> = new Set([
  'create',
  'update',
  'replace',
  'delete',
  'conflict',
  'unservable',
] satisfies Verdict[]);

/** Prints what a restore would change on the live cluster, as its plan has it; true when anything. */
export async function diffLive(
  input: Omit<PlanRestoreInput, 'judged' | 'report' | 'onlyLookedAt'>,
  printer: DiffPrinter,
  shell: Shell,
): Promise<boolean> {
  const line = overwrittenLine(shell.err, shell.clock);
  const crdOf = definitionsOf(input.backup);
  let plan: RestorePlan;
  try {
    plan = await planRestore({
      ...input,
      onlyLookedAt: true,
      report: planProgress(line),
      judged: async (object, before) => {
        if (object.judged.verdict === 'unchanged') return;
        const crd = await crdOf(object.source?.type ?? object.ref.type);
        line.clear();
        await printer.add(itemOf(object, before, crd));
      },
    });
  } finally {
    line.clear();
  }
  await printer.end({ counts: plan.counts, data: dataOf(plan) });
  await sayOf(plan, input.backup, shell);
  return [...differing].some((verdict) => plan.counts[verdict] > 0);
}

function itemOf(
  { ref, source, judged }: JudgedObject,
  before: Manifest | undefined,
  crd: Manifest | undefined,
): DiffItem {
  const { verdict, reason, notes, after } = judged;
  const isWritten = reason === undefined && verdict !== 'extra';
  return {
    ...{ verdict, ref, source, crd, differs: differing.has(verdict) },
    before: isWritten ? before : undefined,
    after: isWritten ? after : undefined,
    reason: reason && { data: reason, text: describeReason(reason) },
    notes: notes.map((note) => ({ data: note, text: describeNote(note) })),
  };
}

function dataOf({ backup, cluster, otherCluster, options, warnings, missingRights }: RestorePlan): object {
  return { backup, cluster, otherCluster, options, warnings, missingRights };
}

/** What concerns the whole, beside the objects. */
async function sayOf(plan: RestorePlan, backup: Backup, shell: Shell): Promise<void> {
  const lines = plan.warnings.map((warning) => `warning: ${describePlanWarning(warning)}`);
  if (plan.otherCluster === true) {
    const names = [backup.header.cluster, plan.cluster].map(({ context, server }) => context ?? server);
    lines.push(`warning: this is another cluster (${names[1]!}) than that of the backup (${names[0]!})`);
  }
  if (plan.missingRights.length > 0) {
    lines.push(`warning: a restore would be refused: you may not ${plan.missingRights.map(formatRight).join(', ')}`);
  }
  if (lines.length > 0) await shell.err.write(`${lines.join('\n')}\n`);
}
