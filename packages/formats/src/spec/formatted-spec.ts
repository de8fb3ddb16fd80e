import type { JsonObject } from '@infrabackup/core';

/** A specification in another dialect. */
export interface FormattedSpec {
  /** One, or, where the dialect knows one rule only, one a rule: together they are what was asked for. */
  readonly documents: readonly JsonObject[];
  /** What the dialect has no words for, for a person; empty when nothing is lost. */
  readonly lost: readonly string[];
}
