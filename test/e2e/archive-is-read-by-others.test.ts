import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createArchiveWriter, formatVersion, rawObject } from '@infrabackup/core';
import type { ResourceType } from '@infrabackup/core';
import { openDiskSpool } from '@infrabackup/storage';

// GNU tar, gzip and Python read archives in the tests beside the writer; these two need a library or a compiler.

const names = ['plain', 'system:node', 'a.b-c', 'x'.repeat(100), 'y'.repeat(253), 'ünï-日本🦊'];
const configMaps: ResourceType = {
  ...{ group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', singular: 'configmap', namespaced: true },
  ...{ shortNames: [], categories: [], verbs: ['list'], subresources: [], servedVersions: ['v1'] },
};

let folder: string;
let archive: Buffer;
let expected: [string, string][];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrabackup-archive-'));
  const writer = await createArchiveWriter({ openSpool: () => openDiskSpool(folder) });
  const segment = writer.segment(configMaps);
  const contents = names.map((name, i): [string, string] => {
    // The last one is longer than a member usually is.
    const data = { key: 'value '.repeat(i === names.length - 1 ? 60_000 : i) };
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data });
    segment.add(rawObject(Buffer.from(json)));
    return [`resources/configmaps/namespaces/shop/${name}.json`, json];
  });
  const stats = await segment.close();
  const finished = await writer.finish({
    ...{ format: formatVersion, name: 'sample', tool: 'test', startedAt: '2026-11-21T08:30:00Z', contentTable: 1 },
    ...{ cluster: { version: 'v1.36.3', server: 'https://127.0.0.1' }, selection: { rules: [{}] }, labels: {} },
    ...{ encryption: null, types: [{ ...configMaps, ...stats }], shortfalls: [], warnings: [] },
  });
  archive = Buffer.concat(await Array.fromAsync(finished.archive.stream()));
  await writer.close();
  expected = [
    ['metadata/version', '1.1.0\n'],
    ...contents.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  ];
});

afterAll(() => rm(folder, { recursive: true }));

test('tar-stream reads every entry', async () => {
  const entries = extract();
  Readable.from([archive]).pipe(createGunzip()).pipe(entries);
  const read: [string, string][] = [];
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    expect(entry.header).toMatchObject({ type: 'file', mode: 0o644, uid: 0, gid: 0 });
    read.push([entry.header.name, Buffer.concat(chunks).toString()]);
  }
  expect(read.slice(0, -2)).toEqual(expected);
});

const hasGo = spawnSync('go', ['version']).status === 0;

describe.skipIf(!hasGo)(`Go, as Velero does${hasGo ? '' : ' (not run: go is not installed)'}`, () => {
  const program = `package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	reader := tar.NewReader(must(gzip.NewReader(os.Stdin)))
	read := [][]string{}
	for {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		if must(header, err).Typeflag != tar.TypeReg || header.Mode != 0o644 {
			panic(header.Name)
		}
		read = append(read, []string{header.Name, string(must(io.ReadAll(reader)))})
	}
	json.NewEncoder(os.Stdout).Encode(read)
}
`;

  test('reads every entry', async () => {
    await writeFile(join(folder, 'main.go'), program);
    const output = execFileSync('go', ['run', 'main.go'], { cwd: folder, input: archive, maxBuffer: 1 << 26 });
    expect((JSON.parse(output.toString()) as [string, string][]).slice(0, -2)).toEqual(expected);
  });
});
