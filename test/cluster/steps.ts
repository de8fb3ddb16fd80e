/** Runs one step of a long preparation and shows it; `detail` replaces the words after the step's name while it runs. */
export type RunStep = <T>(
  what: string,
  usualSeconds: number,
  work: (detail: (text: string) => void) => Promise<T>,
) => Promise<T>;

/** On a terminal the running step's line is redrawn each second; elsewhere it is told again after this long. */
const retellIntervalSeconds = 30;

/** Steps on stderr: what runs now, how long it usually takes, how long it has taken. */
export const stepsOnStderr: RunStep = async (what, usualSeconds, work) => {
  const terminal = process.stderr.isTTY;
  const startedMs = Date.now();
  const elapsedSeconds = (): number => Math.round((Date.now() - startedMs) / 1000);
  let text = '';
  const line = (): string =>
    `${what}: ${formatSeconds(elapsedSeconds())} of usually ${formatSeconds(usualSeconds)}${text === '' ? '' : `, ${text}`}`;
  const show = (): void => void process.stderr.write(terminal ? `\r\u001b[K${line()}` : `${line()}\n`);

  process.stderr.write(`${what} (usually ${formatSeconds(usualSeconds)})${terminal ? '' : '\n'}`);
  const timer = setInterval(show, (terminal ? 1 : retellIntervalSeconds) * 1000);
  try {
    const result = await work((detail) => (text = detail));
    process.stderr.write(`${terminal ? '\r\u001b[K' : ''}${what}: done in ${formatSeconds(elapsedSeconds())}\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${terminal ? '\r\u001b[K' : ''}${what}: failed after ${formatSeconds(elapsedSeconds())}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
};

function formatSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
