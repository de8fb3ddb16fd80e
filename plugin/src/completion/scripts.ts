/** The shells that completion knows. */
export const completionShells = ['bash', 'zsh', 'fish', 'powershell'] as const;

/** A shell that completion knows. */
export type CompletionShell = (typeof completionShells)[number];

/** Whether completion knows the shell. */
export function isCompletionShell(name: string): name is CompletionShell {
  return (completionShells as readonly string[]).includes(name);
}

/**
 * The script that makes a shell complete `kubectl-infrabackup`, by asking it: `kubectl-infrabackup __complete WORD...`,
 * the last word being the one that is typed. `kubectl infrabackup` is completed by kubectl's own script, which asks the
 * program kubectl_complete-infrabackup.
 */
export const completionScripts: Readonly<Record<CompletionShell, string>> = {
  bash: `# bash completion for kubectl-infrabackup; load it by: source <(kubectl-infrabackup completion bash)
_kubectl_infrabackup() {
  local line value directive=4 cur prefix=''
  local -a typed=()
  read -r -a typed <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && typed+=('')
  cur=\${typed[\${#typed[@]}-1]}
  COMPREPLY=()
  # What bash takes for a break in the word (= and :) is not typed again.
  [[ $cur == --*=* ]] && prefix="\${cur%%=*}=" && cur=\${cur#*=}
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && prefix="\${cur%"\${cur##*:}"}" || prefix=''
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    case $line in
      :*) directive=\${line#:} ;;
      *) [[ $value == "$cur"* ]] && COMPREPLY+=("\${value#"$prefix"}") ;;
    esac
  done < <(kubectl-infrabackup __complete "\${typed[@]:1}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 0 && $directive == 0 ]]; then
    compopt -o default
  elif [[ \${#COMPREPLY[@]} -eq 1 && $directive == 4 && \${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace
  fi
}
complete -F _kubectl_infrabackup kubectl-infrabackup
`,
  zsh: `#compdef kubectl-infrabackup
# zsh completion for kubectl-infrabackup; load it by: source <(kubectl-infrabackup completion zsh)
_kubectl-infrabackup() {
  local line value text directive=4
  local -a values=() texts=() prefix=()
  [[ \${words[CURRENT]} == --*=* ]] && prefix=(-P "\${words[CURRENT]%%=*}=")
  while IFS= read -r line; do
    case $line in
      :*) directive=\${line#:} ;;
      *$'\\t'*) value=\${line%%$'\\t'*}; text=\${line#*$'\\t'}; values+=("$value"); texts+=("$value  -- $text") ;;
      *) values+=("$line"); texts+=("$line") ;;
    esac
  done < <(kubectl-infrabackup __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#values} )); then
    compadd "\${prefix[@]}" -l -d texts -a values
  elif [[ $directive == 0 ]]; then
    _files
  fi
}
(( $+functions[compdef] )) && compdef _kubectl-infrabackup kubectl-infrabackup
`,
  fish: `# fish completion for kubectl-infrabackup; load it by: kubectl-infrabackup completion fish | source
function __kubectl_infrabackup_complete
  set -l words (commandline --tokens-expanded --current-process --cut-at-cursor 2>/dev/null; or commandline -opc)
  set -l current (commandline --current-token --cut-at-cursor)
  set -l prefix (string match -r -- '^--[^=]+=' $current)
  for line in (kubectl-infrabackup __complete $words[2..-1] "$current" 2>/dev/null)
    switch $line
      case ':0'
        for path in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' $current))
          echo -- "$prefix$path"
        end
      case ':*'
      case '*'
        echo -- "$prefix$line"
    end
  end
end
complete -c kubectl-infrabackup -f -a '(__kubectl_infrabackup_complete)'
`,
  powershell: `# PowerShell completion for kubectl-infrabackup; load it by: kubectl-infrabackup completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'kubectl-infrabackup' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { "$($_.Extent.Text)" })
  if ($wordToComplete -eq '') { $typed += '' }
  $prefix = if ($wordToComplete -match '^(--[^=]+=)') { $Matches[1] } else { '' }
  kubectl-infrabackup __complete @typed 2>$null | Where-Object { $_ -notmatch '^:' } | ForEach-Object {
    $value, $text = $_ -split "\`t", 2
    if (-not $text) { $text = $value }
    if ("$prefix$value" -like "$wordToComplete*") {
      [System.Management.Automation.CompletionResult]::new("$prefix$value", $value, 'ParameterValue', $text)
    }
  }
}
`,
};
