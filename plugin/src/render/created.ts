import { uriBelow, type BackupSummary } from '@infrabackup/core';
import { fromSuffix } from '../flags/location-flags.ts';
import type { Sink } from '../shell.ts';
import { describeShortfalls, describeWarning } from './backup-notes.ts';
import { describeEncrypted, describeInClear } from './encryption-notes.ts';
import { paint } from './paint.ts';
import { formatBytes, formatCount, formatSeconds } from './quantity.ts';
import { countsOf, shownSummary } from './shown-summary.ts';

/** A backup that now exists. */
export interface Created {
  readonly summary: BackupSummary;
  /** The store's URI. */
  readonly location: string;
  /** What the user named the location; undefined for the default one. */
  readonly from: string | undefined;
  readonly tookMs: number;
  /** Whether it was to be encrypted, as far as rules go; absent: no. */
  readonly wantsEncryption?: boolean;
}

/** What was made, where it lies, and what to type next. */
export function renderCreated({ summary, location, from, tookMs }: Created): string {
  const { name, cluster, revision, digest, expiresAt, startedAt, archive } = summary;
  const { objects, types } = countsOf(summary);
  const where = fromSuffix(from);
  const size = formatBytes(archive.sizeBytes);
  const context = cluster.context === undefined ? '' : `, context ${cluster.context}`;
  return `Backup ${name}: ${formatCount(objects, 'object')} of ${formatCount(types, 'type')}, ${size}, in ${formatSeconds(tookMs)}

  Location:  ${uriBelow(location, `backups/${name}`)}
  Cluster:   Kubernetes ${cluster.version} at ${cluster.server}${context}
  Instant:   ${startedAt}${revision === undefined ? '' : `, revision ${revision}`}
  Digest:    ${digest}
  Expires:   ${describeExpiry(name, expiresAt, where)}
${summary.encryption === null ? '' : `  Encrypted: ${describeEncrypted(summary)}\n`}
Browse it:   kubectl infrabackup get ${name} all -A${where}
Check it:    kubectl infrabackup verify ${name} --digest ${digest}${where}
`;
}

function describeExpiry(name: string, expiresAt: string | undefined, where: string): string {
  if (expiresAt === undefined) return `never: nothing deletes it but 'kubectl infrabackup delete ${name}${where}'`;
  return `${expiresAt}: from then on 'kubectl infrabackup prune${where}' deletes it; nothing does so by itself`;
}

/** What is wrong with it, or must be known of it; empty where that is nothing. */
export function renderCreatedNotes({ summary, wantsEncryption }: Created, sink: Sink): string {
  const { shortfalls, warnings, name } = summary;
  const nothing = 'all of it: no rule of the EncryptionConfiguration is for a type that it has';
  const inClear = wantsEncryption === true && summary.encryption === null ? nothing : describeInClear(summary);
  const lines = [
    ...(inClear === undefined ? [] : [`in clear: ${inClear}`]),
    ...warnings.map((warning) => `${paint('yellow', 'warning:', sink)} ${describeWarning(warning)}`),
    ...describeShortfalls(shortfalls).map((text) => `${paint('red', 'missing:', sink)} ${text}`),
  ];
  if (shortfalls.length > 0)
    lines.push(
      `${paint('red', 'partial:', sink)} ${name} is kept; 'kubectl infrabackup describe ${name}' says in full what it lacks`,
    );
  return lines.map((line) => `${line}\n`).join('');
}

/** The last line of `-o json`, after the events. */
export function renderResultLine({ summary, location, tookMs }: Created): string {
  return `${JSON.stringify({ kind: 'result', location, tookMs, summary: shownSummary(summary) })}\n`;
}
