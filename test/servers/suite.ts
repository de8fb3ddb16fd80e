import { afterAll, beforeAll, describe, it } from 'vitest';
import { ServerUnavailableError } from './provision-folder.ts';

/** What a suite works on; the server runs from before its first test until after its last. */
export interface OnServer<Server> {
  readonly server: Server;
}

/**
 * A vitest suite with a server of its own. Getting the server may take minutes the first time. Where it cannot be had
 * the suite is skipped and says so by name on stderr; where CI=true it fails instead.
 */
export async function describeOnServer<Provisioned, Server extends { stop(): Promise<void> }>(
  title: string,
  provision: () => Promise<Provisioned>,
  start: (provisioned: Provisioned) => Promise<Server>,
  body: (on: OnServer<Server>) => void | Promise<void>,
): Promise<void> {
  let provisioned: Provisioned;
  try {
    provisioned = await provision();
  } catch (error) {
    if (!(error instanceof ServerUnavailableError)) throw error;
    if (process.env['CI'] === 'true') {
      it(title, () => {
        throw error;
      });
      return;
    }
    process.stderr.write(`\nSKIPPED: ${title}\n${error.message}\n\n`);
    describe.skip(title, () => it('needs its server', () => undefined));
    return;
  }
  describe(title, async () => {
    const on: { server?: Server } = {};
    beforeAll(async () => {
      on.server = await start(provisioned);
    });
    // Absent when it did not start.
    afterAll(() => on.server?.stop());
    await body(on as OnServer<Server>);
  });
}
