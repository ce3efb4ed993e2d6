/** Extensions of the protocol that are not offered; ignoring them would answer another question than was asked. */
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
