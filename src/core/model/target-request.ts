/** Target as a client asks for it, and its schema in JSON. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { safeParse } from '../safe-parse.ts';

/** Weighting of the elements of one row of the scores, whose sum is explained. One class is a single weight of 1. */
export interface Target {
  /** The class, when the target is one. */
  readonly index?: number;
  readonly label?: string;
  readonly weights: readonly { readonly index: number; readonly weight: number }[];
  /**
   * Elements of the scores that are the other classes at the same place, as methods see it; absent where they are all
   * along the axis of the classes.
   */
  readonly rivals?: readonly number[];
}

const classOf = z.union([z.int(), z.string().min(1)]);
const finite = z.number().finite();

const regionSchema = z.strictObject({
  class: classOf
    .optional()
    .describe(
      'Index or name, or an expression of them. What is explained is the score of this class, added up over the region.',
    ),
  weights: z
    .union([z.record(z.string(), finite), z.array(z.object({ index: z.int().min(0), weight: finite })).readonly()])
    .optional()
    .describe(
      'In place of a class: weights by class name or index; or of elements of the scores, [{"index": 0, "weight": 1}].',
    ),
  box: z
    .array(finite.min(0))
    .min(2)
    .max(4)
    .optional()
    .describe(
      '[left, top, right, bottom] in cells of the output, the last two exclusive; [from, to] where it has one axis.',
    ),
  mask: z
    .union([z.literal('predicted'), z.array(finite).min(1)])
    .optional()
    .describe(
      'A weight for each position, row by row; "predicted" takes the positions where the class scores highest.',
    ),
  position: z
    .union([z.int().min(0), z.array(z.int().min(0)).min(1).max(4)])
    .optional()
    .describe('One position: the number of a box, or its place along each axis ([row, column]).'),
  class_axis: z.int().min(0).max(8).optional().describe('Which axis of the scores counts the classes.'),
  reduce: z.enum(['sum', 'mean']).optional().describe('Whether scores are added up over the region (sum) or averaged.'),
});

/** Classes, or a region of a dense output; see `docs/targets.md`. */
export type RegionRequest = z.output<typeof regionSchema>;

/**
 * Target as a request states it: a class index; a text, which is a label, an index, a margin `a - b`, several classes `a + b`, weighted ones `0.5*a + b`, `sum`
 * for all of them; or a {@link RegionRequest}, as an object or as its JSON text.
 */
export type TargetRequest = number | string | RegionRequest;

/**
 * JSON texts become what they stand for.
 * @throws WhylightError `invalid_request`
 */
export function parseTarget(request: TargetRequest): TargetRequest {
  const value = typeof request === 'string' && request.trimStart().startsWith('{') ? json(request) : request;
  if (typeof value !== 'object') return value as TargetRequest;
  const parsed = safeParse(regionSchema, value);
  if (parsed.success) return checkedRegion(parsed.data);
  const [issue] = parsed.error.issues;
  throw invalid(`${issue?.path.join('.') || 'the object'}: ${issue?.message}`);
}

/** Tells if the target depends on the model's prediction. */
export function followsPrediction(request: TargetRequest | undefined): boolean {
  if (request === undefined) return true;
  const parsed = parseTarget(request);
  return typeof parsed === 'object' && parsed.mask === 'predicted';
}

function checkedRegion(region: RegionRequest): RegionRequest {
  if ((region.class === undefined) === (region.weights === undefined)) {
    throw invalid('give either class or weights');
  }
  const places = (['box', 'mask', 'position'] as const).filter((name) => region[name] !== undefined);
  if (places.length > 1) throw invalid(`give one of ${places.join(' and ')}`);
  if (isElements(region.weights) && Object.keys(region).length > 1) {
    throw invalid('weights of elements say it all: nothing else goes with them');
  }
  return region;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('it starts like JSON but is none', cause);
  }
}

/** Weights of single elements of the scores, rather than of classes. */
export const isElements = (weights: RegionRequest['weights']): weights is Target['weights'] => Array.isArray(weights);

export const invalid = (problem: string, cause?: unknown): WhylightError => {
  const message = `The target is not understood: ${problem}. Give a class, or an object such as {"class": "cat", "box": [0, 0, 8, 8]}.`;
  return new WhylightError(
    'invalid_request',
    message,
    { issues: [{ parameter: 'target', message }] },
    cause === undefined ? {} : { cause },
  );
};
