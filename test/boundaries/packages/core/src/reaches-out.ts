// core-knows-nothing-of-ours, by-name-not-by-path
import { store } from '../../storage/src/store.ts';
// core-knows-no-disk-and-no-network
import { readFile } from 'node:fs/promises';
// core-has-one-thread
import { Worker } from 'node:worker_threads';
// unresolvable
import { gone } from './not-there.ts';

export const used = [store, readFile, Worker, gone];
