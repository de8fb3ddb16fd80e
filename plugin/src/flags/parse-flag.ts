import { AppError, isAppError, parseTtl } from '@infrabackup/core';
import { nearest } from './nearest.ts';
import type { Flag } from './flag.ts';

/**
 * What the texts that the user gave for a flag mean; throws USAGE when they mean nothing.
 *
 * Booleans are those of Go's strconv.ParseBool, as in kubectl.
 */
export function parseFlag(name: string, flag: Flag, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? '';
  switch (flag.kind) {
    case 'boolean':
      if (/^(1|t|T|TRUE|true|True)$/.test(last)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(last)) return false;
      throw invalid(name, last, 'true or false');
    case 'integer':
      if (!/^\d{1,9}$/.test(last)) throw invalid(name, last, 'a whole number');
      return Number(last);
    case 'ttl':
      return ttlOf(name, last);
    case 'timeout':
      return parseTimeout(name, last);
    case 'list':
      return texts
        .flatMap((text) => text.split(','))
        .map((text) => text.trim())
        .filter((text) => text !== '');
    case 'repeated':
      return texts;
    case 'string':
      return parseChoice(name, flag, last);
  }
}

function parseChoice(name: string, flag: Flag, text: string): string {
  if (flag.choices === undefined || flag.choices.includes(text)) return text;
  const near = nearest(text, flag.choices);
  throw invalid(name, text, flag.choices.join(', '), near === undefined ? undefined : `did you mean ${near}?`);
}

function ttlOf(name: string, text: string): number {
  try {
    return parseTtl(text);
  } catch (error) {
    throw isAppError(error, 'USAGE') ? invalid(name, text, 'a length of time', error.hint) : error;
  }
}

/** Source: https://github.com/kubernetes/client-go/blob/v0.36.3/tools/clientcmd/helpers.go (ParseTimeout) */
function parseTimeout(name: string, text: string): number {
  const [, seconds] = /^(\d{1,9})$/.exec(text) ?? [];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  const parts = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/.exec(text)?.slice(1);
  if (parts?.some((part) => part) !== true) throw invalid(name, text, 'a time like 30s or 1m30s');
  const unitsMs = [3_600_000, 60_000, 1_000, 1];
  return parts.reduce((sum, part, at) => sum + Number(part || 0) * unitsMs[at]!, 0);
}

function invalid(name: string, text: string, expected: string, hint?: string): AppError {
  return new AppError('USAGE', `--${name} takes ${expected}, not '${text}'`, { hint });
}
