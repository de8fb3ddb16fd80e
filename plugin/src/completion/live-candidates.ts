import { basename } from 'node:path';
import { listBackups, namespaceType, resolveType, typeName, type Backup } from '@infrabackup/core';
import { contextNamespace } from '../context-namespace.ts';
import { findBackup, openFound } from '../find-backup.ts';
import type { FlagValues, LiveKind } from '../flags/flag.ts';
import type { fromFlag } from '../flags/location-flags.ts';
import { openCluster, type ConnectionFlags } from '../open-cluster.ts';
import { openLocation, userLocations } from '../open-location.ts';
import { formatAgeAt } from '../render/age.ts';
import { formatCount } from '../render/quantity.ts';
import { countsOf } from '../render/shown-summary.ts';
import type { Shell } from '../shell.ts';

/** One thing to offer, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly text?: string;
}

/** What of the command line is typed already. */
export interface TypedSoFar {
  readonly flags: ConnectionFlags &
    Partial<FlagValues<typeof fromFlag>> & { readonly namespace?: unknown; readonly 'all-namespaces'?: unknown };
  /** The backup that the verb is about, when it is about one; then types and namespaces are the backup's. */
  readonly backup: string | undefined;
  readonly type: string | undefined;
}

/** More names than this help nobody choose. */
const mostNames = 500;

/** What the location, the backup or the cluster has of a kind. */
export async function* liveCandidates(kind: LiveKind, typed: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  switch (kind) {
    case 'backup':
      yield* backups(typed, shell);
      break;
    case 'type':
      yield* typed.backup === undefined ? clusterTypes(typed, shell) : backupTypes(typed.backup, typed, shell);
      break;
    case 'namespace':
      yield* typed.backup === undefined
        ? clusterNamespaces(typed, shell)
        : backupNamespaces(typed.backup, typed, shell);
      break;
    case 'object':
      if (typed.backup !== undefined) yield* objects(typed.backup, typed, shell);
      break;
    case 'location':
      for (const { name, uri } of await (await userLocations(shell)).list()) yield { value: name, text: uri };
      break;
    case 'file':
  }
}

async function* backups({ flags }: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  for await (const { name, summary } of listBackups(await openLocation(flags.from, shell), shell.signal)) {
    if (summary === undefined) yield { value: name };
    else {
      const age = formatAgeAt(summary.startedAt, shell.clock.now());
      yield { value: name, text: `${age} ago, ${formatCount(countsOf(summary).objects, 'object')}` };
    }
  }
}

async function* backupTypes(named: string, typed: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  yield { value: 'all', text: 'every type' };
  for (const type of (await open(named, typed, shell)).header.types) {
    if (type.count > 0) yield { value: typeName(type), text: formatCount(type.count, type.kind, type.kind) };
  }
}

async function* backupNamespaces(named: string, typed: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  const { types } = (await open(named, typed, shell)).header;
  for (const value of new Set(types.flatMap(({ namespaces }) => Object.keys(namespaces)))) yield { value };
}

async function* objects(named: string, typed: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  const backup = await open(named, typed, shell);
  const type = resolveType(typed.type ?? '', backup.header.types, basename(named));
  const isEverywhere = !type.namespaced || typed.flags['all-namespaces'] === true;
  const { namespace } = typed.flags;
  const own = typeof namespace === 'string' ? namespace : await contextNamespace(typed.flags, shell);
  let count = 0;
  for await (const { name } of backup.entries({
    types: [typeName(type)],
    namespaces: isEverywhere ? undefined : [own],
  })) {
    yield { value: name };
    if (++count === mostNames) return;
  }
}

async function open(named: string, { flags }: TypedSoFar, shell: Shell): Promise<Backup> {
  return await openFound(await findBackup(named, flags.from, shell), {}, shell);
}

async function* clusterTypes({ flags }: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  const { types } = await (await openCluster(flags, shell)).discover(shell.signal);
  for (const type of types) yield { value: typeName(type), text: type.kind };
}

async function* clusterNamespaces({ flags }: TypedSoFar, shell: Shell): AsyncGenerator<Candidate> {
  const reader = await openCluster(flags, shell);
  for await (const { objects: found } of reader.list({ type: namespaceType, signal: shell.signal })) {
    for (const { name } of found) yield { value: name };
  }
}
