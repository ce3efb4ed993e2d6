/** Violations: the single mistakes of a request, each with its position. */
import type { z } from 'zod';
import type { WhylightError } from '../../core/errors.ts';
import type { ParameterIssue } from '../../core/method/params.ts';

/** One mistake in a request, and its position. */
export interface Violation {
  readonly detail: string;
  /** JSON Pointer (RFC 6901) into the body, as a URI fragment: `#/parameters/n_steps`. */
  readonly pointer?: string;
  /** Name of the query parameter or form field. */
  readonly parameter?: string;
}

/** Positions of parameters and tensors in the JSON body of a request. */
export interface BodyPositions {
  /** Names of the parameters that came in the body; others came in the query. */
  readonly parameters: readonly string[];
  /** Returns the pointer to a tensor, or to the list of inputs when there is no tensor of the name. */
  readonly input: (name: string) => string;
}

/** Makes the positions of a body in the Open Inference Protocol. */
export const positionsIn = (parameters: object, inputs: readonly string[]): BodyPositions => ({
  parameters: Object.keys(parameters),
  input: (name) => pointerTo(inputs.includes(name) ? ['inputs', inputs.indexOf(name)] : ['inputs']),
});

/**
 * Reads violations from the details of an error. Code that finds a mistake knows the name of the parameter or input;
 * its position in the body is added here.
 */
export function violationsIn({ message, details, code }: WhylightError, positions?: BodyPositions): Violation[] {
  const { errors, issues, input } = details;
  if (Array.isArray(errors)) return errors as Violation[];
  if (Array.isArray(issues)) {
    return (issues as Partial<ParameterIssue>[]).map(({ parameter, message: detail = message }) => ({
      detail,
      ...(parameter !== undefined && positionOf(parameter, positions)),
    }));
  }
  return code === 'invalid_tensor' && typeof input === 'string' && positions
    ? [{ detail: message, pointer: positions.input(input) }]
    : [];
}

const positionOf = (parameter: string, positions?: BodyPositions): Pick<Violation, 'pointer' | 'parameter'> =>
  positions?.parameters.includes(parameter) ? { pointer: pointerTo(['parameters', parameter]) } : { parameter };

/** Makes a JSON Pointer as a URI fragment: `#/parameters/n_steps`; the whole body is `#`. */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  `#${path.map((name) => `/${String(name).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')}`;

/** Converts the issues of a zod schema. An unknown key is reported at its own position. */
export const violationsOf = (issues: readonly z.core.$ZodIssue[]): Violation[] =>
  issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ detail: issue.message, pointer: pointerTo(path) }));
  });
