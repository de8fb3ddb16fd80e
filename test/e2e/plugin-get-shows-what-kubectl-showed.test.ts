import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnCluster } from '../cluster/suite.ts';
import { openWorkplace, type Workplace } from '../support/plugin.ts';

/** What controllers write anew all the time is left out of a backup in part: these would differ by objects. */
const noise = ['endpoints', 'endpointslices.discovery.k8s.io'];

/** The tables are those of the newest release; an older server sets some of its own otherwise. */
const tablesOf = '1.36.3';

for (const version of [tablesOf, '1.30.14']) {
  await describeOnCluster('get', { version, fixtures: true }, (on) => {
    let workplace: Workplace;
    let backup: string;
    /** Every type that holds something, in a list as `get` takes it. */
    let types: string;
    let shown: { readonly json: string; readonly wide: string; readonly name: string };

    const kubectl = async (...args: readonly string[]): Promise<string> =>
      (await on.cluster.kubectl(['get', ...args], { user: on.cluster.clusterAdmin })).stdout;
    const get = (...args: readonly string[]): Promise<string> => workplace.succeed('get', backup, ...args);

    beforeAll(async () => {
      workplace = await openWorkplace(on.cluster.clusterAdmin);
      await workplace.succeed('create', 'first');
      types = await typesOf('first');
      // Controllers are still at work on the fixtures: what is compared must be the same before and after the backup.
      for (let attempt = 1; ; attempt++) {
        backup = `attempt-${attempt}`;
        const [json, wide, name] = await Promise.all(
          ['json', 'wide', 'name'].map((format) => kubectl(types, '-A', '-o', format)),
        );
        shown = { json: json!, wide: wide!, name: name! };
        await workplace.succeed('create', backup);
        if ((await kubectl(types, '-A', '-o', 'json')) === json) break;
        if (attempt === 10) throw new Error('the cluster does not come to rest');
      }
    });
    afterAll(() => workplace[Symbol.asyncDispose]());

    async function typesOf(name: string): Promise<string> {
      const summary = JSON.parse(await workplace.succeed('describe', name, '-o', 'json')) as {
        types: { plural: string; group: string; count: number }[];
      };
      return summary.types
        .filter(({ count }) => count > 0)
        .map(({ plural, group }) => (group === '' ? plural : `${plural}.${group}`))
        .filter((type) => !noise.includes(type))
        .join(',');
    }

    it('every object of every type, to the last field', async () => {
      expect(types.split(',').length).toBeGreaterThan(40);
      const ours = itemsOf(await get(types, '-A', '-o', 'json', '--show-secrets'));
      const theirs = itemsOf(shown.json);
      expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
      for (const [key, item] of ours) expect(item, key).toEqual(theirs.get(key));
    });

    it('the same names', async () => {
      expect(linesOf(await get(types, '-A', '-o', 'name'))).toEqual(linesOf(shown.name));
    });

    if (version === tablesOf) {
      it('the same wide table of every type', async () => {
        expect(linesOf(await get(types, '-A', '-o', 'wide'))).toEqual(linesOf(shown.wide));
      });
    }

    it('tables set as kubectl sets them', async () => {
      const words = ['deploy,svc,cm', '-n', 'shop'];
      expect(withoutAges(await get(...words))).toBe(withoutAges(await kubectl(...words)));
    });

    it('the same YAML of one object', async () => {
      const words = ['deploy', 'storefront', '-n', 'shop', '-o', 'yaml'];
      expect(await get(...words)).toBe(await kubectl(...words));
    });

    it('YAML that kubectl takes back, and finds no change in', async () => {
      const yaml = await get('deploy,svc,netpol,role,ing', '-n', 'shop', '-o', 'yaml');
      const { stdout } = await on.cluster.kubectl(['diff', '-f', '-'], { input: yaml, user: on.cluster.clusterAdmin });
      expect(stdout).toBe('');
    });
  });
}

interface Item {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

function itemsOf(list: string): ReadonlyMap<string, Item> {
  const { items } = JSON.parse(list) as { items: Item[] };
  return new Map(
    items.map((item) => [[item.apiVersion, item.kind, item.metadata.namespace, item.metadata.name].join('/'), item]),
  );
}

/**
 * Lines in any order (kubectl sorts some types by a field), blanks as one, and without the head of the first column,
 * which kubectl has for objects that are in no namespace too when it is asked for several types.
 */
function linesOf(text: string): readonly string[] {
  return withoutAges(text)
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/ +/g, ' ')
        .replace(/^(NAMESPACE )?(?=NAME )/, '')
        .trim(),
    )
    .sort();
}

/** Time has passed between the backup and kubectl's question. */
function withoutAges(text: string): string {
  return text.replaceAll(/\b\d+[smhd](\d+[smhd])?\b/g, 'AGE').replaceAll(/ +$/gm, '');
}
