/** `whylight completion bash|zsh|fish`: a script that completes commands and options in a shell. */
import { UsageError } from '../arguments.ts';
import { completionScript, SHELLS } from '../completion.ts';
import { defineCommand } from '../define-command.ts';
import { positional } from '../flags.ts';

const args = {
  shell: positional(SHELLS.join(', '), { required: true }),
} as const;

export default defineCommand({
  name: 'completion',
  description: 'Prints a script that completes commands and options in a shell.',
  examples: [
    'eval "$(whylight completion bash)"',
    'source <(whylight completion zsh)',
    'whylight completion fish | source',
  ],
  args,
  needsArguments: true,
  async run({ shell }, { listCommands }) {
    const known = SHELLS.find((name) => name === shell);
    if (!known) throw new UsageError(`There is no completion for "${shell}": use ${SHELLS.join(', ')}.`);
    process.stdout.write(completionScript(known, await listCommands()));
  },
});
