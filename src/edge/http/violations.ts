/** What is wrong with a request, and where: places in a JSON body are JSON Pointers (RFC 6901), as fragments. */
import type { z } from 'zod';
import type { WhylightError } from '../../core/errors.ts';
import type { ParameterIssue } from '../../core/method/params.ts';

/** One thing that is wrong with a request, and where. */
export interface Violation {
  readonly detail: string;
  /** JSON Pointer into the body, as a URI fragment: `#/parameters/n_steps`. */
  readonly pointer?: string;
  /** Name of the query parameter or form field. */
  readonly parameter?: string;
}

/** Where things stand in the JSON body of a request. */
export interface Places {
  /** Names of the parameters that came in the body; others came in the query. */
  readonly parameters: readonly string[];
  /** Of a tensor; of what should be there when there is none of the name. */
  readonly input: (name: string) => string;
}

/** Of a body in the Open Inference Protocol. */
export const placesIn = (parameters: object, inputs: readonly string[]): Places => ({
  parameters: Object.keys(parameters),
  input: (name) => pointerTo(inputs.includes(name) ? ['inputs', inputs.indexOf(name)] : ['inputs']),
});

/**
 * What the details of an error say is wrong. Whatever finds a mistake knows the name of the parameter or of the input;
 * where that stands in the body is known here.
 */
export function violationsIn({ message, details, code }: WhylightError, places: Places | undefined): Violation[] {
  const { errors, issues, input } = details;
  if (Array.isArray(errors)) return errors as Violation[];
  if (Array.isArray(issues)) {
    return (issues as Partial<ParameterIssue>[]).map(({ parameter, message: detail = message }) => ({
      detail,
      ...(parameter !== undefined && placeOf(parameter, places)),
    }));
  }
  return code === 'invalid_tensor' && typeof input === 'string' && places
    ? [{ detail: message, pointer: places.input(input) }]
    : [];
}

const placeOf = (parameter: string, places: Places | undefined): Pick<Violation, 'pointer' | 'parameter'> =>
  places?.parameters.includes(parameter) ? { pointer: pointerTo(['parameters', parameter]) } : { parameter };

/** `#/parameters/n_steps`; the whole body is `#`. */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  `#${path.map((name) => `/${String(name).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')}`;

/** What a schema finds wrong, with the place of each mistake: of a key that is not known, its own. */
export const violationsOf = (issues: readonly z.core.$ZodIssue[]): Violation[] =>
  issues.flatMap((issue) => {
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return places.map((path) => ({ detail: issue.message, pointer: pointerTo(path) }));
  });
