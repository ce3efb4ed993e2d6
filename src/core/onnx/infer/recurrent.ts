/** Recurrent layers. */
import { intAttribute, stringAttribute } from '../attributes.ts';
import type { Dim } from '../graph.ts';
import { expectRank } from './checks.ts';
import { each, ofType, type Rule, type Rules, required, unknownDim, unknownDims } from './rule.ts';

/** X is [time, batch, features], or batch first with `layout` 1; R is [directions, gates*hidden, hidden]. */
const recurrent: Rule = (node, inputs) => {
  const [x, r] = [required(node, inputs, 0), required(node, inputs, 2)];
  expectRank(node, x.dims, 3);
  const batchFirst = intAttribute(node, 'layout', 0) === 1;
  const [first, second] = x.dims ?? unknownDims(node, 3);
  const [time, batch] = (batchFirst ? [second, first] : [first, second]) as [Dim, Dim];
  const directions = stringAttribute(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const hidden = node.attributes.hidden_size
    ? intAttribute(node, 'hidden_size', 0)
    : (r.dims?.[2] ?? unknownDim(node, 3));
  const state = ofType(x.dtype, batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]);
  const steps = batchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden];
  return [ofType(x.dtype, steps), state, state];
};

export const recurrents: Rules = each('LSTM GRU RNN', recurrent);
