/** Figures for important words: their order, comprehensiveness and sufficiency. */
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ExplainedRow } from '../../src/core/explainer/explanation.ts';
import { isMeasured, measureRows, planMetrics } from '../../src/core/metrics/measure.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { type Comparison, checked } from './comparison.ts';
import { row } from './rows.ts';
import { inputsOf, replacedIds, type TextFields, type TextSource, wordsOf } from './texts.ts';

const TOLERANCE = 1e-4;
/** The attribution that the words are ranked by. */
const RANKED_BY = 'layer_integrated_gradients_keep_special';
/** The mean with and without the empty rationale. */
const MEANS = { aopc_with_k0: true, aopc_mean_of_shares: false } as const;

/** Words by the sum of Integrated Gradients over their tokens, most important first. */
export function rankingOfWords(source: TextSource, entry: string): Comparison {
  const { reference, load, ids, file } = source;
  const { target = [], n_steps, method } = reference.fields[RANKED_BY] as TextFields;
  return checked(reference.name, entry, {
    methods: ['integrated_gradients'],
    tolerance: 0,
    check: async (explainer) => {
      const model = await load();
      const errors: number[] = [];
      for (const [i, index] of target.entries()) {
        const { rows } = await explainer.explain(model, {
          method: 'integrated_gradients',
          params: { n_steps, quadrature: method },
          target: index,
          inputs: inputsOf(source, i),
          baselines: { [ids]: replacedIds(source, i, file.pad_id, 'words') },
        });
        const [values] = Object.values(rows[0]?.values ?? {}) as [Tensor<'float32'>];
        const words = wordsOf(source, i);
        const sums = new Float64Array(1 + Math.max(...words));
        const width = values.data.length / words.length;
        for (const [e, value] of values.data.entries()) {
          const word = words[Math.floor(e / width)] as number;
          if (word >= 0) sums[word] = (sums[word] as number) + value;
        }
        const ranked = [...sums.keys()].sort((a, b) => (sums[b] as number) - (sums[a] as number));
        const expected = Array.from(row(reference.array(entry), i).data, Number).filter((word) => word >= 0);
        errors.push(ranked.filter((word, place) => word !== expected[place]).length);
      }
      return errors;
    },
  });
}

/** Comprehensiveness and sufficiency: the fall for each share, and both means. */
export function rationaleOf(source: TextSource, entry: string, fields: TextFields): Comparison {
  return checked(source.reference.name, entry, {
    methods: ['saliency'],
    tolerance: TOLERANCE,
    check: async (explainer) => {
      const errors: number[] = [];
      for (const [i, index] of (fields.target ?? []).entries()) {
        for (const [key, empty] of Object.entries(MEANS)) {
          const { score, falls } = await measured(explainer, source, entry, fields, { example: i, index, empty });
          const mean = (fields as Readonly<Record<string, readonly number[]>>)[key]?.[i] as number;
          const expected = row(source.reference.array(entry), i).data as Float64Array;
          errors.push(Math.abs(score - mean), ...falls.map((fall, k) => Math.abs(fall - (expected[k] as number))));
        }
      }
      return errors;
    },
  });
}

interface Asked {
  readonly example: number;
  readonly index: number;
  /** Counts the empty rationale in the mean. */
  readonly empty: boolean;
}

async function measured(
  explainer: Explainer,
  source: TextSource,
  entry: string,
  { shares, absent = '' }: TextFields,
  { example, index, empty }: Asked,
): Promise<{ readonly score: number; readonly falls: readonly number[] }> {
  const { reference, ids, file, load } = source;
  const inputs = inputsOf(source, example);
  const words = Int32Array.from(wordsOf(source, example));
  const list = Array.from({ length: 1 + Math.max(...words) }, (_, word) => ({ name: String(word) }));
  const plan = explainer.plan(await load(), {
    method: 'saliency',
    params: { absolute: false },
    target: index,
    inputs,
    features: [{ list, mask: { [ids]: words } }],
    baselines: { [ids]: replacedIds(source, example, file.mask_id, 'words') },
  });
  const [planned] = planMetrics(plan, [
    {
      metric: entry.split('_')[0] as string,
      params: {
        shares,
        answer: 'probability',
        removal: absent.includes('cut out') ? 'delete' : 'baseline',
        empty_rationale: empty,
      },
    },
  ]);
  const { rows } = await explainer.run(plan);
  const given = { ...(rows[0] as ExplainedRow), values: rankedValues(source, example, words.length) };
  const [[one] = []] = await measureRows(explainer, plan, [given], planned ? [planned] : []);
  if (!one || !isMeasured(one)) throw one?.error ?? new Error(`${reference.name}: nothing was measured`);
  return { score: one.score, falls: one.curve?.y ?? [] };
}

/** Values of tokens that rank the words as the file does. */
function rankedValues({ reference, ids, ...source }: TextSource, example: number, length: number) {
  const ranking = Array.from(row(reference.array('word_ranking'), example).data, Number);
  const words = wordsOf({ reference, ids, ...source }, example);
  const values = float32([1, length]);
  const seen = new Set<number>();
  for (const [token, word] of words.entries()) {
    if (word >= 0 && !seen.has(word)) values.data[token] = ranking.length - ranking.indexOf(word);
    seen.add(word);
  }
  return { [ids]: values };
}
