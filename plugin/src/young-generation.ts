import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's space for new objects as small as it starts, for verbs that move bytes and make few objects.
 *
 * Buffers are freed when the small objects that stand for them are collected. In a space that has grown to 16 MB that is
 * so rare that V8 marks its whole heap instead, to get the buffers back: `create` of 250 MB then costs a fifth more CPU
 * time and a quarter more memory (`npm run bench -- create`). Verbs that parse much are quicker without.
 *
 * Source: https://v8.dev/blog/trash-talk
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
