import { inspect } from 'node:util';
import { errorCodes, exitCodeOf, isAppError, type Outcome } from '@infrabackup/core';
import { clientVersion, reportTo } from '../client-version.ts';
import { paint } from './paint.ts';
import { redactText } from './redact-text.ts';
import type { Shell, Sink } from '../shell.ts';

/** How a command that threw ends. */
export function outcomeOf(error: unknown): Outcome {
  if (isAppError(error)) return errorCodes[error.code].outcome;
  return error instanceof Error && error.name === 'AbortError' ? 'cancelled' : 'bug';
}

/**
 * The error as it is printed: `error: ...` and `hint: ...`, or one JSON object where the command line asked for JSON.
 *
 * Causes are told from `-v=4` on. What other programs said is redacted; a fault of our own comes with its stack.
 */
export function renderFailure(error: unknown, argv: readonly string[], shell: Shell): string {
  const failure = failureOf(error);
  const causes = verbosity(argv) >= 4 ? causesOf(error) : [];
  if (wantsJson(argv)) return `${JSON.stringify({ error: { ...failure, ...(causes.length > 0 && { causes }) } })}\n`;
  const lines = [
    // The one error that users of kubectl know by its words.
    `${failure.code === 'OBJECT_NOT_FOUND' ? 'Error from backup (NotFound)' : 'error'}: ${failure.message}`,
    ...causes.map((cause) => `caused by: ${cause}`),
    ...(failure.hint === undefined ? [] : [`hint: ${failure.hint}`]),
  ];
  return `${lines.map((line) => colourHead(line, shell.err)).join('\n')}\n`;
}

interface Failure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly refs?: readonly string[];
}

function failureOf(error: unknown): Failure {
  const outcome = outcomeOf(error);
  const exitCode = exitCodeOf(outcome);
  if (isAppError(error)) {
    const { code, message, hint, refs } = error;
    return { code, exitCode, message, hint, ...(refs.length > 0 && { refs }) };
  }
  if (outcome === 'cancelled') return { code: 'CANCELLED', exitCode, message: 'stopped before it was done' };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'INTERNAL',
    exitCode,
    message: `this is a fault of infrabackup ${clientVersion} (Node ${process.version}):\n${redactText(stack)}`,
    hint: `please report it, with the lines above, at ${reportTo}`,
  };
}

function causesOf(error: unknown): readonly string[] {
  const causes: string[] = [];
  for (let cause = causeOf(error); cause !== undefined && causes.length < 8; cause = causeOf(cause)) {
    causes.push(redactText(cause instanceof Error ? `${cause.name}: ${cause.message}` : inspect(cause)));
  }
  return causes;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Read off the words themselves: the error may be that they could not be parsed. */
function wantsJson(argv: readonly string[]): boolean {
  return /(^|\s)(-o[ =]?|--output[ =])json(\s|$)/.test(argv.join(' '));
}

function verbosity(argv: readonly string[]): number {
  return Number(/(?:^|\s)--?v[ =]?(\d+)(?:\s|$)/.exec(argv.join(' '))?.[1] ?? 0);
}

function colourHead(line: string, sink: Sink): string {
  const head = /^(error|Error from backup \(NotFound\)|hint|caused by): /.exec(line)?.[0];
  if (head === undefined) return line;
  return paint(/^error/i.test(head) ? 'red' : 'cyan', head, sink) + line.slice(head.length);
}
