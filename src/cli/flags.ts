/** Declarations of the arguments of commands. */

/** Details of an argument that takes a value. */
interface Details {
  readonly alias?: string | string[];
  readonly default?: string;
  readonly required?: boolean;
  /** Word that stands for the value in the help. */
  readonly valueHint?: string;
}

/**
 * Declares a flag that takes a value.
 * @example
 * const args = { port: textFlag('Port to listen at', { default: '8788' }) } as const;
 */
export const textFlag = <const D extends Details = Record<never, never>>(description: string, details?: D) =>
  ({ type: 'string', description, ...(details as D) }) as const;

/** Declares an argument that is given by its place. */
export const positional = <const D extends Details = Record<never, never>>(description: string, details?: D) =>
  ({ type: 'positional', description, ...(details as D) }) as const;
