import { AppError } from '@infrabackup/core';
import { completionScripts, completionShells, isCompletionShell } from '../completion/scripts.ts';
import { nearest } from '../flags/nearest.ts';
import { defineVerb } from '../verb.ts';

/** `completion`: the script that makes a shell complete our command lines. */
export const completion = defineVerb({
  usage: 'completion bash|zsh|fish|powershell',
  arity: [1, 1],
  completes: [completionShells, 'nothing'],
  flags: {},
  description: `Prints a script that completes verbs, flags, names of backups, types and namespaces for the command 'kubectl-infrabackup'.

For 'kubectl infrabackup' itself kubectl's own completion is at work (see 'kubectl completion --help'): it asks the program kubectl_complete-infrabackup, which comes with this one and must lie on the PATH. krew does not put it there; this does: ln -s "$(dirname "$(readlink -f "$(command -v kubectl-infrabackup)")")"/kubectl_complete-infrabackup ~/.local/bin/`,
  examples: [
    ['source <(kubectl-infrabackup completion bash)', 'bash, for this shell'],
    ['kubectl-infrabackup completion bash > /etc/bash_completion.d/kubectl-infrabackup', 'bash, for all'],
    ['kubectl-infrabackup completion zsh > "${fpath[1]}/_kubectl-infrabackup"', 'zsh'],
    ['kubectl-infrabackup completion fish > ~/.config/fish/completions/kubectl-infrabackup.fish', 'fish'],
    ['kubectl-infrabackup completion powershell | Out-String | Invoke-Expression', 'PowerShell'],
  ],
  outcomes: [],
  run: async ({ positionals: [shellName = ''] }, shell) => {
    if (!isCompletionShell(shellName)) {
      const near = nearest(shellName, completionShells);
      throw new AppError('USAGE', `there is no completion for '${shellName}'`, {
        hint: `one of ${completionShells.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
      });
    }
    await shell.out.write(completionScripts[shellName]);
    return 'done';
  },
});
