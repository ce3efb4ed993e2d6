/** Responses in the Open Inference Protocol. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import {
  encodeResponse,
  HEADER_LENGTH,
  type InferenceRequest,
  type InferenceResponse,
  type NamedOutput,
} from '../../protocol/open-inference.ts';

/** Encodes a response as JSON alone, also where the client asked for bytes: for event streams, which carry text only. */
export const responseText = (response: InferenceResponse): string =>
  new TextDecoder().decode(encodeResponse(response).body);

/**
 * Answers with a response of the protocol.
 * @param isBinary selects the outputs that are sent as bytes behind the JSON part
 */
export function inferenceResponse(
  c: Context,
  response: InferenceResponse,
  isBinary: (name: string) => boolean,
): Response {
  const { body, headerLength } = encodeResponse(response, isBinary);
  if (headerLength === undefined) return c.body(body, 200, { 'Content-Type': 'application/json' });
  return c.body(body, 200, {
    'Content-Type': 'application/octet-stream',
    [HEADER_LENGTH]: String(headerLength),
  });
}

/**
 * Selects the outputs that the request names, in its order; all when it names none.
 * @throws WhylightError `invalid_request`
 */
export function wantedOutputs(
  outputs: readonly NamedOutput[],
  request: Pick<InferenceRequest, 'outputs'> | undefined,
): readonly NamedOutput[] {
  if (!request || request.outputs.length === 0) return outputs;
  const names = outputs.map(({ name }) => name);
  checkOutputs(names, request);
  return request.outputs.map(({ name }) => outputs[names.indexOf(name)] as NamedOutput);
}

/**
 * Checks that the outputs that the request names exist.
 * @throws WhylightError `invalid_request`
 */
export function checkOutputs(names: readonly string[], request: Pick<InferenceRequest, 'outputs'> | undefined): void {
  for (const [i, { name }] of request?.outputs.entries() ?? []) {
    if (names.includes(name)) continue;
    const detail = `There is no output "${name}": there are ${names.join(', ')}.`;
    throw new WhylightError('invalid_request', detail, {
      allowed: names,
      errors: [{ detail, pointer: `#/outputs/${i}/name` }],
    });
  }
}

/** Makes a predicate for outputs to be sent as bytes. The setting of an output overrides that of the request. */
export const isBinary =
  (request: Pick<InferenceRequest, 'outputs' | 'binaryOutput'> | undefined) =>
  (name: string): boolean =>
    request?.outputs.find((output) => output.name === name)?.binary ?? request?.binaryOutput ?? false;
