/** Parts of requests that are not offered where they stand; ignoring them would answer another question than was asked. */
import { type Scalar, wrong } from './json-members.ts';

type Named = Readonly<Record<string, Scalar>>;

/**
 * Refuses an input or output in shared memory.
 * @param at JSON pointer to the parameters
 * @throws WhylightError `invalid_request`
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_shared_memory.md
 */
export function refuseSharedMemory(parameters: Named, at: string): void {
  const shared = Object.keys(parameters).find((name) => name.startsWith('shared_memory'));
  if (shared === undefined) return;
  throw wrong(
    'Shared memory is not offered: leave it out, and send and read tensors with the request.',
    `${at}/${shared}`,
  );
}

/**
 * Refuses a request that is part of a sequence, since models keep no state between requests.
 * @throws WhylightError `invalid_request`
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_sequence.md
 */
export function refuseSequence(parameters: Named): void {
  const name = ['sequence_id', 'sequence_start', 'sequence_end'].find((one) => parameters[one]);
  if (name === undefined) return;
  throw wrong(
    `A sequence of requests (${name}) is not offered, since models keep no state between requests: leave it out.`,
    `/parameters/${name}`,
  );
}

/** Parameters that change what is answered, and that people write beside the inputs. */
const PARAMETERS = [
  ...['method', 'methods', 'target', 'targets', 'preset', 'scores', 'seed', 'image_url'],
  ...['explain_if', 'explain_rate'],
];

/**
 * Refuses a parameter beside `inputs` or `instances` in place of under `parameters`.
 * @param json the body
 * @throws WhylightError `invalid_request`
 */
export function refuseMisplaced(json: Readonly<Record<string, unknown>>): void {
  const name = PARAMETERS.find((one) => json[one] !== undefined);
  if (name === undefined) return;
  throw wrong(`"${name}" is a parameter: write it under "parameters", or in the query of the address.`, `/${name}`);
}
