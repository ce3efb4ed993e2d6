/** Rulesets that treat ReLUs in their own way, for the ReLUs that exporters write as Clip: ReLU6 is Clip(0, 6). */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { gate } from '../rules/gate.ts';
import { defineRuleset, type Ruleset } from '../ruleset.ts';

export interface ClippedRelu {
  readonly g: GraphBuilder;
  readonly y: Value;
  readonly dy: Value;
  /** The upper bound, when there is one. */
  readonly high: number | Value | undefined;
  readonly optimize: 'speed' | 'memory';
}

/** `base`, with this rule for a Clip whose lower bound is 0; any other Clip keeps its gradient. */
export const withClip = (base: Ruleset, id: string, rule: (clip: ClippedRelu) => Value): Ruleset =>
  defineRuleset({
    id,
    title: `${base.title}, ReLU6 included`,
    base,
    rules: [
      {
        op: 'Clip',
        since: [6, 11, 12, 13],
        surrogate: true,
        cases: [],
        vjp({ g, outputs: [y], cotangents: [dy], optional, optimize }) {
          const bound = (value: Value | undefined) => (typeof value?.value?.[0] === 'number' ? value.value[0] : value);
          const [low, high] = [bound(optional(1)), bound(optional(2))];
          return [
            low === 0 ? rule({ g, y, dy, high, optimize }) : gate(g, y, dy, { low, high, clamped: true }, optimize),
          ];
        },
      },
    ],
  });
