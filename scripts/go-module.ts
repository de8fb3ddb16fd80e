import { execFileSync } from 'node:child_process';

/** The folder of a Go module's source at a version, fetched through the Go module proxy when it is not at hand. */
export function goModule(path: string, version: string): string {
  const json = execFileSync('go', ['mod', 'download', '-json', `${path}@${version}`], {
    // Outside of any module: the machine's own go.mod files have no say in what is fetched.
    env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'on', GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  }).toString();
  return (JSON.parse(json) as { Dir: string }).Dir;
}
