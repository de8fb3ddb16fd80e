import { randomUUID } from 'node:crypto';
import type { LocationCheck } from '@infrabackup/storage';
import { outputFlag } from '../../flags/output-flags.ts';
import { openLocation } from '../../open-location.ts';
import { renderJson } from '../../render/json.ts';
import { paint } from '../../render/paint.ts';
import type { Sink } from '../../shell.ts';
import { defineVerb } from '../../verb.ts';

/** `location check`: whether a place does all that backups need. */
export const locationCheck = defineVerb({
  usage: 'location check [LOCATION]',
  arity: [0, 1],
  completes: ['location', 'nothing'],
  flags: { output: outputFlag(['text', 'json']) },
  description:
    'Writes a probe into the location, reads it back whole and in part, sees that nobody else could take its name, lists it and removes it. LOCATION is a name, a URI or a folder; the default location when left out.',
  examples: [
    ['kubectl infrabackup location check', 'The default location'],
    ['kubectl infrabackup location check /mnt/usb/backups', 'A folder'],
  ],
  outcomes: ['not-found', 'location'],
  run: async ({ positionals: [named], flags }, shell) => {
    const store = await openLocation(named, shell);
    const { checkLocation } = await import('@infrabackup/storage');
    const steps: LocationCheck[] = [];
    for await (const step of checkLocation(store, randomUUID(), shell.signal)) {
      steps.push(step);
      if (flags.output !== 'json') await shell.out.write(renderStep(step, shell.out));
    }
    if (flags.output === 'json') await shell.out.write(renderJson({ location: store.uri, steps }));
    const failed = steps.find(({ problem }) => problem !== undefined);
    if (failed?.problem !== undefined) throw failed.problem;
    if (flags.output !== 'json') await shell.out.write(`${store.uri} is fit for backups\n`);
    return 'done';
  },
});

const signs = {
  done: ['green', 'ok'],
  absent: ['yellow', 'no'],
  failed: ['red', 'failed'],
} as const;

function renderStep({ proves, outcome }: LocationCheck, sink: Sink): string {
  const [colour, sign] = signs[outcome];
  return `${paint(colour, sign.padEnd(8), sink)}${proves}${outcome === 'absent' ? ', which it does not claim' : ''}\n`;
}
