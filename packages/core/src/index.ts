export { AppError, InternalError, isAppError, throwIfCancelled } from './errors/app-error.ts';
export type { AppErrorDetails } from './errors/app-error.ts';
export { errorCodes, exitCodeOf, exitCodes } from './errors/codes.ts';
export type { ErrorCode, Outcome } from './errors/codes.ts';
export { formatInstant, formatMoment } from './clock.ts';
export type { Clock } from './clock.ts';
export { namespaceType } from './object/known-types.ts';
export { apiVersionOf, typeName } from './object/resource-type.ts';
export type { ResourceType, TypeName } from './object/resource-type.ts';
export { compareRefs, compareUtf8, formatRef, refKey } from './object/ref.ts';
export type { ObjectRef } from './object/ref.ts';
export { parseExactly, parseManifest, rawNumber, stringifyExactly } from './object/parse-manifest.ts';
export { renderYaml } from './object/render-yaml.ts';
export type { Json, JsonObject, Manifest, ObjectMeta, OwnerReference } from './object/manifest.ts';
export type { RawObject } from './object/raw-object.ts';
export { ListCutter } from './object/list-cutter.ts';
export type { ListMetadata } from './object/list-cutter.ts';
export { rawObject } from './object/object-scanner.ts';
export { masked, redact } from './object/redact.ts';
export { bytesDigest, contentDigest } from './object/content-digest.ts';
export { serverOwnedMembers, contentTableVersion } from './object/server-owned-members.ts';
export type { ServerOwnedMember } from './object/server-owned-members.ts';
export type {
  ClusterIdentity,
  ClusterReader,
  Discovery,
  DiscoveryFailure,
  ListBatch,
  CountRequest,
  ListRequest,
  SpareRequests,
} from './cluster/reader.ts';
export type { ByteRange, Store, StoreBatch, StoreBody, StoreCapabilities, StoreEntry } from './store/store.ts';
export { chunksOf } from './store/store-body.ts';
export { checkKey, checkPrefix, isKeySegment } from './store/store-key.ts';
export { writeTogether } from './store/write-together.ts';
export { openMemoryStore } from './store/memory-store.ts';
export type { MemoryStoreOptions } from './store/memory-store.ts';
export { backupFiles, backupNameOfSummary, backupsPrefix } from './location/backup-files.ts';
export type { BackupFiles } from './location/backup-files.ts';
export { defaultBackupName, isBackupName, parseBackupName } from './location/backup-name.ts';
export type { BackupWriter } from './location/backup-writer.ts';
export { abandonBackup, claimBackup, publishSummary, writeUnderClaim } from './location/claim-backup.ts';
export { deleteBackup } from './location/delete-backup.ts';
export type { DeleteOptions } from './location/delete-backup.ts';
export { compareAge } from './location/compare-age.ts';
export { listBackups } from './location/list-backups.ts';
export type { ListedBackup } from './location/list-backups.ts';
export { listDebris } from './location/list-debris.ts';
export type { Debris } from './location/list-debris.ts';
export { executePrune, planPrune } from './location/prune.ts';
export type { KeepReason, PruneOptions, PruneOutcome, PrunePlan, PruneReason } from './location/prune.ts';
export type { KeepPeriod, KeepRuleReason, KeepRules } from './location/keep-rules.ts';
export { readSummary } from './location/read-summary.ts';
export type { ClaimOptions, HeldClaim } from './location/take-claim.ts';
export { parseTtl } from './location/ttl.ts';
export { uriBelow } from './location/uri-below.ts';
export type { OpenSpool, Spool } from './archive/spool.ts';
export type { IndexEntry } from './archive/index-entry.ts';
export { createArchiveWriter } from './archive/archive-writer.ts';
export type { ArchiveWriter, ArchiveWriterOptions, FinishedArchive } from './archive/archive-writer.ts';
export type { SegmentStats, SegmentWriter } from './archive/open-segments.ts';
export type { FinishedFile } from './archive/stream-pieces.ts';
export { openArchiveFile, openBackup } from './archive/open-backup.ts';
export type { Backup, OpenBackupOptions } from './archive/open-backup.ts';
export { storeSource } from './archive/archive-source.ts';
export type { ArchiveSource } from './archive/archive-source.ts';
export type { EntryQuery } from './archive/index-reader.ts';
export type { StoredObject } from './archive/member-reader.ts';
export { verifyArchiveFile, verifyBackup } from './archive/verify-backup.ts';
export type { Verification, VerifyOptions } from './archive/verify-backup.ts';
export type { LockedObjects, VerifyProgress } from './archive/verify-archive.ts';
export type { Finding } from './archive/finding.ts';
export { backupFile, formatVersion, sealSummary, summaryDigest } from './archive/summary.ts';
export { parseHeader, parseSummary } from './archive/parse-summary.ts';
export { veleroBackup } from './archive/velero-backup.ts';
export type {
  ArchiveFile,
  ArchiveHeader,
  BackupFile,
  BackupHeader,
  BackupSummary,
  BackupWarning,
  IndexBlock,
  IndexFile,
  Shortfall,
  TypeSummary,
} from './archive/summary.ts';
export type { Selection, SelectionRule } from './select/selection.ts';
export { infraNamespaces, infraTypes, presetAll, presetInfra, presetNames } from './select/presets.ts';
export type { PresetName } from './select/presets.ts';
export { keyForType, parseEncryptionConfig } from './encryption/encryption-config.ts';
export type { EncryptionConfig, EncryptionRule } from './encryption/encryption-config.ts';
export type { CipherName, EncryptionKey } from './encryption/encryption-key.ts';
export { isSealed, openBody, sealBody } from './encryption/sealed-body.ts';
export { encryptionForAge, parseAgeIdentities } from './encryption/age.ts';
export type { AgeIdentities } from './encryption/age.ts';
export { lockedError, openLock } from './encryption/backup-lock.ts';
export type { BackupLock, Keyring, LockedBy } from './encryption/backup-lock.ts';
export { encryptionOfKept } from './encryption/encryption-of-kept.ts';
export { describeEncryption, encryptionBy } from './encryption/encryption.ts';
export type { BackupEncryption, Encryption, KeyUse, Sealer } from './encryption/encryption.ts';
export { selectStored } from './select/select-stored.ts';
export type { StoredSelection } from './select/select-stored.ts';
export { planSelection } from './select/plan-selection.ts';
export type { LeftOut, SelectionPlan, SelectionTarget, TypePlan } from './select/plan-selection.ts';
export { ambiguousType, findTypes, resolveType, unknownType } from './select/resolve-type.ts';
export { parseExpression } from './select/expression.ts';
export { isExpression, isPattern, matchesAny, matchesPattern } from './select/pattern.ts';
export { matchesLabels, matchExpression, parseLabelSelector } from './select/label-selector.ts';
export type { LabelRequirement } from './select/label-selector.ts';
export { concurrently, eitherSignal } from './concurrently.ts';
export { proxyFor } from './proxy-for.ts';
export { shellWord } from './shell-word.ts';
export { userFolders, type UserEnvironment, type UserFolders } from './user-folders.ts';
export type { BackupEvent, ReportBackup } from './backup/backup-event.ts';
export { countPlanned, planBackup } from './backup/plan-backup.ts';
export type { BackupPlan, TypeCounts } from './backup/plan-backup.ts';
export { countClearSecrets, refuseClearSecrets } from './location/clear-secrets.ts';
export { copyBackup } from './backup/copy-backup.ts';
export type { CopiedBackup, CopyBackupOptions, CopyProgress } from './backup/copy-backup.ts';
export { rewriteBackup } from './backup/rewrite-backup.ts';
export type { RewriteBackupOptions } from './backup/rewrite-backup.ts';
export { createBackup, defaultConcurrency } from './backup/create-backup.ts';
export type { CreateBackupOptions } from './backup/create-backup.ts';
export { editDistance } from './select/resolve-type.ts';
export { formatChangePath } from './diff/change-path.ts';
export type { ChangePath, PathStep } from './diff/change-path.ts';
export { compareManifests, sameContent } from './diff/compare-manifests.ts';
export type { Change, CompareOptions } from './diff/compare-manifests.ts';
export { diffBackups } from './diff/diff-backups.ts';
export type { BackupDifference, DiffBackupsOptions } from './diff/diff-backups.ts';
export { definitionType, definitionsOf } from './diff/definitions-of.ts';
export { declaredPath, declaredYaml } from './diff/declared-yaml.ts';
export { hiddenFields, visibleManifest } from './diff/hidden-fields.ts';
export type { HiddenField, Visibility } from './diff/hidden-fields.ts';
export { managedBy } from './diff/managed-by.ts';
export type { ManagedBy } from './diff/managed-by.ts';
export { maskSecrets } from './diff/mask-secrets.ts';
export { sameJson } from './diff/same-json.ts';
export { summarizeChanges } from './diff/summarize-changes.ts';
export { formatTextDiff, readableTexts, textDiff } from './diff/text-diff.ts';
export type { DiffHeader, Hunk, TextDiff, TextDiffOptions } from './diff/text-diff.ts';
export { formatRight } from './cluster/rights.ts';
export type { Right, RightsReviewer } from './cluster/rights.ts';
export { dryRunWriter, realWriter } from './cluster/writer.ts';
export type {
  ClusterWriter,
  DryRunWriter,
  Refusal,
  RefusalCause,
  WriteAnswer,
  WriteDoor,
  WriteOptions,
  WriteRequest,
  WriteTarget,
} from './cluster/writer.ts';
export { historyOf } from './history/object-history.ts';
export type { BackupTime, FoundHistories, HistorySpan, HistoryStep, ObjectHistory } from './history/object-history.ts';
export { openBackups } from './history/open-backups.ts';
export type { BackupProblem, OpenedBackup, OpenedBackups } from './history/open-backups.ts';
export { parseKubernetesMinor } from './upgrade/api-life.ts';
export { checkAgainstCluster, checkAgainstVersion } from './upgrade/check-backup.ts';
export type { CheckResult } from './upgrade/check-backup.ts';
export { checkType, checkTypes } from './upgrade/check-types.ts';
export type { CheckedType, CheckFinding, CheckReason, CheckTarget, Replacement } from './upgrade/check-types.ts';
export { newestKnownMinor } from './upgrade/life-cycle-table.ts';
export { describeNote } from './restore/describe-note.ts';
export { describeReason } from './restore/describe-reason.ts';
export { parseModifiers } from './restore/modifiers/parse-modifiers.ts';
export type { ParseYaml } from './restore/modifiers/parse-modifiers.ts';
export type { ResourceModifiers } from './restore/modifiers/resource-modifiers.ts';
export { neverRestored } from './restore/never-restored.ts';
export { tiers } from './restore/order.ts';
export { tierName } from './restore/order-objects.ts';
export type { PlanNote } from './restore/plan-note.ts';
export type { JudgedObject, ReportJudged } from './restore/plan/judge-all.ts';
export { planRestore } from './restore/plan/plan-restore.ts';
export type { PlanEvent } from './restore/plan/plan-event.ts';
export type { PlanRestoreInput } from './restore/plan/plan-restore.ts';
export type { RestoreRequest } from './restore/plan/restore-scope.ts';
export type { ConflictReason, SkipReason, UnservableReason } from './restore/reason.ts';
export { defaultRestoreOptions } from './restore/restore-options.ts';
export type { ExistingPolicy, RestoreOptions } from './restore/restore-options.ts';
export { narrowPlan } from './restore/narrow-plan.ts';
export { isWrite, verdicts } from './restore/restore-plan.ts';
export type {
  PlannedBackup,
  PlannedObject,
  PlannedWrite,
  PlanWarning,
  RestorePlan,
  Verdict,
} from './restore/restore-plan.ts';
export { executePlan, settleRun } from './restore/run/execute-plan.ts';
export { keptFiles, keptName } from './restore/run/keep-before.ts';
export { findUnfinished } from './restore/run/find-unfinished.ts';
export type { SameRestore } from './restore/run/find-unfinished.ts';
export { scaleCommand } from './restore/run/scale-down.ts';
export { describeRunObject, objectsOfRun, summarizeRun } from './restore/run/summarize-run.ts';
export type { RunObject, RunStatus, RunSummary } from './restore/run/summarize-run.ts';
export { findUndo, openKept, openUndo } from './restore/undo/open-undo.ts';
export type { FoundUndo, OpenedUndo, OpenUndoInput } from './restore/undo/open-undo.ts';
export { planUndo } from './restore/undo/plan-undo.ts';
export type { PlanUndoInput } from './restore/undo/plan-undo.ts';
export type { ExecutePlanInput } from './restore/run/execute-plan.ts';
export type { LeftObject, ObjectOutcome, ObjectResult, ResultNote, RunEvent } from './restore/run/object-result.ts';
export type { JournalRecord, OpenRun, RunHead, RunRecord, RunStore } from './restore/run/run-store.ts';
export type { NamespaceMapping } from './restore/map-namespaces.ts';
export { describePlanWarning } from './restore/describe-warning.ts';
