/** The direction rules of ARCHITECTURE.md. `npm run boundaries` also proves on a known-bad fixture that they bite. */
const ours = '^(packages|plugin|extension|test)/';
const tests = '\\.test\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'unresolvable',
      comment: 'An import that cannot be resolved would slip through every other rule.',
      severity: 'error',
      // The launcher imports the bundle, which is built after the checkout.
      from: { pathNot: '^plugin/bin/' },
      // The editor brings its API along.
      to: { couldNotResolve: true, pathNot: '^vscode$' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'doors-do-not-know-each-other',
      comment: 'plugin, extension and operator share the engine, never one another.',
      severity: 'error',
      from: { path: '^(plugin|extension|packages/operator)/' },
      to: { path: '^(plugin|extension|packages/operator)/', pathNot: '^$1/' },
    },
    {
      name: 'packages-do-not-know-doors',
      severity: 'error',
      from: { path: '^packages/(?!operator/)' },
      to: { path: '^(plugin|extension|packages/operator|test)/' },
    },
    {
      name: 'core-knows-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: ours, pathNot: '^packages/core/' },
    },
    {
      name: 'adapters-know-core-only',
      comment: 'storage, kube and formats stand side by side on core.',
      severity: 'error',
      from: { path: '^packages/(storage|kube|formats)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', '^packages/core/'] },
    },
    {
      name: 'core-knows-no-disk-and-no-network',
      comment: 'proxy-for compares addresses, which node:net has the arithmetic for, and opens nothing.',
      severity: 'error',
      from: { path: '^packages/core/', pathNot: [tests, '^packages/core/src/proxy-for'] },
      to: { path: '^(node:)?(fs|fs/promises|http|https|http2|net|tls|child_process|os)$' },
    },
    {
      name: 'core-has-one-thread',
      comment: 'Members are packed aside; nothing else of the engine is.',
      severity: 'error',
      from: { path: '^packages/core/', pathNot: [tests, '^packages/core/src/archive/deflate-thread'] },
      to: { path: '^(node:)?worker_threads$' },
    },
    {
      name: 'core-ground-floor',
      comment: 'errors and clock stand on nothing.',
      severity: 'error',
      from: { path: '^packages/core/src/(errors|clock)', pathNot: tests },
      to: { path: '^packages/core/src/', pathNot: '^packages/core/src/(errors|clock)' },
    },
    {
      name: 'core-first-floor',
      comment: 'object stands on errors and clock.',
      severity: 'error',
      from: { path: '^packages/core/src/object/', pathNot: tests },
      to: { path: '^packages/core/src/', pathNot: '^packages/core/src/(errors|clock|object)' },
    },
    {
      name: 'core-second-floor',
      comment: 'What is meant, how it lies and what differs stand below backup and restore.',
      severity: 'error',
      from: {
        path: '^packages/core/src/(cluster|select|archive|diff|encryption|location|upgrade|history)/',
        pathNot: tests,
      },
      to: { path: '^packages/core/src/(backup|restore)/' },
    },
    {
      name: 'yargs-in-plugin-only',
      severity: 'error',
      from: { path: ours, pathNot: '^plugin/' },
      to: { path: '(^|node_modules/)(@types/)?yargs(/|$)' },
    },
    {
      name: 'vscode-in-extension-only',
      severity: 'error',
      from: { path: ours, pathNot: '^(extension|test/extension)/' },
      to: { path: '^vscode$' },
    },
    {
      name: 'client-node-in-kube-only',
      severity: 'error',
      from: { path: ours, pathNot: '^packages/kube/' },
      to: { path: '(^|node_modules/)@kubernetes/client-node(/|$)' },
    },
    {
      name: 'by-name-not-by-path',
      comment: "Across packages one imports the package's name, never a path into its src.",
      severity: 'error',
      from: { path: '^(packages/[^/]+|plugin|extension|test)/' },
      to: {
        path: '^(packages/[^/]+|plugin|extension)/',
        pathNot: ['^$1/', '^packages/[^/]+/src/(index|conformance)\\.ts$'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(plugin|extension)/dist/|/\\.tsbuild/|^test/boundaries/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    // Without these three a workspace import is unresolved and every rule passes in silence.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
