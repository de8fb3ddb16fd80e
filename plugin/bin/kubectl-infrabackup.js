#!/usr/bin/env node
// Starts the bundle. Written so that an old Node parses it too and can say what is wrong.
var version = process.versions.node.split('.').map(Number);

if (version[0] < 22 || (version[0] === 22 && version[1] < 19)) {
  process.stderr.write(
    'error: kubectl-infrabackup needs Node 22.19 or newer; this is Node ' + process.versions.node + '\n',
  );
  process.exitCode = 2;
} else {
  import('../dist/main.js').catch(function (error) {
    var isBuilt = error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.url).endsWith('/dist/main.js');
    process.stderr.write(
      isBuilt ? 'error: ' + error.stack + '\n' : 'error: kubectl-infrabackup is not built\nhint: npm run build\n',
    );
    process.exitCode = isBuilt ? 70 : 2;
  });
}
