import { beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

/** The first whole number that a double does not hold, and the one that it becomes there. */
const exact = '9007199254740993';
const rounded = '9007199254740992';

await describeOnCluster('a whole number beyond 2^53', {}, (on) => {
  let workplace: Workplace;
  // What kubectl merges by itself it rounds; the server does not.
  const apply = (spec: string): Promise<unknown> =>
    on.cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: `{"apiVersion":"example.com/v1","kind":"Ledger","metadata":{"name":"books","namespace":"default"},"spec":${spec}}`,
    });
  const entries = async (): Promise<string> =>
    (await on.cluster.kubectl(['get', 'ledgers', 'books', '-o', 'jsonpath={.spec}'])).stdout;

  beforeAll(async () => {
    workplace = await openWorkplace(on.cluster.clusterAdmin);
    await on.cluster.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'ledgers.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'ledgers', singular: 'ledger', kind: 'Ledger' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
                },
              },
            },
          ],
        },
      }),
    });
    await on.cluster.kubectl(['wait', '--for=condition=Established', 'crd/ledgers.example.com']);
    await apply(`{"total":${exact},"many":[-${exact}]}`);
    await workplace.succeed('create', 'before');
    return async () => workplace[Symbol.asyncDispose]();
  });

  it('is what diff and history show, and what a restore brings back, changed or deleted', async () => {
    const spec = `{"many":[-${exact}],"total":${exact}}`;
    expect(await entries()).toBe(spec);
    await apply(`{"total":${rounded},"many":[-${exact}]}`);
    const { exitCode, stdout } = await workplace.run('diff', 'before', 'ledger/books', '-n', 'default');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`-  total: ${rounded}\n+  total: ${exact}\n`);

    await workplace.succeed('create', 'after');
    const history = await workplace.succeed('history', 'ledger/books', '-n', 'default');
    expect(history).toContain(`spec.total ${exact} -> ${rounded}`);

    await workplace.succeed('restore', 'before', 'ledger/books', '-n', 'default', '--yes');
    expect(await entries()).toBe(spec);
    await on.cluster.kubectl(['delete', 'ledger', 'books']);
    await workplace.succeed('restore', 'before', 'ledger/books', '-n', 'default', '--yes');
    expect(await entries()).toBe(spec);
    expect((await workplace.run('diff', 'before', 'ledger/books', '-n', 'default')).exitCode).toBe(0);
  });

  it('is what an undo puts back', async () => {
    await apply(`{"total":${rounded},"many":[-${exact}]}`);
    const changed = await entries();
    const id = (
      await workplace.succeed('restore', 'before', 'ledger/books', '-n', 'default', '--yes', '-o', 'name')
    ).trim();
    await workplace.succeed('undo', id, '--yes');
    expect(await entries()).toBe(changed);
    expect(changed).toContain(rounded);
  });
});
