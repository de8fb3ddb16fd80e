/** The thread of `textDiffAside`: finds one difference, says it, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { textDiff } from '@infrabackup/core';
import type { TextDiffWork } from './text-diff-aside.ts';

const { before, after, options } = workerData as TextDiffWork;
parentPort!.postMessage(textDiff(before, after, options));
