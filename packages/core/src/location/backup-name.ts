import { AppError } from '../errors/app-error.ts';
import { formatInstant } from '../clock.ts';

/**
 * A DNS subdomain: Velero lists backups as objects of that name.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
 */
const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?';
const subdomain = new RegExp(`^${label}(\\.${label})*$`);

/** Below the 253 of a subdomain, so that the files named after it keep below the 255 of a file name. */
const maxLength = 200;

/** Whether the text can name a backup. */
export function isBackupName(text: string): boolean {
  return text.length <= maxLength && subdomain.test(text);
}

/** The text, when it can name a backup; throws USAGE otherwise. */
export function parseBackupName(text: string): string {
  if (isBackupName(text)) return text;
  throw new AppError('USAGE', `${JSON.stringify(text)} cannot name a backup`, {
    hint: `use at most ${maxLength} lower-case letters, digits, - and ., with a letter or digit at both ends and beside each dot`,
  });
}

/** The name of a backup that was given none: `all-20261121-083000`, in UTC. Two in one second collide. */
export function defaultBackupName(preset: string | undefined, timeMs: number): string {
  const [date, time] = formatInstant(timeMs).slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  return `${preset ?? 'custom'}-${date!}-${time!}`;
}
