import { Script } from 'node:vm';

/** What the work below takes on the machine on which the bars were set, at rest. */
const usualMs = 40;
/** A machine that is slower still is none to measure on. */
const most = 4;

/**
 * How much slower this machine is now than the one on which the bars were set, from 1 to 4: a bar of processor time is no
 * bar for a machine of half the speed. Told by work like that of loading a bundle, which no code of ours can slow down.
 */
export function slowdown(): number {
  const tookMs = Math.min(...Array.from({ length: 3 }, workMs));
  return Math.min(most, Math.max(1, tookMs / usualMs));
}

function workMs(): number {
  // Code that was seen before is not compiled again.
  const seed = Math.random();
  const lines = Array.from(
    { length: 3_000 },
    (_, i) => `function f${i}(a, b) { return [a, b, ${seed + i}].map((x) => x * 2).join('-').length; } f${i}(1, 2);`,
  );
  const source = `(() => {${lines.join('\n')}})()`;
  const before = process.threadCpuUsage();
  new Script(source).runInThisContext();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
