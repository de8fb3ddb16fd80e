import type { ServerResponse } from 'node:http';
import type { ListRequest, ResourceType } from '@infrabackup/core';
import { describe, expect, test } from 'vitest';
import type { ConnectionOptions } from '../connection/connection-options.ts';
import { loadConnection } from '../connection/load-connection.ts';
import { optionsFor, sendJson, sendStatus, serve, type FaultServer } from '../fault-server.ts';
import { listObjects } from './list-objects.ts';

const type: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['list'],
  subresources: [],
  servedVersions: ['v1'],
};

const names = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `n${from + i}`);

function page(objects: readonly string[], metadata: object = { resourceVersion: '7' }): string {
  const items = objects.map((name) => ({ metadata: { name, namespace: 'ns' }, data: { text: 'x'.repeat(200) } }));
  return JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata, items });
}

/** Sends the first bytes of a page and cuts the connection. */
function sendPart(response: ServerResponse, whole: string, length: number): void {
  response.writeHead(200).write(whole.slice(0, length));
  setTimeout(() => response.destroy(), 20);
}

const connect = (server: FaultServer, more: Partial<ConnectionOptions> = {}) =>
  loadConnection(optionsFor(server.url, { random: () => -1, ...more }));

async function read(
  server: FaultServer,
  request: Partial<ListRequest> = {},
): Promise<{ names: string[]; revisions: string[]; texts: string[] }> {
  const result = { names: [] as string[], revisions: [] as string[], texts: [] as string[] };
  for await (const { objects, revision } of listObjects(await connect(server), { type, ...request })) {
    if (revision !== undefined) result.revisions.push(revision);
    for (const { name, bytes } of objects) {
      result.names.push(name);
      result.texts.push(bytes.toString());
    }
  }
  return result;
}

describe('a list', () => {
  test('names its revision on the first page only, and its selectors on all', async () => {
    await using server = await serve((_, response, turn) => {
      const next = turn < 2 ? { continue: `t/${turn}` } : {};
      response.end(page(names(turn * 2, 2), { resourceVersion: '7', ...next }));
    });
    const request = { revision: '7', chunkSize: 2, namespace: 'ns', labelSelector: 'a in (b,c)', fieldSelector: 'x=y' };
    expect((await read(server, request)).names).toEqual(names(0, 6));
    const where = 'GET /api/v1/namespaces/ns/configmaps?limit=2&labelSelector=a%20in%20(b%2Cc)&fieldSelector=x%3Dy';
    expect(server.asked).toEqual([
      `${where}&resourceVersion=7&resourceVersionMatch=Exact`,
      `${where}&continue=t%2F0`,
      `${where}&continue=t%2F1`,
    ]);
  });

  test('gives objects whole, with the members that lists leave out', async () => {
    await using server = await serve((_, response) => response.end(page(['a'])));
    const { texts } = await read(server);
    expect(JSON.parse(texts[0]!)).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
  });

  test('tells its revision once, with the first objects or without any', async () => {
    await using full = await serve((_, response, turn) =>
      response.end(page(names(turn, 1), { resourceVersion: '7', ...(turn < 3 && { continue: `t${turn}` }) })),
    );
    expect((await read(full)).revisions).toEqual(['7']);
    await using empty = await serve((_, response) => response.end(page([], { resourceVersion: '9' })));
    expect(await read(empty)).toEqual({ names: [], revisions: ['9'], texts: [] });
  });

  test('tells the truth about a server that does not keep to the revision', async () => {
    await using server = await serve((_, response, turn) =>
      response.end(
        page(names(turn, 1), turn === 0 ? { resourceVersion: '8', continue: 't' } : { resourceVersion: '9' }),
      ),
    );
    expect((await read(server, { revision: '7' })).revisions).toEqual(['8', '9']);
    await using without = await serve((_, response) => response.end(page(['a'], {})));
    expect(await read(without, { revision: '7' })).toMatchObject({ names: ['a'], revisions: [] });
  });

  test('asks for the next page while this one is worked on, and not for the one after', async () => {
    await using server = await serve((_, response, turn) =>
      response.end(page(names(turn * 1_000, 1_000), { resourceVersion: '7', continue: `t${turn}` })),
    );
    const list = listObjects(await connect(server), { type });
    await list.next();
    await expect.poll(() => server.asked.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.asked.length).toBe(2);
    await list.return();
  });

  test('holds objects larger than any buffer', async () => {
    const text = 'y'.repeat(3 << 20);
    await using server = await serve((_, response) =>
      sendJson(response, 200, {
        metadata: { resourceVersion: '7' },
        items: [
          { metadata: { name: 'a' }, text },
          { metadata: { name: 'b' }, text },
        ],
      }),
    );
    const { names: read2, texts } = await read(server);
    expect(read2).toEqual(['a', 'b']);
    expect(texts.every((object) => object.includes(text))).toBe(true);
  });
});

describe('a list that is cut off', () => {
  const first = page(names(0, 400), { resourceVersion: '7', continue: 't' });
  const second = page(names(400, 400));

  test.each([
    ['in its head', 20, ''],
    ['in its first object', 150, ''],
    ['between objects', first.indexOf('n200') - 30, '&resourceVersion=7&resourceVersionMatch=Exact'],
    ['before its end', first.length - 1, '&resourceVersion=7&resourceVersionMatch=Exact'],
  ])('%s goes on where it broke off, each object once', async (_, length, pin) => {
    await using server = await serve((request, response) => {
      if (request.url!.includes('continue')) response.end(second);
      else if (server.asked.filter((path) => !path.includes('continue')).length === 1)
        sendPart(response, first, length);
      else response.end(first);
    });
    expect((await read(server)).names).toEqual(names(0, 800));
    expect(server.asked.filter((path) => !path.includes('continue'))).toEqual([
      'GET /api/v1/configmaps?limit=500',
      `GET /api/v1/configmaps?limit=500${pin}`,
    ]);
  });

  test('on a later page asks for that page again, several times if it must', async () => {
    await using server = await serve((request, response) => {
      const turn = server.asked.filter((path) => path.includes('continue')).length;
      if (!request.url!.includes('continue')) response.end(first);
      else if (turn < 4) sendPart(response, second, turn * 20_000);
      else response.end(second);
    });
    expect((await read(server)).names).toEqual(names(0, 800));
    expect(server.asked.slice(1)).toEqual(Array(4).fill('GET /api/v1/configmaps?limit=500&continue=t'));
  });

  test('and again before it has told its revision, still goes on', async () => {
    await using server = await serve((_, response, turn) => {
      if (turn < 3) sendPart(response, page(names(0, 400)), [50_000, 10, 60_000][turn]!);
      else response.end(page(names(0, 400)));
    });
    expect((await read(server)).names).toEqual(names(0, 400));
  });

  test('goes on as long as each attempt brings something new, and gives up when six bring nothing', async () => {
    await using server = await serve((_, response, turn) => sendPart(response, first, Math.min(turn + 1, 12) * 8_000));
    await expect(read(server)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(server.asked.length).toBe(12 + 6);
  });

  test.each([
    ['came back at another revision', page(names(0, 400), { resourceVersion: '8' })],
    ['came back with other objects', page(names(1, 400))],
    ['came back with fewer objects', page(names(0, 20))],
  ])('and %s is refused rather than mixed', async (_, other) => {
    await using server = await serve((_request, response, turn) => {
      if (turn === 0) sendPart(response, page(names(0, 400)), 50_000);
      else response.end(other);
    });
    await expect(read(server)).rejects.toMatchObject({
      code: 'CLUSTER_PROTOCOL',
      message: 'the list of configmaps was cut off and had changed when it was asked for again',
    });
  });

  describe('whose revision comes after its items, as in those of custom resources,', () => {
    const pageOfCustom = (objects: readonly string[], metadata: object = { resourceVersion: '7' }): string => {
      const { items } = JSON.parse(page(objects)) as { items: unknown };
      return JSON.stringify({ apiVersion: 'example.com/v1', items, kind: 'WidgetList', metadata });
    };

    test('goes on at the revision that was asked for', async () => {
      await using server = await serve((_, response, turn) => {
        if (turn === 0) sendPart(response, pageOfCustom(names(0, 400)), 50_000);
        else response.end(pageOfCustom(names(0, 400)));
      });
      expect((await read(server, { revision: '7' })).names).toEqual(names(0, 400));
      const path = 'GET /api/v1/configmaps?limit=500&resourceVersion=7&resourceVersionMatch=Exact';
      expect(server.asked).toEqual([path, path]);
    });

    test('goes on at the revision that its token stands for', async () => {
      await using server = await serve((_, response, turn) => {
        const metadata = { resourceVersion: '7', ...(turn === 0 && { continue: 't' }) };
        if (turn === 0) response.end(pageOfCustom(names(0, 400), metadata));
        else if (turn === 1) sendPart(response, pageOfCustom(names(400, 400), metadata), 50_000);
        else response.end(pageOfCustom(names(400, 400), metadata));
      });
      expect((await read(server)).names).toEqual(names(0, 800));
      expect(server.asked.slice(1)).toEqual(Array(2).fill('GET /api/v1/configmaps?limit=500&continue=t'));
    });

    test('and came back at another one is refused rather than mixed', async () => {
      await using server = await serve((_, response, turn) => {
        if (turn === 0) sendPart(response, pageOfCustom(names(0, 400)), 50_000);
        else response.end(pageOfCustom(names(0, 400), { resourceVersion: '8' }));
      });
      await expect(read(server, { revision: '7' })).rejects.toMatchObject({
        message: 'the list of configmaps was cut off and had changed when it was asked for again',
      });
    });
  });

  test('and has no revision cannot go on', async () => {
    await using server = await serve((_, response) => sendPart(response, page(names(0, 400), {}), 50_000));
    await expect(read(server)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(server.asked.length).toBe(1);
  });
});

test('a list that shares its requests asks for the next page ahead once one is spared, and gives it back', async () => {
  const [first, second] = [page(names(0, 2_000), { resourceVersion: '7', continue: 't' }), page(names(2_000, 2))];
  const begun = Promise.withResolvers<() => void>();
  await using server = await serve((_, response, turn) => {
    if (turn === 1) response.end(second);
    else {
      response.write(first.slice(0, first.length / 2), () =>
        begun.resolve(() => response.end(first.slice(first.length / 2))),
      );
    }
  });
  let [spared, tried] = [0, 0];
  const take = (): boolean => {
    tried++;
    return spared > 0 && spared-- > 0;
  };
  const list = listObjects(await connect(server), { type, spare: { take, giveBack: () => spared++ } });
  const seen: string[] = [];
  const readOn = async (): Promise<boolean> => {
    const { done, value } = await list.next();
    seen.push(...(value?.objects ?? []).map(({ name }) => name));
    return done === true;
  };
  await readOn();
  expect(tried).toBeGreaterThan(0);
  expect(server.asked.length).toBe(1);
  spared = 1;
  (await begun.promise)();
  await readOn();
  await expect.poll(() => server.asked.length).toBe(2);
  expect(spared).toBe(0);
  while (!(await readOn()));
  expect(seen).toEqual(names(0, 2_002));
  expect(spared).toBe(1);
});

test('a list that is spared no request asks for one page after another, also where only its end tells of the next', async () => {
  const taken = { take: () => false, giveBack: () => expect.unreachable() };
  const item = (name: string) => `{"metadata":{"name":"${name}"}}`;
  await using server = await serve((_, response, turn) => {
    const metadata = JSON.stringify({ resourceVersion: '7', ...(turn === 0 && { continue: 't' }) });
    response.end(`{"apiVersion":"v1","items":[${item(`n${turn}`)}],"kind":"ConfigMapList","metadata":${metadata}}`);
  });
  expect((await read(server, { spare: taken })).names).toEqual(names(0, 2));
});

describe('a list that fails', () => {
  test.each([0, 1])('with 410 on page %i says that the revision is gone', async (turnOfFailure) => {
    await using server = await serve((_, response, turn) => {
      if (turn === turnOfFailure) sendStatus(response, 410, 'Expired', 'too old resource version');
      else response.end(page(names(0, 2), { resourceVersion: '7', continue: 't' }));
    });
    const seen: string[] = [];
    let spared = 1;
    const spare = { take: () => spared > 0 && spared-- > 0, giveBack: () => spared++ };
    const reading = async () => {
      for await (const { objects } of listObjects(await connect(server), { type, revision: '7', spare })) {
        seen.push(...objects.map(({ name }) => name));
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'CLUSTER_REVISION_GONE' });
    expect(seen).toEqual(turnOfFailure === 0 ? [] : names(0, 2));
    expect(spared).toBe(1);
  });

  test.each([
    ['is garbage', 'no healthy upstream'],
    ['ends too early', page(names(0, 3)).slice(0, -40)],
    ['is something else', '{"kind":"Status","message":"surprise"}'],
    ['holds what is no object', '{"items":[1]}'],
  ])('because its body %s is no list', async (_, body) => {
    await using server = await serve((_request, response) => response.end(body));
    await expect(read(server)).rejects.toMatchObject({ code: 'CLUSTER_PROTOCOL' });
  });

  test('because its pages go round in circles ends', async () => {
    await using server = await serve((_, response) =>
      response.end(page(['a'], { resourceVersion: '7', continue: 'again' })),
    );
    await expect(read(server)).rejects.toMatchObject({
      code: 'CLUSTER_PROTOCOL',
      message: 'the pages of the list of configmaps go round in circles',
    });
  });

  test('because it is forbidden says which right is missing', async () => {
    await using server = await serve((_, response) =>
      sendStatus(response, 403, 'Forbidden', 'configmaps is forbidden'),
    );
    await expect(read(server, { namespace: 'shop' })).rejects.toMatchObject({
      code: 'CLUSTER_FORBIDDEN',
      hint: 'kubectl auth can-i list configmaps -n shop',
    });
  });
});

describe('whoever stops listening', () => {
  test('closes the page at hand and the one asked for ahead', async () => {
    let open = 0;
    await using server = await serve((_, response, turn) => {
      open++;
      response.on('close', () => open--);
      response.write(page(names(0, 500), { resourceVersion: '7', continue: `t${turn}` }).slice(0, -100));
    });
    let spared = 1;
    const spare = { take: () => spared-- > 0, giveBack: () => spared++ };
    const list = listObjects(await connect(server), { type, spare });
    await list.next();
    await expect.poll(() => open).toBe(2);
    expect(spared).toBe(0);
    await list.return();
    await expect.poll(() => open).toBe(0);
    expect(spared).toBe(1);
  });

  test('ends the request for the next page before it is answered, and leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    let ended = false;
    await using server = await serve((_, response, turn) => {
      if (turn === 0) response.write(page(names(0, 500), { resourceVersion: '7', continue: 't' }).slice(0, -100));
      else response.on('close', () => (ended = true));
    });
    // Turns of the loop, since a poll has a timer itself.
    const leastTimers = async (enough: number): Promise<number> => {
      for (let turns = 0; turns < 500 && timers() > enough; turns++) await new Promise(setImmediate);
      return timers();
    };
    const before = await leastTimers(0);
    const list = listObjects(await connect(server), { type });
    await list.next();
    await expect.poll(() => server.asked.length).toBe(2);
    await list.return();
    await expect.poll(() => ended).toBe(true);
    expect(await leastTimers(before)).toBeLessThanOrEqual(before);
  });

  test('is told so by its signal, in the middle of a page', async () => {
    const stop = new AbortController();
    await using server = await serve((_, response) => response.write(page(names(0, 500)).slice(0, -100)));
    const list = listObjects(await connect(server), { type, signal: stop.signal });
    await list.next();
    setTimeout(() => stop.abort(), 50);
    const rest = async () => {
      while ((await list.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
