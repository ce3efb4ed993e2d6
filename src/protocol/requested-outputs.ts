/** Outputs that a request asks for, and the form that it wants them in. */
import { list, object, scalars, text, wrong } from './json-members.ts';
import { refuseSharedMemory } from './unoffered.ts';

export interface RequestedOutput {
  readonly name: string;
  /** True for bytes behind the JSON part. */
  readonly binary?: boolean;
  /** Number of best classes wanted in place of the tensor. */
  readonly classification?: number;
}

/**
 * Reads the `outputs` of a request.
 * @returns none where the request leaves them out: all outputs are meant then
 * @throws WhylightError `invalid_request`, also for shared memory, which is not offered
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
export function decodeOutputs(outputs: unknown): RequestedOutput[] {
  if (outputs === undefined) return [];
  return list(outputs, '/outputs').map((entry, i) => {
    const at = `/outputs/${i}`;
    const output = object(entry, at);
    const parameters = scalars(output.parameters, `${at}/parameters`);
    refuseSharedMemory(parameters, `${at}/parameters`);
    const { binary_data: binary, classification } = parameters;
    return {
      name: text(output.name, `${at}/name`),
      ...(typeof binary === 'boolean' && { binary }),
      ...(classification !== undefined && {
        classification: countOf(classification, `${at}/parameters/classification`),
      }),
    };
  });
}

function countOf(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw wrong(`classification is the number of classes wanted, from 1 on, but ${JSON.stringify(value)} was given.`, at);
}
