import { runCommand } from '../cluster/run-command.ts';
import { stepsOnStderr } from '../cluster/steps.ts';

/** Packages of the operating system. */
export interface SystemPackages {
  readonly packages: readonly string[];
  /** How long it usually takes to install them. */
  readonly usualSeconds: number;
  /** What is said of them where they may not be installed. */
  readonly missing: string;
}

/** Installs packages where CI=true. Elsewhere throws what `Unavailable` makes of the command to type. */
export async function installSystemPackages(
  { packages, usualSeconds, missing }: SystemPackages,
  Unavailable: new (message: string) => Error,
): Promise<void> {
  if (process.env['CI'] !== 'true') {
    const install = `apt-get install -y ${packages.join(' ')}`;
    throw new Unavailable(
      `${missing}\nInstall it (on Debian: ${install}) or set CI=true to have the tests do it, and run again.`,
    );
  }
  await stepsOnStderr(`Installing ${packages.join(', ')} with apt`, usualSeconds, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await runCommand('apt-get', ['update', '-qq'], { env });
    await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  });
}
