// core-knows-nothing-of-ours, by-name-not-by-path
import { store } from '../../storage/src/store.ts';
// core-knows-no-disk-and-no-network
import { readFile } from 'node:fs/promises';
// unresolvable
import { gone } from './not-there.ts';

export const used = [store, readFile, gone];
