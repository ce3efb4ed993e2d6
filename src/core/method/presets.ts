/** Choices of convention that go together because one library makes them: `preset: captum`. */
import { WhylightError } from '../errors.ts';
import { type Method, PRESETS, type Preset } from './contract.ts';
import { expectation, parameterSchemas } from './schema.ts';

/** The parameter that names a preset; no method may have one of its own by this name. */
export const PRESET_PARAMETER = 'preset';

/** Properties of a method that presets need. */
type Named = Pick<Method, 'id' | 'presets'>;

const isPreset = (name: unknown): name is Preset => (PRESETS as readonly unknown[]).includes(name);

/** The presets of a method, in the order of {@link PRESETS}. */
export const presetsOf = ({ presets = {} }: Pick<Method, 'presets'>): Preset[] =>
  PRESETS.filter((name) => presets[name] !== undefined);

/**
 * The parameters that a preset chooses; none for `undefined`.
 * @throws WhylightError `invalid_request` for a name that no library has, or that this method has no choices for.
 */
export function presetValues(method: Named, preset: unknown): Readonly<Record<string, unknown>> {
  if (preset === undefined) return {};
  const values = isPreset(preset) ? method.presets?.[preset] : undefined;
  if (values) return values;
  const known = presetsOf(method);
  throw invalid(
    `${unknownName(preset)}${method.id} has ${known.length > 0 ? `the presets ${known.join(', ')}` : 'no presets'}` +
      `, but ${JSON.stringify(preset)} was given.`,
    { method: method.id, presets: known },
  );
}

/**
 * Selects the methods of a comparison that have a preset. The others keep their defaults, as they do for any parameter
 * that they lack.
 * @returns ids of the methods
 * @throws WhylightError `invalid_request` when none has it.
 */
export function methodsWithPreset(methods: readonly Named[], preset: unknown): ReadonlySet<string> {
  const ids = methods.filter(({ presets = {} }) => isPreset(preset) && presets[preset]).map(({ id }) => id);
  if (ids.length > 0) return new Set(ids);
  const known = methods.flatMap((method) => {
    const own = presetsOf(method);
    return own.length > 0 ? [`${method.id} has ${own.join(', ')}`] : [];
  });
  throw invalid(
    `${unknownName(preset)}None of the methods has the preset ${JSON.stringify(preset)}` +
      `${known.length > 0 ? `: ${known.join('; ')}` : ''}.`,
    {},
  );
}

/** Lists mistakes in the presets of a method. */
export function* presetProblems({ params, presets = {} }: Pick<Method, 'params' | 'presets'>): Generator<string> {
  const schemas = parameterSchemas(params);
  for (const [name, values] of Object.entries(presets)) {
    if (!isPreset(name)) yield `preset ${name} must be one of ${PRESETS.join(', ')}`;
    for (const parameter of Object.keys(values)) {
      if (!schemas[parameter]) yield `preset ${name} sets ${parameter}, which is no parameter`;
    }
    for (const { path, message } of params.safeParse(values).error?.issues ?? []) {
      const schema = schemas[String(path[0] ?? '')];
      yield `preset ${name}: ${path.join('.')} ${schema ? `must be ${expectation(schema)}` : message}`;
    }
  }
}

const unknownName = (preset: unknown): string =>
  isPreset(preset) ? '' : `There is no preset ${JSON.stringify(preset)}; there are ${PRESETS.join(', ')}. `;

const invalid = (message: string, details: object): WhylightError =>
  new WhylightError('invalid_request', message, {
    ...details,
    issues: [{ parameter: PRESET_PARAMETER, message }],
  });
