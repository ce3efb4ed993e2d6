/**
 * Findings among inputs with named features: a word that holds most of the evidence of many texts of one class, and little
 * of that of the others, may be a mark that the class should not depend on (a name, a signature, a stock phrase).
 */
import { addedUp } from './feature-sums.ts';

/** One input by one method. */
export interface FeatureEvidence {
  /** Predicted class. */
  readonly group: string;
  readonly names: readonly string[];
  readonly values: readonly number[];
}

export interface FeatureFinding {
  readonly group: string;
  /** Inputs of the class, and the numbers of those among them whose strongest evidence is the feature. */
  readonly of: number;
  readonly members: readonly number[];
  readonly feature: string;
  /** Mean share of the feature in the evidence: of the members, and of the inputs of other classes. */
  readonly inside: number;
  readonly elsewhere: number;
  /** Square root of the gain of evidence times the share of the class. */
  readonly strength: number;
  /** True for a strong finding of a feature that not every input has: a word, never a column. */
  readonly striking: boolean;
}

/** Least strength of a finding that is marked. */
const STRIKING = 0.3;
/** Groups of fewer inputs, or of a smaller part of their class, are chance. */
const [MIN_MEMBERS, MIN_SHARE] = [3, 0.08];

/** Findings of every class, the strongest first; one for each feature of a class. */
export function featureFindings(evidence: readonly FeatureEvidence[]): FeatureFinding[] {
  const shares = evidence.map(sharesOf);
  const groups = new Map<string, Map<string, number[]>>();
  const sizes = new Map<string, number>();
  for (const [i, { group }] of evidence.entries()) {
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
    const leading = leadingOf(shares[i] as ReadonlyMap<string, number>);
    if (leading === undefined) continue;
    const byFeature = groups.get(group) ?? new Map<string, number[]>();
    byFeature.set(leading, [...(byFeature.get(leading) ?? []), i]);
    groups.set(group, byFeature);
  }
  const meanShare = (feature: string, members: readonly number[]): number =>
    members.reduce((sum, i) => sum + (shares[i]?.get(feature) ?? 0), 0) / Math.max(1, members.length);
  const found = [...groups].flatMap(([group, byFeature]) => {
    const of = sizes.get(group) as number;
    const others = evidence.flatMap((one, i) => (one.group === group ? [] : [i]));
    return [...byFeature]
      .filter(([, members]) => members.length >= Math.max(MIN_MEMBERS, MIN_SHARE * of))
      .map(([feature, members]): FeatureFinding => {
        const [inside, elsewhere] = [meanShare(feature, members), meanShare(feature, others)];
        const strength = Math.sqrt(Math.max(0, inside - elsewhere) * (members.length / of));
        const everywhere = shares.every((own) => own.has(feature));
        return {
          group,
          of,
          members,
          feature,
          inside,
          elsewhere,
          strength,
          striking: strength >= STRIKING && !everywhere,
        };
      });
  });
  return found.sort((a, b) => b.strength - a.strength);
}

/** Share of each feature in the positive values of one input; 0 for the others that it has. */
function sharesOf({ names, values }: FeatureEvidence): ReadonlyMap<string, number> {
  const sums = addedUp(names, values);
  let total = 0;
  for (const value of sums.values()) total += Math.max(0, value);
  return new Map([...sums].map(([name, value]) => [name, total > 0 ? Math.max(0, value) / total : 0]));
}

/** The feature with the largest share; undefined where nothing is positive. */
function leadingOf(shares: ReadonlyMap<string, number>): string | undefined {
  let [leading, most]: [string | undefined, number] = [undefined, 0];
  for (const [name, share] of shares) if (share > most) [leading, most] = [name, share];
  return leading;
}
