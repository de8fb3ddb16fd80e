import { ExecFailure, runExec } from '../exec/run-exec.ts';

/** How git ended, when not with 0. No user name or password of a URL is in it. */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  /** What it wrote to standard error and standard output. */
  readonly said: string;

  constructor(exitCode: number | null, said: string) {
    const clean = said.replaceAll(/\/\/[^/\s@]*@/g, '//');
    const lines = clean.split('\n').map((line) => line.trim());
    // What follows the reason is advice, the same for all reasons.
    const reason =
      lines.find((line) => /^(fatal|error|remote: (error|fatal)|ssh): /i.test(line)) ?? lines.find(Boolean);
    super((reason ?? `git ended with ${exitCode ?? 'a signal'}`).slice(0, 300));
    this.said = clean;
  }
}

/** What a call of git gets beside its words. */
export interface GitCall {
  readonly signal?: AbortSignal | undefined;
  /** Standard input; nothing when left out. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
}

/** Calls the user's git, with what the user has configured, on one repository. */
export class Git {
  readonly #base: readonly string[];
  readonly #env: Readonly<Record<string, string | undefined>>;

  /** `folder` is the repository's own, and need not exist yet. */
  constructor(folder: string, env: Readonly<Record<string, string | undefined>>) {
    // Its caller says when to tidy up, and runs no hook of a template.
    this.#base = [
      `--git-dir=${folder}`,
      ...settings('gc.auto=0', 'maintenance.auto=false', 'core.hooksPath=/dev/null'),
    ];
    this.#env = env;
  }

  /** Standard output, as it comes. Throws {@link GitFailure}, and what the input throws as it is. */
  async *stream(args: readonly string[], { signal, input }: GitCall = {}): AsyncGenerator<Buffer> {
    const source = input && watched(input);
    const output: Buffer[] = [];
    try {
      const call = { command: 'git', args: [...this.#base, ...args], env: this.#env, signal };
      for await (const chunk of runExec({ ...call, ...(source !== undefined && { input: source.chunks }) })) {
        if (output.length === 0) output.push(chunk);
        yield chunk;
      }
    } catch (error) {
      if (source?.failure !== undefined) throw source.failure.error;
      if (!(error instanceof ExecFailure)) throw error;
      throw new GitFailure(error.exitCode, `${error.said}\n${Buffer.concat(output).toString()}`);
    }
  }

  /** The whole of standard output. Throws as {@link stream}. */
  async run(args: readonly string[], call: GitCall = {}): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.stream(args, call)));
  }

  /** Standard output as text, without the line's end. Throws as {@link stream}. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string> {
    return (await this.run(args, call)).toString().trimEnd();
  }
}

/**
 * The environment that git gets: the user's, in which git finds credentials, proxies and agents, but not the repository
 * that somebody might be in, and without a question to anybody who may not be there.
 */
export function gitEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  { ca, authorName, authorEmail }: { ca?: string; authorName?: string; authorEmail?: string },
): Readonly<Record<string, string | undefined>> {
  const kept = Object.entries(env).filter(([name]) => !repositoryVariables.test(name));
  return {
    GIT_TERMINAL_PROMPT: '0',
    // A server that has fallen silent does not hold a backup for ever.
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: '60',
    ...Object.fromEntries(kept),
    // Its messages are read here.
    LC_ALL: 'C',
    ...(ca !== undefined && { GIT_SSL_CAINFO: ca }),
    ...(authorName !== undefined && { GIT_COMMITTER_NAME: authorName }),
    ...(authorEmail !== undefined && { GIT_COMMITTER_EMAIL: authorEmail }),
  };
}

/** Source: `git rev-parse --local-env-vars`, without the configuration that is handed down in the environment. */
const repositoryVariables =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS|IMPLICIT_WORK_TREE|INTERNAL_SUPER_PREFIX|CONFIG|TRACE.*)$/;

/** Settings for one call of git. */
export function settings(...pairs: readonly string[]): readonly string[] {
  return pairs.flatMap((pair) => ['-c', pair]);
}

/** The input, and what it threw: of a command that is cut off by that only a signal is heard. */
function watched(input: AsyncIterable<Uint8Array>): {
  readonly chunks: AsyncIterable<Uint8Array>;
  failure?: { readonly error: unknown };
} {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* input;
    } catch (error) {
      source.failure = { error };
      throw error;
    }
  }
  const source: ReturnType<typeof watched> = { chunks: chunks() };
  return source;
}
