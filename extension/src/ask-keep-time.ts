import { parseTtl } from '@infrabackup/core';
import { askText, pickOne, problemOf } from './pick.ts';

const dayMs = 86_400_000;

const spans = [
  { label: 'For ever', ttlMs: undefined },
  { label: '7 days', ttlMs: 7 * dayMs },
  { label: '30 days', ttlMs: 30 * dayMs },
  { label: '1 year', ttlMs: 365 * dayMs },
];

/**
 * How long a backup is to be kept at least, in milliseconds, as the user says; undefined: for ever. What its
 * specification asks for is offered first.
 */
export async function askKeepTime(specifiedMs: number | undefined): Promise<number | undefined> {
  const specified = { label: 'As the file says', ttlMs: specifiedMs };
  const other = { label: 'Another time…', ttlMs: undefined };
  const items = [...(specifiedMs === undefined ? [] : [specified]), ...spans, other];
  const chosen = await pickOne(items, 'Keep it for how long? After that, prune may delete it');
  return chosen === other ? parseTtl(await askTime()) : chosen.ttlMs;
}

function askTime(): Promise<string> {
  return askText({
    title: 'Keep the Backup For',
    placeHolder: '24h, 30d or 1h30m',
    validateInput: (text) => problemOf(() => parseTtl(text)),
  });
}
