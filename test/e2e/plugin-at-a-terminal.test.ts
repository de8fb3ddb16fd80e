import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { generateObjects } from '../fixtures/generate.ts';
import { launcher, openWorkplace, type Workplace } from '../support/plugin.ts';

await describeOnCluster('the plugin', {}, (on) => {
  let workplace: Workplace;
  beforeAll(async () => {
    await generateObjects(on.cluster, { count: 3_000 });
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await workplace.succeed('create', 'one');
    await workplace.succeed('create', 'two', '--include-resources', 'namespaces');
  });
  afterAll(() => workplace[Symbol.asyncDispose]());

  /** Runs the plugin at a terminal (of util-linux' script) of 60 columns, and types what is given when it asks. */
  async function atTerminal(args: readonly string[], type?: { readonly at: RegExp; readonly text: string }) {
    const command = ['stty cols 60;', process.execPath, launcher, ...args].join(' ');
    const child = spawn('/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NO_COLOR: undefined,
        TERM: 'xterm',
        KUBECONFIG: on.cluster.clusterAdmin.kubeconfigPath,
        HOME: workplace.home,
        XDG_DATA_HOME: `${workplace.home}/data`,
        XDG_CONFIG_HOME: `${workplace.home}/config`,
      },
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      shown += more;
      if (type !== undefined && type.at.test(shown)) {
        child.stdin.write(type.text);
        type = undefined;
      }
    });
    const [exitCode] = (await once(child, 'close')) as [number];
    return { exitCode, shown };
  }

  it('shows how far it is on one line of a terminal, in colours, and removes that line', async () => {
    const { exitCode, shown } = await atTerminal(['create', 'watched', '--chunk-size', '20', '--concurrency', '1']);
    expect(exitCode).toBe(0);
    const states = shown.split('\r\u001b[K');
    expect(states.some((state) => /^types \d+\/\d+ {2}objects [\d,]+ {2}/.test(state))).toBe(true);
    for (const state of states.slice(1, -1)) expect(state.length).toBeLessThan(60);
    expect(states.at(-1)).toContain('Backup watched: ');
    expect(shown).toContain('\u001b[33mwarning:');
  });

  it('is quiet in a pipe: no progress, no colour, no control character', async () => {
    const { stdout, stderr } = await workplace.run('create', 'piped');
    // eslint-disable-next-line no-control-regex -- that there are none is the point
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(stderr).toMatch(/^warning: /);
  });

  it('asks before it deletes, and takes no for an answer', async () => {
    const no = await atTerminal(['delete', 'two'], { at: /\[y\/N\] /, text: 'n\n' });
    expect([no.exitCode, no.shown]).toEqual([130, expect.stringContaining('nothing was changed')]);
    expect(await workplace.succeed('list', '-o', 'name')).toContain('two\n');
    const yes = await atTerminal(['delete', 'two'], { at: /\[y\/N\] /, text: 'y\n' });
    expect([yes.exitCode, yes.shown]).toEqual([0, expect.stringContaining('backup "two" deleted')]);
    expect(await workplace.succeed('list', '-o', 'name')).not.toContain('two\n');
  });

  it('ends with 130 when Ctrl-C, or the end of input, answers a question', async () => {
    for (const typed of ['\u0003', '\u0004']) {
      const { exitCode, shown } = await atTerminal(['delete', 'one'], { at: /\[y\/N\] /, text: typed });
      expect([exitCode, shown]).toEqual([130, expect.stringContaining('error: ')]);
      expect(await workplace.succeed('list', '-o', 'name')).toContain('one\n');
    }
  });

  it('stops at Ctrl-C with 130, says that nothing was kept, and clears away', async () => {
    const slow = ['create', 'stopped', '--chunk-size', '2', '--concurrency', '1'];
    const { exitCode, shown } = await atTerminal(slow, { at: /objects [1-9]/, text: '\u0003' });
    expect(exitCode).toBe(130);
    expect(shown).toMatch(/error: .*stopped/);
    expect(await workplace.succeed('list', '-o', 'name')).not.toContain('stopped\n');
    await workplace.succeed('create', 'stopped', '--include-resources', 'namespaces');
  });

  it('ends at once at the second Ctrl-C', async () => {
    const running = workplace.start('create', 'stopped-twice', '--chunk-size', '1', '--concurrency', '1', '-o', 'json');
    await once(running.process.stdout!, 'data');
    running.process.kill('SIGINT');
    running.process.kill('SIGINT');
    expect((await running.result).exitCode).toBe(130);
    await workplace.run('delete', 'stopped-twice', '--yes');
  });

  it('is an error that names --yes where there is nobody to ask', async () => {
    const { exitCode, stderr } = await workplace.run('delete', 'one');
    expect(exitCode).toBe(6);
    expect(stderr).toContain('hint: kubectl infrabackup delete one --yes');
  });

  it('stops early and quietly when its reader has seen enough', async () => {
    const running = workplace.start('get', 'one', 'all', '-A', '-o', 'yaml');
    await once(running.process.stdout!, 'data');
    running.process.stdout!.destroy();
    const startedMs = performance.now();
    const [[exitCode], stderr] = await Promise.all([
      once(running.process, 'close') as Promise<[number]>,
      text(running.process.stderr!),
      Promise.race([running.result.catch(() => undefined), sleep(1)]),
    ]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
