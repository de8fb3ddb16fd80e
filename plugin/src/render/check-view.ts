import type { CheckFinding, CheckResult } from '@infrabackup/core';
import type { ListView } from './list-view.ts';
import { formatNumber } from './quantity.ts';

/** The findings as a table, what cannot be restored before what only will not be for ever. */
export function checkView(backup: string, { findings, version, live }: CheckResult): ListView<CheckFinding> {
  const target = live ? `the cluster (${version})` : `Kubernetes ${version}`;
  return {
    rows: [...findings.filter((finding) => !isDeprecated(finding)), ...findings.filter(isDeprecated)],
    columns: [
      { header: 'APIVERSION', text: ({ apiVersion }) => apiVersion },
      { header: 'KIND', text: ({ kind }) => kind },
      { header: 'OBJECTS', text: ({ count }) => formatNumber(count) },
      { header: 'STATUS', text: describeReason },
      { header: 'REPLACEMENT', text: ({ replacement }) => replacement?.apiVersion ?? '<none>' },
      { header: 'CONVERTS', text: ({ replacement }) => (replacement ? conversions[replacement.converts] : '') },
    ],
    name: ({ type }) => type,
    item: (finding) => finding,
    whenEmpty: `${target} takes every object of ${backup} as it is stored.`,
  };
}

/** What to know before objects are converted, and what this program cannot know; empty when there is nothing. */
export function renderCheckNotes({ findings, newestKnown }: CheckResult): string {
  const notes = findings.flatMap(({ apiVersion, kind, replacement }) =>
    (replacement?.notes ?? []).map(
      ({ note, source }) => `note: ${kind} ${apiVersion} as ${replacement!.apiVersion}: ${note} (${source})\n`,
    ),
  );
  const unknown =
    newestKnown === undefined
      ? ''
      : `warning: this program knows the APIs of Kubernetes up to ${newestKnown}: what later releases remove may be missing here\n`;
  return `${notes.join('')}${unknown}`;
}

const conversions = { 'as-is': 'by its apiVersion alone', 'by-hand': 'by hand' } as const;

function isDeprecated({ reason }: CheckFinding): boolean {
  return reason === 'deprecated';
}

/** In a few words, for a cell. */
function describeReason(finding: CheckFinding): string {
  switch (finding.reason) {
    case 'removed':
      return `not served since ${finding.since}`;
    case 'not-yet':
      return `not served before ${finding.since}`;
    case 'off-by-default':
      return 'served only where switched on';
    case 'not-served':
      return 'not served';
    case 'undefined':
      return 'no definition';
    case 'undiscovered':
      return `unknown: ${finding.message}`;
    case 'deprecated': {
      const removal = finding.removal === undefined ? '' : `, not served from ${finding.removal} on`;
      const said = finding.message === undefined ? '' : `: ${finding.message}`;
      return `deprecated${finding.since === undefined ? '' : ` since ${finding.since}`}${removal}${said}`;
    }
  }
}
