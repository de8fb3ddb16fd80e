import { describe, expect, it } from 'vitest';
import { statusOf, type LastBackup } from './status.ts';

const nowMs = Date.parse('2026-11-21T10:30:00Z');
const startedAt = '2026-11-21T07:30:00Z';

describe('statusOf', () => {
  it.each<[string, string | undefined, LastBackup | undefined, string, string]>([
    ['has no backup', 'prod', undefined, '$(archive) prod', 'none'],
    ['is complete', 'prod', { name: 'a', state: 'complete', startedAt }, '$(archive) prod · 3 hours ago', 'none'],
    ['is partial', 'prod', { name: 'a', state: 'partial', startedAt }, '$(warning) prod · 3 hours ago', 'warning'],
    ['cannot be read', 'prod', { name: 'a', state: 'broken' }, '$(error) prod', 'error'],
    ['has no cluster', undefined, undefined, '$(archive) no cluster', 'none'],
  ])('tells by icon, text and colour when the last backup %s', (_, context, last, text, severity) => {
    expect(statusOf(context, last, nowMs)).toMatchObject({ text, severity });
  });
});
