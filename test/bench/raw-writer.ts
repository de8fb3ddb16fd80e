/**
 * The least that any restore must do: creates objects as they are, so many at a time, each in one request. A program of
 * its own, the baseline of `restore`.
 *
 * `node raw-writer.ts ACCESS-JSON CONCURRENCY OBJECTS-JSONL`, where a line is `[path, body]`.
 */
import { readFileSync } from 'node:fs';
import { createApiClient, type ApiClientOptions } from '../cluster/api-client.ts';

const [accessFile, concurrency, objectsFile] = process.argv.slice(2);
const access = JSON.parse(readFileSync(accessFile!, 'utf8')) as ApiClientOptions;
const api = createApiClient({ ...access, connections: Number(concurrency) });
const queue = readFileSync(objectsFile!, 'utf8').trimEnd().split('\n').values();

async function writeSome(): Promise<void> {
  for (const line of queue) {
    const [path, body] = JSON.parse(line) as [string, unknown];
    const answer = await api.request('POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path} answered ${String(answer.status)}: ${answer.body}`);
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, writeSome));
api.close();
