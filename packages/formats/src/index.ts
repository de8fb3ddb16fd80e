export { specDialects } from './spec/backup-spec.ts';
export type { BackupSpec, SpecDialect, SpecSchedule } from './spec/backup-spec.ts';
export { formatKeepTime } from './spec/duration.ts';
export { formatSpec } from './spec/format-spec.ts';
export type { FormattedSpec } from './spec/format-spec.ts';
export { parseSpecs, pickSpec } from './spec/parse-spec.ts';
export { planRoles } from './spec/roles-of-plan.ts';
export type { RoleOptions } from './spec/roles-of-plan.ts';
