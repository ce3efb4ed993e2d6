/** Definition of a command. */
import { type ArgsDef, type CommandDef, defineCommand as define, type ParsedArgs } from 'citty';
import { type CommandData, refuseUnknown } from './arguments.ts';

/** Flag of the commands that can print JSON. */
export const JSON_ARG = { json: { type: 'boolean', description: 'Print JSON' } } as const;

interface Definition<A extends ArgsDef> {
  readonly name: string;
  readonly description: string;
  /** Command lines that can be copied. */
  readonly examples: readonly string[];
  readonly args: A;
  /** True for a command that takes parameters of methods as flags, and refuses others itself. */
  readonly takesParameters?: true;
  /** True for a command that says nothing without arguments: its help is shown then. */
  readonly needsArguments?: true;
  run(flags: ParsedArgs<A>, data: CommandData): void | Promise<void>;
}

/** A command of citty with examples for its help. */
export type Command<A extends ArgsDef = ArgsDef> = CommandDef<A> & {
  readonly examples: readonly string[];
  readonly needsArguments: boolean;
};

/** Makes a command that refuses flags that it does not declare. */
export const defineCommand = <A extends ArgsDef>(definition: Definition<A>): Command<A> => {
  const { name, description, examples, args, takesParameters, needsArguments = false, run } = definition;
  return {
    ...define({
      meta: { name, description },
      args,
      run({ args: flags, data }) {
        if (!takesParameters) refuseUnknown(data, args);
        return run(flags, data);
      },
    }),
    examples,
    needsArguments,
  };
};
