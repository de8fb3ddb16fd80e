import { Script } from 'node:vm';

/** What the work below takes on the machine on which the bars of this folder were set, at rest. */
const usualMs = 25;

/**
 * How much slower this machine is now than the one on which the bars were set, and at least 1: a bar of processor time is
 * no bar for a machine of half the speed. Told by work like that of loading a bundle, which no code of ours can slow down.
 */
export function slowdown(): number {
  const lines = Array.from(
    { length: 3_000 },
    (_, i) => `function f${i}(a, b) { return [a, b, ${i}].map((x) => x * 2).join('-').length; } f${i}(1, 2);`,
  );
  const source = new Script(lines.join('\n'));
  const before = process.threadCpuUsage();
  source.runInThisContext();
  const { user, system } = process.threadCpuUsage(before);
  return Math.max(1, (user + system) / 1000 / usualMs);
}
