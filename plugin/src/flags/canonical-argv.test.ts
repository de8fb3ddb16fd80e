import { describe, expect, it } from 'vitest';
import { canonicalArgv, plainWords } from './canonical-argv.ts';
import type { FlagTable } from './flag.ts';

const flags: FlagTable = {
  namespace: { kind: 'string', short: 'n', describe: '' },
  'all-namespaces': { kind: 'boolean', short: 'A', describe: '' },
  output: { kind: 'string', short: 'o', describe: '' },
  'no-headers': { kind: 'boolean', describe: '' },
  to: { kind: 'string', describe: '' },
  label: { kind: 'repeated', describe: '' },
  'include-namespaces': { kind: 'list', describe: '' },
  status: { kind: 'string', choices: ['all', 'none'], alone: 'all', describe: '' },
  v: { kind: 'integer', short: 'v', describe: '' },
};

/** The left side is what a user types after the verb, the right side what kubectl makes of it. */
const grammar: readonly (readonly [sentence: string, typed: readonly string[], flags: string[], rest: string[]])[] = [
  ['a value after a blank', ['--to', 'x'], ['--to=x'], []],
  ['a value after =', ['--to=x'], ['--to=x'], []],
  ['an empty value', ['--to='], ['--to='], []],
  ['a value with = in it', ['--to=a=b'], ['--to=a=b'], []],
  ['a value that looks like a flag', ['--to', '--label'], ['--to=--label'], []],
  ['a value that is two dashes', ['--to', '--', 'x'], ['--to=--'], ['x']],
  ['quotes are text', ['--to="x"'], ['--to="x"'], []],
  ['letters with a blank', ['-n', 'shop'], ['--namespace=shop'], []],
  ['letters with the value attached', ['-nshop'], ['--namespace=shop'], []],
  ['letters with =', ['-n=shop'], ['--namespace=shop'], []],
  ['letters with a value that begins with =', ['-n==shop'], ['--namespace==shop'], []],
  ['a number attached to a letter', ['-v6'], ['--v=6'], []],
  ['a letter flag written long', ['--v=6'], ['--v=6'], []],
  ['letters in a group, the last with a value', ['-Aoyaml'], ['--all-namespaces=true', '--output=yaml'], []],
  ['letters in a group, the value in the next', ['-Ao', 'yaml'], ['--all-namespaces=true', '--output=yaml'], []],
  ['a boolean letter with =', ['-A=false'], ['--all-namespaces=false'], []],
  ['a boolean takes no next argument', ['--no-headers', 'false'], ['--no-headers=true'], ['false']],
  ['a boolean with =', ['--no-headers=false'], ['--no-headers=false'], []],
  ['the last of a single value counts', ['-n', 'a', '--namespace=b'], ['--namespace=b'], []],
  ['every one of a repeated flag counts', ['--label=a=1', '--label', 'b=2'], ['--label=a=1', '--label=b=2'], []],
  [
    'every one of a list counts',
    ['--include-namespaces=a,b', '--include-namespaces', 'c'],
    ['--include-namespaces=a,b', '--include-namespaces=c'],
    [],
  ],
  [
    'flags among the rest',
    ['nightly', '-n', 'shop', 'pods', '-A'],
    ['--namespace=shop', '--all-namespaces=true'],
    ['nightly', 'pods'],
  ],
  ['a flag that can stand alone, at the end', ['--status'], ['--status=all'], []],
  ['a flag that can stand alone, before another', ['--status', '-A'], ['--status=all', '--all-namespaces=true'], []],
  ['a flag that can stand alone, before a word', ['--status', 'nightly'], ['--status=all'], ['nightly']],
  ['a flag that can stand alone, before its value', ['--status', 'none', 'x'], ['--status=none'], ['x']],
  ['a flag that can stand alone, with =', ['--status=none'], ['--status=none'], []],
  ['nothing is a flag after two dashes', ['--', '-n', '--to'], [], ['-n', '--to']],
  ['a dash alone is no flag', ['-'], [], ['-']],
  ['an empty word is no flag', [''], [], ['']],
];

describe('canonicalArgv', () => {
  it.each(grammar)('%s', (_, typed, canonical, rest) => {
    expect(canonicalArgv(typed, flags)).toEqual([...canonical, '--', ...rest]);
  });

  it.each([
    [['--tp', 'x'], 'unknown flag: --tp', 'did you mean --to?'],
    [['--namspace=x'], 'unknown flag: --namspace', 'did you mean --namespace?'],
    [['--zebra'], 'unknown flag: --zebra', undefined],
    [['--no-no-headers'], 'unknown flag: --no-no-headers', 'did you mean --no-headers?'],
    [['--constructor'], 'unknown flag: --constructor', undefined],
    [['-x'], "unknown shorthand flag: 'x' in -x", undefined],
    [['-to', 'x'], "unknown shorthand flag: 't' in -to", 'did you mean --to?'],
    [['--to'], 'flag needs an argument: --to', undefined],
    [['-An'], 'flag needs an argument: -n', undefined],
    [['---to'], 'unknown flag: ---to', 'did you mean --to?'],
    [['--=x'], 'unknown flag: --', undefined],
  ])('refuses %j', (typed, message, hint) => {
    expect(() => canonicalArgv(typed, flags)).toThrow(expect.objectContaining({ code: 'USAGE', message, hint }));
  });
});

describe('plainWords', () => {
  it.each([
    ['the words in their order', ['location', 'add', 'x'], ['location', 'add', 'x']],
    ['known flags and their values before the verb', ['-n', 'shop', '--no-headers', 'get', 'x'], ['get', 'x']],
    ['an unknown flag takes the next word', ['--from', 's3', 'get'], ['get']],
    ['an unknown flag with = takes none', ['--from=s3', 'get'], ['get']],
    ['attached values', ['-nshop', 'get'], ['get']],
    ['everything after two dashes', ['get', '--', '-x'], ['get', '-x']],
  ])('gives %s', (_, typed, words) => {
    expect(plainWords(typed, flags)).toEqual(words);
  });
});
