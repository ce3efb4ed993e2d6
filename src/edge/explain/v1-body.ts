/** Instances of KServe's V1 protocol, as bodies that the rest of the edge understands. */

import { WhylightError } from '../../core/errors.ts';
import type { Model } from '../../core/model/model.ts';
import { type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { fromBase64 } from '../../protocol/base64.ts';
import { leaves, type Parameters, scalars } from '../../protocol/open-inference.ts';
import type { Body } from './body.ts';

export interface V1Request {
  readonly instances?: unknown;
  readonly parameters?: unknown;
}

/**
 * Instances of numbers become one batch; each picture stands alone.
 * @throws WhylightError `invalid_request` with a pointer to what is wrong
 */
export function instancesBody({ instances, parameters: given }: V1Request, model: Model): Body[] {
  if (!Array.isArray(instances) || instances.length === 0) {
    throw wrong('"instances" must be a list of one or more instances.', '/instances');
  }
  const parameters: Parameters = scalars(given, '/parameters');
  const pictures = instances.map(pictureOf);
  if (pictures.every((text) => text !== undefined)) {
    return pictures.map((text, i) => ({
      kind: 'picture',
      bytes: fromBase64(text, `/instances/${i}`),
      parameters,
    }));
  }
  const inputs = new Map<string, Tensor>();
  for (const input of model.graph.inputs) {
    const rows = instances.map((instance, i) => {
      const value = isObject(instance) ? instance[input.name] : model.graph.inputs.length === 1 ? instance : undefined;
      if (value !== undefined) return value;
      throw wrong(`The instance lacks the input "${input.name}".`, `/instances/${i}`);
    });
    const dims = shapeOf(rows);
    const values = leaves(rows);
    const bad = values.findIndex((value) => typeof value !== 'number' && typeof value !== 'boolean');
    if (bad >= 0 || values.length !== dims.reduce((a, b) => a * b, 1)) {
      throw wrong(`Input "${input.name}" must be numbers in lists of equal length.`, '/instances');
    }
    inputs.set(input.name, tensor(input.dtype, dims, values.map(Number)));
  }
  return [{ kind: 'tensors', parameters, request: { parameters, inputs, outputs: [], binaryOutput: false } }];
}

/** The base64 text of `{"b64": "..."}`, bare or as the only member of an object. */
function pictureOf(instance: unknown): string | undefined {
  if (!isObject(instance)) return undefined;
  if (typeof instance.b64 === 'string') return instance.b64;
  const [only, ...more] = Object.values(instance);
  return more.length === 0 && isObject(only) && typeof only.b64 === 'string' ? only.b64 : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of the first elements; whether the others agree is found out by counting. */
function shapeOf(value: unknown): number[] {
  const dims: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) dims.push(at.length);
  return dims;
}

function wrong(detail: string, pointer: string): WhylightError {
  return new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: `#${pointer}` }] });
}
