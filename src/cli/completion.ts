/** Scripts that complete commands, options and values in a shell. */
import type { ArgsDef } from 'citty';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command with its arguments. */
export interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  readonly args: ArgsDef;
}

interface CompletedOption {
  readonly flag: string;
  readonly about: string;
  readonly takesValue: boolean;
  /** All values that it takes; empty where they cannot be listed. */
  readonly values: readonly string[];
}

/** The script of a shell, to be sourced. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function optionsOf({ args }: CompletedCommand): CompletedOption[] {
  const named = Object.entries(args).filter(([, { type }]) => type !== 'positional');
  const own = named.map(([name, argument]): CompletedOption => {
    const values = 'options' in argument && argument.options ? argument.options.map(String) : [];
    const isOn = argument.type === 'boolean' && argument.default === true;
    return {
      flag: isOn ? `no-${name}` : name,
      about: (argument.description ?? '').replaceAll(/\s+/g, ' '),
      takesValue: argument.type !== 'boolean',
      values,
    };
  });
  return [...own, { flag: 'help', about: 'Show the help of the command', takesValue: false, values: [] }];
}

const flagsOf = (command: CompletedCommand): string =>
  optionsOf(command)
    .map(({ flag }) => `--${flag}`)
    .join(' ');

function bash(commands: readonly CompletedCommand[]): string {
  const values = commands.flatMap((command) =>
    optionsOf(command)
      .filter((option) => option.values.length > 0)
      .map(
        ({ flag, values: all }) =>
          `    ${command.name}:--${flag}) COMPREPLY=($(compgen -W '${all.join(' ')}' -- "$word")); return ;;`,
      ),
  );
  const flags = commands.map(
    (command) => `    ${command.name}) COMPREPLY=($(compgen -W '${flagsOf(command)}' -- "$word")) ;;`,
  );
  return `# Completion of whylight for bash: eval "$(whylight completion bash)"
_whylight() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version' -- "$word"))
    return
  fi
  case "$command:$before" in
${values.join('\n')}
  esac
  case "$word" in -*) ;; *) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
  case "$command" in
${flags.join('\n')}
  esac
}
complete -o filenames -F _whylight whylight
`;
}

/** A text in single quotes, for zsh and fish. */
const quotedText = (text: string): string => `'${text.replaceAll('\\', '').replaceAll("'", '’')}'`;

function zsh(commands: readonly CompletedCommand[]): string {
  // Brackets and colons have a meaning in the specifications of _arguments.
  const plain = (text: string): string => text.replaceAll(/[[\]:]/g, ' ');
  const specification = ({ flag, about, takesValue, values }: CompletedOption): string => {
    const value = values.length > 0 ? `:value:(${values.join(' ')})` : takesValue ? ':value:_files' : '';
    return quotedText(`--${flag}[${plain(about)}]${value}`);
  };
  const cases = commands.map(
    (command) =>
      `    ${command.name}) _arguments ${optionsOf(command).map(specification).join(' ')} '*:file:_files' ;;`,
  );
  const names = commands.map(({ name, about }) => quotedText(`${name}:${plain(about)}`)).join(' ');
  return `#compdef whylight
# Completion of whylight for zsh: source <(whylight completion zsh)
_whylight() {
  if (( CURRENT == 2 )); then
    local -a commands=(${names})
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
compdef _whylight whylight
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c whylight -n __fish_use_subcommand -f -a ${command.name} -d ${quotedText(command.about)}`,
    ...optionsOf(command).map(({ flag, about, takesValue, values }) => {
      const value = values.length > 0 ? ` -x -a ${quotedText(values.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c whylight -n '__fish_seen_subcommand_from ${command.name}' -l ${flag}${value} -d ${quotedText(about)}`;
    }),
  ]);
  return `# Completion of whylight for fish: whylight completion fish | source\n${lines.join('\n')}\n`;
}
