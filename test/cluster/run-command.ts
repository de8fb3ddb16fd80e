import { spawn, type ChildProcess } from 'node:child_process';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to the command's standard input. */
  readonly input?: string | Uint8Array;
}

/** A command ended with another code than 0, by a signal, or could not be started. */
export class CommandError extends Error {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(what: string, exitCode: number | null, { stdout, stderr }: CommandResult) {
    super(
      `${what} ended with ${exitCode === null ? 'a signal' : `exit code ${exitCode}`}: ${lastLines(stderr || stdout, 20)}`,
    );
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** The output of a command that ended with 0; throws CommandError when it did not, ENOENT when there is no such command. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, input }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env }),
  });
  // A command that reads no input closes its end; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return collectOutput(child, `${command} ${args.join(' ')}`);
}

/** As runCommand, of a process that was started elsewhere with its output piped. */
export function collectOutput(
  child: ChildProcess,
  what: string,
  onStderrLine?: (line: string) => void,
): Promise<CommandResult> {
  const result = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      result[stream] += text;
      if (stream === 'stderr' && onStderrLine !== undefined) text.split('\n').filter(Boolean).forEach(onStderrLine);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(result);
      else reject(new CommandError(what, code, result));
    });
  });
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
