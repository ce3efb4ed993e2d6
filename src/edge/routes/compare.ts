import { type Context, Hono } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { contactSheet, type SheetCell } from '../../core/image/contact-sheet.ts';
import type { ParameterIssue } from '../../core/method/params.ts';
import { methodsWithPreset, PRESET_PARAMETER } from '../../core/method/presets.ts';
import { explanationOutputs, explanationParameters, explanationPicture } from '../../protocol/explanation-outputs.ts';
import type { NamedOutput, Parameters } from '../../protocol/open-inference.ts';
import type { Body } from '../explain/body.ts';
import { answerTo, type Question, questionOf, readAsked } from '../explain/query.ts';
import { inferenceResponse, isBinary, wantedOutputs } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { mayKnowMethod, offeredTo, type Tenant } from '../tenants/tenant.ts';
import { modelPaths } from './models.ts';

const REPRESENTATIONS = ['application/json', 'image/png', 'application/octet-stream'] as const;

/** A request that wants more than this should be several. */
const MOST_METHODS = 12;

interface Compared {
  readonly question: Question;
  readonly explanation: Explanation;
}

/**
 * `POST /v2/models/{model}/compare?methods=a,b`: several methods about the same input and target, in one answer. The
 * prediction is made once: what the first method finds as the top class is the target of all. Parameters are for every
 * method that has them by `<method>.<parameter>`; outputs come back as `<method>.<output>`, and what a method could not do
 * as the parameter `<method>.error`.
 */
export const compareRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/compare'), async (c) => {
    const type = negotiate(c.req.header('Accept'), offeredTo(c.get('tenant'), REPRESENTATIONS));
    const { body, given } = await readAsked(c, services);
    const answers = new Map<string, Compared | WhylightError>();
    let target: Parameters = {};
    const ids = methodsOf(given);
    const having = presetHolders(ids, given, c.get('tenant'), services);
    for (const method of ids) {
      const parameters = parametersFor(method, having.has(method) ? given : without(PRESET_PARAMETER, given));
      const answer = await about(c, services, body, { ...parameters, ...target });
      answers.set(method, answer);
      target = { ...target, ...targetOf(answer) };
    }
    const first = [...answers.values()].find(isAnswer);
    if (!first) throw [...answers.values()][0];
    if (type === 'image/png') {
      const png = await services.codecs.encodePng(contactSheet(await cells(answers)));
      return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type });
    }
    const { model, wire } = first.question;
    return inferenceResponse(
      c,
      {
        ...(wire?.id !== undefined && { id: wire.id }),
        modelName: model.name,
        modelVersion: model.version,
        parameters: { methods: [...answers.keys()].join(','), model_digest: model.digest, ...parametersOf(answers) },
        outputs: wantedOutputs(outputsOf(answers), wire),
      },
      type === 'application/octet-stream' ? () => true : isBinary(wire),
    );
  });

const isAnswer = (answer: Compared | WhylightError): answer is Compared => !WhylightError.is(answer);

function methodsOf({ methods }: Parameters): string[] {
  const names = [
    ...new Set(
      String(methods ?? '')
        .split(',')
        .flatMap((name) => name.trim() || []),
    ),
  ];
  if (names.length > 0 && names.length <= MOST_METHODS) return names;
  const message = `Parameter "methods" takes 1 to ${MOST_METHODS} ids with commas between, such as saliency,grad_cam.`;
  const issues: ParameterIssue[] = [{ parameter: 'methods', message }];
  throw new WhylightError('invalid_request', message, { issues });
}

/**
 * The methods that take the common preset: the others keep their defaults. One that is given as `<method>.preset` is for
 * that method to have.
 * @throws WhylightError `invalid_request` when none has it.
 */
function presetHolders(
  ids: readonly string[],
  given: Parameters,
  tenant: Tenant,
  { explainer }: Services,
): ReadonlySet<string> {
  const preset = given[PRESET_PARAMETER];
  if (preset === undefined) return new Set();
  const known = explainer.methods.entries
    .filter((entry) => ids.includes(entry.method.id) && mayKnowMethod(tenant, entry))
    .map(({ method }) => method);
  return methodsWithPreset(known, preset);
}

const without = (name: string, { [name]: _, ...others }: Parameters): Parameters => others;

/** Those of all methods, and those that name this one. */
function parametersFor(method: string, { methods: _, ...given }: Parameters): Parameters {
  const entries = Object.entries(given);
  const own = entries.flatMap(([name, value]) =>
    name.startsWith(`${method}.`) ? [[name.slice(method.length + 1), value] as const] : [],
  );
  const common = entries.filter(([name]) => !name.includes('.'));
  return { ...Object.fromEntries([...common, ...own]), method };
}

/** A method that does not apply leaves the others their answer. */
async function about(
  c: Context<EdgeEnv>,
  services: Services,
  body: Body,
  given: Parameters,
): Promise<Compared | WhylightError> {
  try {
    const question = await questionOf(c, services, body, given);
    return { question, explanation: (await answerTo(c, services, question)).explanation };
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    return error;
  }
}

/** The class that all are about, once the first answer tells it. */
function targetOf(answer: Compared | WhylightError): Parameters {
  if (!isAnswer(answer) || answer.question.settings.target !== undefined) return {};
  const classes = new Set(answer.explanation.rows.map(({ target }) => target.index));
  const [index] = classes;
  return classes.size === 1 && index !== undefined ? { target: index } : {};
}

const outputsOf = (answers: ReadonlyMap<string, Compared | WhylightError>): NamedOutput[] =>
  [...answers].flatMap(([method, answer]) =>
    isAnswer(answer)
      ? explanationOutputs(answer.explanation).map(({ name, value }) => ({ name: `${method}.${name}`, value }))
      : [],
  );

const parametersOf = (answers: ReadonlyMap<string, Compared | WhylightError>): Parameters =>
  Object.fromEntries(
    [...answers].flatMap(([method, answer]): [string, string | number | boolean][] =>
      isAnswer(answer)
        ? Object.entries(explanationParameters(answer.explanation, answer.question.key)).map(([name, value]) => [
            `${method}.${name}`,
            value,
          ])
        : [[`${method}.error`, `${answer.code}: ${answer.message}`]],
    ),
  );

async function cells(answers: ReadonlyMap<string, Compared | WhylightError>): Promise<SheetCell[]> {
  return Promise.all(
    [...answers].map(async ([label, answer]): Promise<SheetCell> => {
      if (!isAnswer(answer)) return { label, note: answer.code };
      const { subject, settings } = answer.question;
      const photo = await subject.photo();
      return { label, image: explanationPicture(answer.explanation, photo, settings.overlay, settings.choseOverlay) };
    }),
  );
}
