import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

it.each(['prod', '/mnt/backups', 's3://bucket/prefix', 'az://account/container'])('%s stays as it is', (text) => {
  expect(shellWord(text)).toBe(text);
});

it.each([
  's3://bucket?endpoint=https://host:9000&ca=/x',
  '/mnt/my backups',
  "it's",
  '$HOME',
  '`id`',
  'a"b\\c',
  '*',
  '',
])('%s is one word to a shell, and means itself', (text) => {
  expect(execFileSync('sh', ['-c', `printf '<%s>' ${shellWord(text)}`]).toString()).toBe(`<${text}>`);
});
