/** Comparison of several methods on the same input and target. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { contactSheet, type SheetCell } from '../../core/image/contact-sheet.ts';
import type { Image } from '../../core/image/image.ts';
import { methodsWithPreset, PRESET_PARAMETER } from '../../core/method/presets.ts';
import { type DrawnCell, drawingSheet } from '../../core/modality/drawing-sheet.ts';
import { drawingPage } from '../../protocol/drawing-page.ts';
import { explanationImage } from '../../protocol/explanation-image.ts';
import { explanationOutputs, explanationParameters } from '../../protocol/explanation-outputs.ts';
import type { InferenceRequest, InferenceResponse, NamedOutput, Parameters } from '../../protocol/open-inference.ts';
import type { EdgeEnv } from '../http/env.ts';
import { wantedOutputs } from '../http/inference-response.ts';
import type { Services } from '../services.ts';
import { mayKnowMethod } from '../tenants/rights.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { type DocumentType, drawDocument } from './draw-document.ts';
import { type Answer, explainCached } from './explain-cached.ts';
import { type ExplainQuery, queryOf, type RawQuery } from './query.ts';

/** Maximum number of methods in one request. */
const MAX_METHODS = 12;

interface Compared {
  readonly query: ExplainQuery;
  readonly answer: Answer;
}

type Results = ReadonlyMap<string, Compared | WhylightError>;

export interface Comparison {
  /** Answers of the methods that did not fail. */
  readonly answers: readonly Answer[];
  /** The request in the Open Inference Protocol, for tensors. */
  readonly wire: InferenceRequest | undefined;
  response(): InferenceResponse;
  /** True for data of a modality, which has drawings and no images. */
  readonly isData: boolean;
  /** Draws the maps as a contact sheet. */
  draw(): Promise<Image>;
  /** Draws what each method says, below each other. */
  document(type: DocumentType): Promise<string>;
}

/**
 * Runs the methods. The top class that the first method finds is the target of all.
 * @throws WhylightError `invalid_request`; the error of the first method when all fail
 */
export async function compareMethods(c: Context<EdgeEnv>, services: Services, raw: RawQuery): Promise<Comparison> {
  const results = new Map<string, Compared | WhylightError>();
  let target: Parameters = {};
  const ids = methodsOf(raw.parameters);
  await services.explainer.methods.load(ids);
  const withPreset = presetHolders(ids, raw.parameters, c.get('tenant'), services);
  for (const id of ids) {
    const common = withPreset.has(id) ? raw.parameters : without(PRESET_PARAMETER, raw.parameters);
    const result = await explainBy(c, services, { ...raw, parameters: { ...parametersFor(id, common), ...target } });
    results.set(id, result);
    target = { ...target, ...targetOf(result) };
  }
  const successes = [...results.values()].filter(isCompared);
  const [first] = successes;
  if (!first) throw [...results.values()][0];
  return {
    answers: successes.map(({ answer }) => answer),
    wire: first.query.wire,
    response: () => responseOf(results, first.query),
    isData: first.query.isData,
    draw: async () => contactSheet(await cellsOf(results)),
    document: (type) => documentOf(services, results, first.query.model.name, type),
  };
}

const isCompared = (result: Compared | WhylightError): result is Compared => !WhylightError.is(result);

function methodsOf({ methods }: Parameters): string[] {
  const listed = String(methods ?? '').split(',');
  const names = [...new Set(listed.flatMap((name) => name.trim() || []))];
  if (names.length > 0 && names.length <= MAX_METHODS) return names;
  const message = `Parameter "methods" takes 1 to ${MAX_METHODS} ids with commas between, such as saliency,grad_cam.`;
  throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'methods', message }] });
}

/**
 * Selects the methods that take the common preset; the others keep their defaults. `<method>.preset` is checked by that
 * method.
 * @throws WhylightError `invalid_request` when none has the preset.
 */
function presetHolders(
  ids: readonly string[],
  { [PRESET_PARAMETER]: preset }: Parameters,
  tenant: Tenant,
  { explainer }: Services,
): ReadonlySet<string> {
  if (preset === undefined) return new Set();
  const known = explainer.methods.listed
    .filter((entry) => ids.includes(entry.method.id) && mayKnowMethod(tenant, entry))
    .map(({ method }) => explainer.methods.get(method.id).method);
  return methodsWithPreset(known, preset);
}

const without = (name: string, { [name]: _, ...others }: Parameters): Parameters => others;

/** Selects the parameters of all methods, and those that name this one. */
function parametersFor(method: string, { methods: _, ...parameters }: Parameters): Parameters {
  const entries = Object.entries(parameters);
  const own = entries.flatMap(([name, value]) =>
    name.startsWith(`${method}.`) ? [[name.slice(method.length + 1), value] as const] : [],
  );
  const common = entries.filter(([name]) => !name.includes('.'));
  return { ...Object.fromEntries([...common, ...own]), method };
}

/** Explains by one method. A method that fails does not fail the others. */
async function explainBy(c: Context<EdgeEnv>, services: Services, raw: RawQuery): Promise<Compared | WhylightError> {
  try {
    const query = await queryOf(c, services, raw);
    return { query, answer: await explainCached(c, services, query) };
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    return error;
  }
}

/** Returns the class that an answer is about, as the target of the others. */
function targetOf(result: Compared | WhylightError): Parameters {
  if (!isCompared(result) || result.query.settings.target !== undefined) return {};
  const classes = new Set(result.answer.explanation.rows.map(({ target }) => target.index));
  const [index] = classes;
  return classes.size === 1 && index !== undefined ? { target: index } : {};
}

function responseOf(results: Results, { model, wire }: ExplainQuery): InferenceResponse {
  return {
    ...(wire?.id !== undefined && { id: wire.id }),
    modelName: model.name,
    modelVersion: model.version,
    parameters: { methods: [...results.keys()].join(','), model_digest: model.digest, ...parametersOf(results) },
    outputs: wantedOutputs(outputsOf(results), wire),
  };
}

const outputsOf = (results: Results): NamedOutput[] =>
  [...results].flatMap(([method, result]) =>
    isCompared(result)
      ? explanationOutputs(result.answer.explanation).map(({ name, value }) => ({ name: `${method}.${name}`, value }))
      : [],
  );

const parametersOf = (results: Results): Parameters =>
  Object.fromEntries(
    [...results].flatMap(([method, result]): [string, string | number | boolean][] =>
      isCompared(result)
        ? Object.entries(explanationParameters(result.answer.explanation, result.query.key)).map(([name, value]) => [
            `${method}.${name}`,
            value,
          ])
        : [[`${method}.error`, `${result.code}: ${result.message}`]],
    ),
  );

async function documentOf(services: Services, results: Results, model: string, type: DocumentType): Promise<string> {
  const cells: DrawnCell[] = [];
  for (const [label, result] of results) {
    if (!isCompared(result)) cells.push({ label, note: `${result.code}: ${result.message}` });
    else {
      const { query, answer } = result;
      cells.push({ label, drawing: await drawDocument(services, query, answer.explanation, 'image/svg+xml') });
    }
  }
  const sheet = drawingSheet(`${model}: ${[...results.keys()].join(', ')}`, cells);
  return type === 'text/html' ? drawingPage(model, sheet, []) : sheet;
}

const cellsOf = (results: Results): Promise<SheetCell[]> =>
  Promise.all(
    [...results].map(async ([label, result]): Promise<SheetCell> => {
      if (!isCompared(result)) return { label, note: result.code };
      const { input, settings } = result.query;
      const { explanation } = result.answer;
      const image = explanationImage(explanation, await input.image(), settings.overlay, settings.choseOverlay);
      return { label, image };
    }),
  );
