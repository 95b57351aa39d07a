/**
 * `authspike completion SHELL`: completions out of the commands themselves, so that they cannot lag behind.
 *
 * Every script is a table from the words typed so far to the words that may follow.
 */
import type { Command } from "commander";
import { withSuggestion } from "../core/diagnostic.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export type CompletionOptions = { readonly shell: string; readonly program: Command };

/** The words after `authspike`, as in `rules check`, and what may follow them. */
type Completion = { readonly path: string; readonly words: readonly string[] };

const SCRIPTS: Readonly<Record<string, (completions: readonly Completion[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export async function runCompletion(
  { shell, program }: CompletionOptions,
  { stdout, stderr }: CommandContext,
): Promise<number> {
  const script = SCRIPTS[shell];
  if (script === undefined) {
    printLine(stderr, withSuggestion(`no completions for "${shell}"`, shell, Object.keys(SCRIPTS)));
    return EXIT_CODES.usage;
  }
  printLine(stdout, script(completionsOf(program, [])));
  return EXIT_CODES.ok;
}

function completionsOf(command: Command, path: readonly string[]): readonly Completion[] {
  const names = command.commands.map((child) => child.name());
  const flags = command.options.flatMap(({ long, short }) => [long, short].filter(isLongFlag));
  const own = { path: path.join(" "), words: [...names, ...flags, "--help"] };
  return [own, ...command.commands.flatMap((child) => completionsOf(child, [...path, child.name()]))];
}

/** Some options have two long ones. */
function isLongFlag(flag: string | null | undefined): flag is string {
  return flag?.startsWith("--") === true;
}

function bashScript(completions: readonly Completion[]): string {
  return `_authspike() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  local words=""
  case "$path" in
${caseLines(completions, "words")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _authspike authspike`;
}

function zshScript(completions: readonly Completion[]): string {
  return `#compdef authspike
_authspike() {
  local known="" path="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${caseLines(completions, "known")}
  esac
  if [[ -n "$known" ]]; then compadd -- \${=known}; else _files; fi
}
compdef _authspike authspike`;
}

function caseLines(completions: readonly Completion[], variable: string): string {
  return completions.map(({ path, words }) => `    "${path}") ${variable}="${words.join(" ")}" ;;`).join("\n");
}

function fishScript(completions: readonly Completion[]): string {
  const lines = completions.map(
    ({ path, words }) => `complete -c authspike -n '__authspike_after "${path}"' -a '${words.join(" ")}'`,
  );
  return `function __authspike_after
  set -l typed
  for word in (commandline -opc)[2..]
    string match -q -- '-*' $word; or set -a typed $word
  end
  test "$typed" = "$argv[1]"
end
${lines.join("\n")}`;
}
