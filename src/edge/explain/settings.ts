/**
 * Parameters of a request. They are flat on the wire, and sorted here into those of the explanation itself, of the drawing
 * of its map, and of the method. Names are looked up in that order, so no method may use one of the first two groups.
 */
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { AUTO_METHOD } from '../../core/explainer/auto-method.ts';
import type { ReadRequest } from '../../core/explainer/request.ts';
import { type DrawingOptions, drawingSchema } from '../../core/image/overlay-options.ts';
import { NotAnswered } from '../../core/method/answered.ts';
import { coerce, type ParameterIssue } from '../../core/method/params.ts';
import { expectation, parameterSchemas } from '../../core/method/schema.ts';
import { type Corrections, isEmpty } from '../../core/model/corrections.ts';
import { safeParse } from '../../core/safe-parse.ts';
import { BOX_SCORES } from '../../core/task/task.ts';
import { textList } from '../../core/text-list.ts';
import type { Parameters } from '../../protocol/open-inference.ts';
import { ROUTES } from '../routing/decide.ts';

export const requestSchema = z.object({
  method: z
    .string()
    .min(1)
    .default(AUTO_METHOD)
    .describe(
      'Id of the saliency method, as GET /v2/methods lists them; auto chooses the best one for model and deadline, and the answer names it.',
    ),
  target: z
    .union([z.int(), z.string().min(1)])
    .optional()
    .describe(
      'Class index or label; box:2 (a prediction by its number), box:x0,y0,x1,y1 or point:x,y (pixels of the upright image); box:0/keypoint:5 for a key point; also "a - b", "0.5*a + b" and "sum"; or the JSON text of an object that names a class and a region of a dense output, such as {"class": "cat", "box": [0, 0, 8, 8]}. The top class when left out.',
    ),
  scores: z
    .string()
    .min(1)
    .optional()
    .describe('Scores to explain: logits (the default), output, or the name of a tensor.'),
  output: z.string().min(1).optional().describe('Output that is explained, in place of that of the description.'),
  task: z
    .string()
    .min(1)
    .optional()
    .describe('Question that the output answers: classification, regression, object_detection and so on.'),
  class_axis: z.int().min(0).max(8).optional().describe('Axis of the output, batch included, that counts classes.'),
  hold: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Inputs, separated by commas, that are fed as they are sent and never explained.'),
  labels: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Class names in order, separated by commas or as a JSON list, in place of the model's own."),
  threshold: z
    .number()
    .optional()
    .describe("Score below which predictions are left out; the task's own when left out."),
  box_score: z
    .enum(BOX_SCORES)
    .optional()
    .describe(
      'Number that is explained for a box: confidence (objectness times class, the default), class, or similarity (how alike the nearest box is).',
    ),
  similar_to: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Explains the cosine of the embedding and another one: a JSON list of numbers, or for models of texts another text. A form may hold another file in a field of this name.',
    ),
  seed: z.int().min(0).default(0).describe('Seed of random numbers: the same seed gives the same answer.'),
  metrics: z
    .string()
    .optional()
    .describe(
      'Metrics of the answer, separated by commas: insertion,deletion. They cost further rows. Parameters of a metric have its name in front: deletion.steps=20.',
    ),
  summary: z
    .boolean()
    .default(false)
    .describe('Adds a summary in words, derived from measurements; it costs one more row.'),
  receipt: z
    .boolean()
    .default(false)
    .describe(
      'Adds a signed receipt, with which the explanation can be repeated and checked, as the parameter receipt.',
    ),
  route: z
    .enum(ROUTES)
    .default('auto')
    .describe('Route: edge, origin or job; auto takes the first of them that can run the request.'),
  deadline_ms: z.int().min(1).max(3_600_000).optional().describe('Milliseconds after which the request is given up.'),
  webhook: z
    .string()
    .optional()
    .describe('An https URL to call when a job has ended, of a host that is allowed for the key.'),
  top: z.int().min(1).max(100).default(5).describe('Number of top classes in the answer.'),
});

export interface Settings extends z.output<typeof requestSchema> {
  readonly overlay: DrawingOptions;
  /** True if the client chose the image below the map. */
  readonly choseOverlay: boolean;
}

/** Parameter names of the explanation and the drawing. */
export const RESERVED_PARAMETERS: readonly string[] = [
  ...Object.keys(requestSchema.shape),
  ...Object.keys(drawingSchema.shape),
];

/**
 * Parses the parameters of the explanation and the drawing.
 * @throws WhylightError `invalid_request`; `details.issues` holds each mistake
 */
export function readSettings(given: Parameters): Settings {
  const issues: ParameterIssue[] = [];
  const request = readParameters(requestSchema, given, issues);
  const overlay = readParameters(drawingSchema, given, issues);
  if (!request || !overlay) {
    throw new WhylightError('invalid_request', issues.map(({ message }) => message).join(' '), { issues });
  }
  return { ...request, overlay, choseOverlay: given.overlay !== undefined };
}

/** Selects the facts about the model that the request states; undefined where it states none. */
export function correctionsOf({ output, task, class_axis, hold, labels }: Settings): Corrections | undefined {
  const stated = {
    ...(output !== undefined && { output }),
    ...(task !== undefined && { task }),
    ...(class_axis !== undefined && { class_axis }),
    ...(hold && { hold }),
    ...(labels && { labels }),
  };
  return isEmpty(stated) ? undefined : stated;
}

/** Selects the settings of the reading of predictions. */
export const readSettingsOf = ({
  threshold,
  box_score: boxScore,
}: Settings): Pick<ReadRequest, 'threshold' | 'boxScore'> => ({
  ...(threshold !== undefined && { threshold }),
  ...(boxScore && { boxScore }),
});

/** Selects the parameters of the method. */
export const methodParameters = (given: Parameters): Parameters =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !RESERVED_PARAMETERS.includes(name)));

/**
 * Runs both checks, so that a client is told every mistake at once.
 * @throws the error of either; where both list issues, `invalid_request` with all of them
 */
export function bothChecked<A, B>(first: () => A, second: (found: A | undefined) => B): readonly [A, B] {
  const a = outcome(first);
  const b = outcome(() => second('value' in a ? a.value : undefined));
  if ('value' in a && 'value' in b) return [a.value, b.value];
  const errors = [a, b].flatMap((result) => ('error' in result ? [result.error] : []));
  const early = errors.find((error) => error instanceof NotAnswered);
  if (early) throw early;
  const listing = errors.filter((error) => WhylightError.is(error) && Array.isArray(error.details.issues));
  if (listing.length < 2) throw errors[0];
  const mistakes = listing as WhylightError[];
  throw new WhylightError('invalid_request', mistakes.map(({ message }) => message).join(' '), {
    issues: mistakes.flatMap(({ details }) => details.issues as ParameterIssue[]),
  });
}

function outcome<T>(check: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: check() };
  } catch (error) {
    return { error };
  }
}

/** Readings of single parameters. A target may be a label that looks like a number, so its text stays one. */
const READERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  method: (value) => value,
  target: (value) => value,
  similar_to: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  labels: (value) => (typeof value === 'string' ? textList(value) : value),
};

/** Converts a parameter to the type that the schema asks for. JSON Schema is made only for parameters that need it. */
const read = (schema: z.ZodObject, name: string, value: unknown): unknown =>
  READERS[name]?.(value) ?? coerce(value, parameterSchemas(schema)[name] ?? {});

/** Parses the parameters of a schema. @returns undefined where one is wrong; `issues` then has every mistake */
export function readParameters<S extends z.ZodObject>(
  schema: S,
  given: Parameters,
  issues: ParameterIssue[],
): z.output<S> | undefined {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = given[name];
    if (value !== undefined) values[name] = read(schema, name, value);
  }
  const parsed = safeParse(schema, values);
  for (const { path, code, message } of parsed.error?.issues ?? []) {
    const name = String(path[0] ?? '');
    const parameter = parameterSchemas(schema)[name];
    const expected = code === 'custom' || !parameter ? message : `must be ${expectation(parameter)}`;
    const value = given[name];
    const was =
      value !== undefined ? `is ${JSON.stringify(value)}, but it ` : code === 'custom' ? '' : 'is missing, but it ';
    issues.push({ parameter: name, message: `Parameter "${name}" ${was}${expected}.` });
  }
  return parsed.success ? parsed.data : undefined;
}
