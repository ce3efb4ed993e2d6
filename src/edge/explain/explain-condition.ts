/** Condition under which a prediction is explained in the same answer: `explain_if` and `explain_rate`. */
import * as z from 'zod';
import { messageOf, WhylightError } from '../../core/errors.ts';
import type { ParameterIssue } from '../../core/method/params.ts';
import type { PredictionFacts } from '../../core/model/prediction-facts.ts';
import type { Parameters } from '../../protocol/open-inference.ts';
import { fractionOf } from '../fraction-of.ts';
import { readParameters } from './settings.ts';

const MAX_CHARS = 1000;

export const conditionSchema = z.object({
  explain_if: z
    .string()
    .min(1)
    .max(MAX_CHARS)
    .optional()
    .describe(
      'Explains the rows for which this JMESPath expression over label, score, probability, margin and entropy of the prediction is true, in the same answer: probability < `0.8`. The parameters of POST /v2/models/{model}/explain then apply.',
    ),
  explain_rate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of rows that may be explained, chosen by the digest of the row and the seed.'),
});

export interface ExplainCondition {
  /**
   * Tells if a row is explained, by its prediction; absent where no expression was given.
   * @throws WhylightError `invalid_request` for an answer that is neither true nor false
   */
  readonly holds?: (facts: PredictionFacts) => boolean;
  /** Tells if a row is in the sample, by its digest. */
  readonly isSampled: (digest: string) => Promise<boolean>;
}

/**
 * Takes the condition out of the parameters of a request.
 * @returns the parameters alone where it has none
 * @throws WhylightError `invalid_request`
 */
export async function readCondition({ explain_if, explain_rate, ...parameters }: Parameters): Promise<{
  readonly condition?: ExplainCondition;
  readonly parameters: Parameters;
}> {
  const given = {
    ...(explain_if !== undefined && { explain_if }),
    ...(explain_rate !== undefined && { explain_rate }),
  };
  if (Object.keys(given).length === 0) return { parameters };
  const issues: ParameterIssue[] = [];
  const settings = readParameters(conditionSchema, given, issues);
  if (!settings) throw refusal(issues);
  const { explain_if: expression, explain_rate: rate = 1 } = settings;
  const { seed = 0 } = parameters;
  return {
    condition: {
      ...(expression !== undefined && { holds: await compiled(expression) }),
      isSampled: async (digest) => (await fractionOf(`${seed}/${digest}`)) < rate,
    },
    parameters,
  };
}

/** Compiles an expression. The library is evaluated by the first request that has one. */
async function compiled(expression: string): Promise<NonNullable<ExplainCondition['holds']>> {
  const { compile, TreeInterpreter } = await import('@jmespath-community/jmespath');
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw wrong(expression, `which is no JMESPath expression that can be evaluated: ${messageOf(error)}`);
    }
  };
  const tree = attempt(() => compile(expression));
  return (facts) => {
    const result: unknown = attempt(() => TreeInterpreter.search(tree, { ...facts }));
    if (typeof result === 'boolean') return result;
    throw wrong(
      expression,
      `but it must be true or false, and is ${JSON.stringify(result)} for ${JSON.stringify(facts)}. Numbers are written in backticks: probability < \`0.8\``,
    );
  };
}

const wrong = (expression: string, what: string): WhylightError =>
  refusal([
    {
      parameter: 'explain_if',
      message: `Parameter "explain_if" is ${JSON.stringify(expression)}, ${what}.`,
    },
  ]);

const refusal = (issues: readonly ParameterIssue[]): WhylightError =>
  new WhylightError('invalid_request', issues.map(({ message }) => message).join(' '), { issues });
