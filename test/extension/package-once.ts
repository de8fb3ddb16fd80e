import type { TestProject } from 'vitest/node';
import { packageExtensions, type Packages } from './packages.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    packages: Packages;
  }
}

/** Before the first editor suite: the extension is packaged as users get it, from the sources as they are. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('packages', await packageExtensions());
}
