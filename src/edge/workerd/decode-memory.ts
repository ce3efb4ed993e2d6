/** Memory that an isolate has left for decoding an image, beside the model that the image is for. */
import { ISOLATE_LIMITS } from '../../core/limits.ts';
import type { Model } from '../../core/model/model.ts';
import { linearMemory, sessionBytes, weightBytes } from '../../core/plan/machine-memory.ts';

const MIB = 2 ** 20;

/** Memory of an isolate on Cloudflare. */
const ISOLATE_BYTES = 128 * MIB;
/** Code and heap of an isolate that has answered, without models and images. */
const BASE_BYTES = 22 * MIB;
/** The body, the drawing, its PNG file and what the garbage collector has not taken yet: measured by `bench:photos`. */
const ANSWER_BYTES = 12 * MIB;
/** Enough for every sequential JPEG, which is decoded in parts: for models of up to 1,024 pixels none is refused. */
const SEQUENTIAL_BYTES = 34_000_000;

/**
 * Bytes that decoding may take while the isolate holds the file of this model and a session of it. It depends on the
 * model alone, so that the same request is always answered alike.
 * @param needed bytes that the decoding takes: the graph is not read for those of a sequential JPEG
 * @returns undefined where nothing beside the limit of the codecs holds: for few bytes, and for a model that is too large
 *   to run in an isolate, and runs at an origin
 */
export function decodeMemoryBeside(model: Pick<Model, 'graph'>, needed: number): number | undefined {
  if (needed <= SEQUENTIAL_BYTES) return undefined;
  const { graph } = model;
  const session = sessionBytes(graph);
  if (session > ISOLATE_LIMITS.sessionBytes) return undefined;
  const held = weightBytes(graph) + linearMemory(session + ISOLATE_LIMITS.memoryBudget);
  return Math.max(SEQUENTIAL_BYTES, ISOLATE_BYTES - BASE_BYTES - ANSWER_BYTES - held);
}
