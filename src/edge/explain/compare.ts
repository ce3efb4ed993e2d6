/** Comparison of several methods, several targets, or both, on the same input. */
import type { Context } from 'hono';
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import { contactSheet, type SheetCell } from '../../core/image/contact-sheet.ts';
import type { Image } from '../../core/image/image.ts';
import { methodsWithPreset, PRESET_PARAMETER } from '../../core/method/presets.ts';
import { type DrawnCell, drawingSheet } from '../../core/modality/drawing-sheet.ts';
import type { ForwardPass } from '../../core/plan/forward-pass.ts';
import { drawingPage } from '../../protocol/drawing-page.ts';
import { explanationImage } from '../../protocol/explanation-image.ts';
import { explanationOutputs, explanationParameters } from '../../protocol/explanation-outputs.ts';
import type { InferenceRequest, InferenceResponse, NamedOutput, Parameters } from '../../protocol/open-inference.ts';
import type { EdgeEnv } from '../http/env.ts';
import { wantedOutputs } from '../http/inference-response.ts';
import type { Services } from '../services.ts';
import { mayKnowMethod } from '../tenants/rights.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { DocumentType } from './document-type.ts';
import { drawDocument } from './draw-document.ts';
import { type Answer, explainCached } from './explain-cached.ts';
import { type ExplainQuery, queryOf, type RawQuery } from './query.ts';
import { passesOf, type TargetParameter, targetParameters, targetsOf } from './targets.ts';

/** Maximum number of explanations in one request. */
const MAX_EXPLANATIONS = 12;

interface Compared {
  readonly query: ExplainQuery;
  readonly answer: Answer;
}

/** Question of the comparison, with its answer or the reason why there is none. */
interface Result {
  /** Name of the outputs, without the dot: `<method>`, or `<method>.<number of the target>`. */
  readonly prefix: string;
  /** Text below the map. */
  readonly label: string;
  readonly outcome: Compared | WhylightError;
}

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
 * Runs the methods. Without `targets`, the top class that the first method finds is the target of all; with them, each
 * method explains every target.
 * @throws WhylightError `invalid_request`; the error of the first question when all fail
 */
export async function compareMethods(c: Context<EdgeEnv>, services: Services, raw: RawQuery): Promise<Comparison> {
  const targets = targetsOf(raw.parameters);
  const ids = methodsOf(raw.parameters);
  checkCount(ids.length, targets?.length ?? 1);
  await services.explainer.methods.load(ids);
  const withPreset = presetHolders(ids, raw.parameters, c.get('tenant'), services);
  const asked = ids.map((id) => {
    const common = withPreset.has(id) ? raw.parameters : without(PRESET_PARAMETER, raw.parameters);
    return { id, raw: { ...raw, parameters: parametersFor(id, common) } };
  });
  const results: Result[] = [];
  let target: Parameters = {};
  for (const { id, raw } of asked) {
    if (targets) results.push(...(await explainTargets(c, services, raw, targets, ids.length > 1 ? `${id}: ` : '')));
    else {
      const parameters = { ...raw.parameters, ...target };
      const outcome = await attempted(async () =>
        answerOf(c, services, await queryOf(c, services, { ...raw, parameters })),
      );
      results.push({ prefix: id, label: id, outcome });
      target = { ...target, ...targetOf(outcome) };
    }
  }
  const successes = results.map(({ outcome }) => outcome).filter(isCompared);
  const [first] = successes;
  if (!first) throw results[0]?.outcome;
  const title = `${first.query.model.name}: ${[...ids, ...(targets ?? [])].join(', ')}`;
  return {
    answers: successes.map(({ answer }) => answer),
    wire: first.query.wire,
    response: () => responseOf(results, { methods: ids.join(','), ...targetParameters(targets) }, first.query),
    isData: first.query.isData,
    draw: async () => contactSheet(await cellsOf(results)),
    document: (type) => documentOf(services, results, title, type),
  };
}

/** Explains every target by one method, those that are not in the cache over one forward pass where they can share it. */
async function explainTargets(
  c: Context<EdgeEnv>,
  services: Services,
  raw: RawQuery,
  targets: readonly TargetParameter[],
  titled: string,
): Promise<Result[]> {
  const { method } = raw.parameters;
  // The input is decoded once.
  let { input } = raw;
  const queries: (ExplainQuery | WhylightError)[] = [];
  for (const target of targets) {
    const parameters = { ...raw.parameters, target };
    const query = await attempted(() => queryOf(c, services, { ...raw, parameters, ...(input && { input }) }));
    if (!WhylightError.is(query)) input = query.input;
    queries.push(query);
  }
  const passes = await passesOf(
    c,
    services,
    queries.flatMap((query) => (WhylightError.is(query) ? [] : query)),
  );
  const results: Result[] = [];
  for (const [i, query] of queries.entries()) {
    const outcome = WhylightError.is(query)
      ? query
      : await attempted(() => answerOf(c, services, query, passes.get(query)));
    results.push({ prefix: `${method}.${i}`, label: `${titled}${targets[i]}`, outcome });
  }
  return results;
}

const isCompared = (outcome: Compared | WhylightError): outcome is Compared => !WhylightError.is(outcome);

function methodsOf({ methods }: Parameters): string[] {
  const listed = String(methods ?? '').split(',');
  const names = [...new Set(listed.flatMap((name) => name.trim() || []))];
  if (names.length > 0 && names.length <= MAX_EXPLANATIONS) return names;
  const message = `Parameter "methods" takes 1 to ${MAX_EXPLANATIONS} ids with commas between, such as saliency,grad_cam.`;
  throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'methods', message }] });
}

function checkCount(methods: number, targets: number): void {
  if (methods * targets <= MAX_EXPLANATIONS) return;
  const message = `${methods * targets} explanations were asked for (${counted(methods, 'method')}, ${counted(targets, 'target')}), and ${MAX_EXPLANATIONS} are allowed: send fewer targets or methods at once.`;
  throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'targets', message }] });
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
function parametersFor(method: string, { methods: _, targets: __, ...parameters }: Parameters): Parameters {
  const entries = Object.entries(parameters);
  const own = entries.flatMap(([name, value]) =>
    name.startsWith(`${method}.`) ? [[name.slice(method.length + 1), value] as const] : [],
  );
  const common = entries.filter(([name]) => !name.includes('.'));
  return { ...Object.fromEntries([...common, ...own]), method };
}

async function answerOf(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  pass?: ForwardPass,
): Promise<Compared> {
  return { query, answer: await explainCached(c, services, query, { ...(pass && { pass }) }) };
}

/** Runs a step of one question; what it throws does not fail the others. */
async function attempted<T>(step: () => Promise<T>): Promise<T | WhylightError> {
  try {
    return await step();
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

function responseOf(results: readonly Result[], asked: Parameters, { model, wire }: ExplainQuery): InferenceResponse {
  return {
    ...(wire?.id !== undefined && { id: wire.id }),
    modelName: model.name,
    modelVersion: model.version,
    parameters: { ...asked, model_digest: model.digest, ...parametersOf(results) },
    outputs: wantedOutputs(outputsOf(results), wire),
  };
}

const outputsOf = (results: readonly Result[]): NamedOutput[] =>
  results.flatMap(({ prefix, outcome }) =>
    isCompared(outcome)
      ? explanationOutputs(outcome.answer.explanation).map(({ name, value }) => ({ name: `${prefix}.${name}`, value }))
      : [],
  );

const parametersOf = (results: readonly Result[]): Parameters =>
  Object.fromEntries(
    results.flatMap(({ prefix, outcome }): [string, string | number | boolean][] =>
      isCompared(outcome)
        ? Object.entries(explanationParameters(outcome.answer.explanation, outcome.query.key)).map(([name, value]) => [
            `${prefix}.${name}`,
            value,
          ])
        : [[`${prefix}.error`, `${outcome.code}: ${outcome.message}`]],
    ),
  );

async function documentOf(
  services: Services,
  results: readonly Result[],
  title: string,
  type: DocumentType,
): Promise<string> {
  const cells: DrawnCell[] = [];
  for (const { label, outcome } of results) {
    if (!isCompared(outcome)) cells.push({ label, note: `${outcome.code}: ${outcome.message}` });
    else {
      const { query, answer } = outcome;
      cells.push({ label, drawing: await drawDocument(services, query, answer.explanation, 'image/svg+xml') });
    }
  }
  const sheet = drawingSheet(title, cells);
  return type === 'text/html' ? drawingPage(title, sheet, []) : sheet;
}

const cellsOf = (results: readonly Result[]): Promise<SheetCell[]> =>
  Promise.all(
    results.map(async ({ label, outcome }): Promise<SheetCell> => {
      if (!isCompared(outcome)) return { label, note: outcome.code };
      const { input, settings } = outcome.query;
      const { explanation } = outcome.answer;
      const image = explanationImage(explanation, await input.image(), settings.overlay, settings.choseOverlay);
      return { label, image };
    }),
  );
