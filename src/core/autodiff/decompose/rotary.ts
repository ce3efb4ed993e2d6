/** Rotary position embeddings (Su et al. 2021, "RoFormer", section 3.2): pairs of numbers turned by an angle of their position. */
import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { rankOf, refuse } from '../rules/axes.ts';
import type { Decomposition } from './decomposition.ts';

/** Attributes that the two spellings of the operator share. */
interface Turning {
  readonly interleaved: boolean;
  /** Number of a head's elements that turn, from the front. */
  readonly width: number;
}

/** `x` [..., head] turned by cosines and sines that broadcast to [..., width / 2]. */
function turned(g: GraphBuilder, x: Value, cos: Value, sin: Value, { interleaved, width }: Turning): Value {
  const head = x.dims?.at(-1) as number;
  const half = width / 2;
  const [moving, still] =
    width < head ? (g.ops('Split', [x, g.ints([width, head - width])], { axis: -1 }, 2) as [Value, Value]) : [x];
  // Pairs lie side by side, or one half behind the other.
  const shape = [0, 0, 0, ...(interleaved ? [half, 2] : [2, half])];
  const parts = g.ops(
    'Split',
    [g.op('Reshape', [moving, g.ints(shape)])],
    { axis: interleaved ? -1 : -2, num_outputs: 2 },
    2,
  );
  const [real, imaginary] = parts.map((part) => g.op('Squeeze', [part, g.ints([interleaved ? -1 : -2])])) as [
    Value,
    Value,
  ];
  const pair = [g.sub(g.mul(real, cos), g.mul(imaginary, sin)), g.add(g.mul(real, sin), g.mul(imaginary, cos))].map(
    (part) => g.op('Unsqueeze', [part, g.ints([interleaved ? -1 : -2])]),
  );
  const whole = g.op('Reshape', [g.op('Concat', pair, { axis: interleaved ? -1 : -2 }), g.ints([0, 0, 0, width])]);
  return still ? g.op('Concat', [whole, still], { axis: -1 }) : whole;
}

/** `x` as [N, length, heads, width of a head], turned, and back in its own form. */
function rotate(g: GraphBuilder, node: Node, x: Value, at: (rows: Value) => readonly [Value, Value]): Value {
  const rank = rankOf(x, node);
  const asked = intAttribute(node, 'rotary_embedding_dim', 0);
  const heads = intAttribute(node, 'num_heads', 0);
  const last = x.dims?.at(-1);
  if (typeof last !== 'number') refuse(node, 'the width of its heads is not known before the run');
  if (rank === 3 && heads === 0) refuse(node, 'the number of its heads is not said');
  const rows = rank === 4 ? g.transpose(x, [0, 2, 1, 3]) : g.op('Reshape', [x, g.ints([0, 0, heads, last / heads])]);
  const [cos, sin] = at(rows).map((angles) => g.op('Unsqueeze', [angles, g.ints([2])])) as [Value, Value];
  const y = turned(g, rows, cos, sin, {
    interleaved: intAttribute(node, 'interleaved', 0) === 1,
    width: asked || Number(rows.dims?.[3]),
  });
  return rank === 4 ? g.transpose(y, [0, 2, 1, 3]) : g.op('Reshape', [y, g.ints([0, 0, last])]);
}

/** Places 0, 1 ... of the rows, counted from the first position of the sequence: [N, length]. */
function counted(g: GraphBuilder, rows: Value, first: Value): Value {
  const dim = rows.dims?.[1];
  const scalar = (n: number): Value => g.scalar(n, 'int64');
  const end = typeof dim === 'number' ? scalar(dim) : g.op('Squeeze', [g.op('Shape', [rows], { start: 1, end: 2 })]);
  return g.op('Unsqueeze', [g.add(g.op('Range', [scalar(0), end, scalar(1)]), first), g.ints([0])]);
}

export const rotaryDecompositions: readonly Decomposition[] = [
  {
    op: 'RotaryEmbedding',
    always: true,
    note: 'Of operator set 23, with positions or with an angle for each token.',
    rewrite({ g, node, inputs: [, , , positions], input }) {
      const angles = [1, 2].map((i) => (positions ? g.op('Gather', [input(i), positions]) : input(i)));
      return [rotate(g, node, input(0), () => angles as [Value, Value])];
    },
  },
  {
    op: 'RotaryEmbedding',
    domain: 'com.microsoft',
    note: 'Without packed batches.',
    rewrite({ g, node, input }) {
      if (intAttribute(node, 'is_packed_batching', 0) === 1) refuse(node, 'packed batches have no rule');
      if (floatAttribute(node, 'scale', 1) !== 1) refuse(node, 'a scale has no rule');
      const [x, positions] = [input(0), input(1)];
      const places = (rows: Value): Value => (rankOf(positions, node) === 1 ? counted(g, rows, positions) : positions);
      return [
        rotate(g, node, x, (rows) => [2, 3].map((i) => g.op('Gather', [input(i), places(rows)])) as [Value, Value]),
      ];
    },
  },
];
