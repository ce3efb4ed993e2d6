/**
 * Reverse mode on the graph: writes the nodes that carry a cotangent from the scores back to the tensors asked for.
 *
 * Griewank and Walther, "Evaluating Derivatives" (2008), chapter 3: every node on a path from `wrt` to `scores` is
 * visited once, in reverse order; its rule turns the cotangents of its outputs into those of its inputs.
 */
import { counted } from '../counted.ts';
import { WhylightError } from '../errors.ts';
import type { GraphBuilder, Value } from '../onnx/builder.ts';
import type { CompileBudget } from '../onnx/compile-budget.ts';
import { valuesRead } from '../onnx/edit.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { weightsOf } from '../onnx/operators.ts';
import { reasonFor } from './refusals.ts';
import { type Cotangents, operands, type Rule, type RuleContext } from './rule.ts';
import { type RuleOutcomes, standIns } from './rule-outcomes.ts';
import type { NodePosition, Ruleset } from './ruleset.ts';
import { unbroadcast } from './unbroadcast.ts';

export interface DifferentiateRequest {
  /** The tensor that is differentiated. */
  readonly scores: string;
  /** The tensors that it is differentiated with respect to: inputs, or anything in between. */
  readonly wrt: readonly string[];
  /** Gives what starts the way back, in the shape of the scores; asked for once it is clear that there is a way. */
  cotangent(scores: Value): Value;
  readonly ruleset: Ruleset;
  readonly optimize: 'speed' | 'memory';
  /** Answer to scores that depend on `wrt` through steps alone; a refusal when left out. */
  readonly steps?: 'refuse' | 'zeros' | undefined;
  /** Outcomes of rules, noted and, for a draft, taken over. */
  readonly outcomes?: RuleOutcomes | undefined;
  readonly budget?: CompileBudget;
  /** True if only the outcome counts: values that the memo stands in for are not computed. */
  readonly draft?: boolean | undefined;
  /** The value of the reference pass that belongs to a value, for rulesets with `reference`. */
  readonly reference?: (value: Value) => Value;
}

/** Node between inputs and scores whose operator has no rule, with the reason. */
export interface UnsupportedNode {
  readonly op: string;
  readonly domain: string;
  readonly opset: number;
  readonly node: string;
  readonly reason: string;
}

const isFloat = (value: Value | undefined): boolean => value !== undefined && /float/.test(value.dtype);
const isQuantised = ({ dtype }: Value): boolean => /^u?int(8|16|32)$/.test(dtype);

/** The nodes through which the scores depend on `wrt`, in topological order. */
export function nodesBetween(graph: Graph, wrt: readonly string[], scores: string): Node[] {
  const reached = new Set(wrt);
  const forward = graph.nodes.filter((node) => {
    if (!valuesRead(node).some((name) => reached.has(name))) return false;
    for (const output of node.outputs) reached.add(output);
    return true;
  });
  const needed = new Set([scores]);
  const path: Node[] = [];
  for (const node of forward.reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const input of valuesRead(node)) needed.add(input);
    path.push(node);
  }
  return path.reverse();
}

/**
 * Derivatives of `<cotangent, scores>` with respect to each of `wrt`, in order.
 * @throws WhylightError `not_differentiable`, listing every node on the path that has no rule; `layer_not_found`.
 */
export function differentiate(g: GraphBuilder, graph: Graph, request: DifferentiateRequest): Value[] {
  const { scores, wrt, ruleset } = request;
  const active = activeValues(g, graph, wrt);
  const between = nodesBetween(graph, wrt, scores);
  if (between.length > 0 && !active.has(scores) && request.steps !== 'zeros')
    refuseAll(ruleset, stepsAmong(graph, between, active));
  const path = between.filter((node) => node.outputs.some((name) => active.has(name)));
  const places = positions(graph, path);
  const rules = rulesOf(places, ruleset);
  const last = new Set(places.filter((place) => place.last).map(({ node }) => node));
  // What is refused on the way is kept, so that one message names all of it.
  const unsupported = new Map<Node, UnsupportedNode>();
  for (const node of path) if (!rules.has(node)) unsupported.set(node, describe(graph, node));

  const refused = (node: Node, why: string) => void unsupported.set(node, describe(graph, node, why));
  try {
    const gradients = walkBack(g, request, { path, active, rules, last, refused });
    if (unsupported.size === 0) return gradients;
  } catch (error) {
    // Behind a node without a rule shapes may be unknown: what stops the walk there is no news.
    if (unsupported.size === 0) throw error;
  }
  return refuseAll(
    ruleset,
    path.flatMap((node) => unsupported.get(node) ?? []),
  );
}

const STEPS =
  'what it gives is constant between the values at which it changes, so its derivative is zero or does not exist';

/** Nodes that end every way from the inputs to the scores: comparisons, choices of an index, conversions to whole numbers. */
const stepsAmong = (graph: Graph, between: readonly Node[], active: ReadonlySet<string>): UnsupportedNode[] =>
  between
    .filter(({ inputs }) => inputs.some((name) => active.has(name)))
    .filter(({ outputs }) => !outputs.some((name) => active.has(name)))
    .map((node) => describe(graph, node, STEPS));

interface BackwardPath {
  readonly path: readonly Node[];
  readonly active: ReadonlySet<string>;
  readonly rules: ReadonlyMap<Node, Rule>;
  /** Layers with weights that have no other in front of the scores. */
  readonly last: ReadonlySet<Node>;
  /** Told of a node whose rule does not cover its form, and why. */
  refused(node: Node, why: string): void;
}

/** The cotangents of `wrt`, from that of the scores. Nodes without a rule, or refused, give zeros. */
function walkBack(
  g: GraphBuilder,
  request: DifferentiateRequest,
  { path, active, rules, last, refused }: BackwardPath,
): Value[] {
  const { scores, wrt, ruleset, optimize } = request;
  const pending = new Map<string, Value[]>([[scores, [request.cotangent(g.value(scores))]]]);
  const take = (name: string): Value | undefined => {
    const parts = pending.get(name);
    if (!parts) return undefined;
    const sum = parts.length <= 2 ? parts.reduce(g.add) : g.op('Sum', parts);
    pending.set(name, [sum]);
    return sum;
  };

  for (const node of [...path].reverse()) {
    const cotangents = node.outputs.map(take);
    if (cotangents.every((c) => c === undefined)) continue;
    const inputs = node.inputs.map((name) => (name === '' ? undefined : g.value(name)));
    const wants = (i: number): boolean => active.has(node.inputs[i] ?? '');
    g.under(`backward/${node.name}/`);
    const context: RuleContext = {
      g,
      node,
      inputs: operands(inputs),
      outputs: operands(node.outputs.map((name) => (name === '' ? undefined : g.value(name)))),
      cotangents: operands(cotangents),
      wants,
      optional: (i) => inputs[i],
      optimize,
      isLast: last.has(node),
      reference:
        request.reference ??
        (() => {
          throw new WhylightError('internal', `Ruleset "${ruleset.id}" reads a reference pass without asking for one.`);
        }),
    };
    const results = stepBack(rules.get(node), context, request, (reason) => refused(node, reason));
    for (const [i, part] of results.entries()) {
      const name = inputs[i]?.name;
      if (!part || name === undefined) continue;
      const parts = pending.get(name);
      if (parts) parts.push(part);
      else pending.set(name, [part]);
    }
  }
  g.under('backward/');
  return wrt.map((name) => take(name) ?? g.zerosLike(g.value(name)));
}

/** Float values that depend on `wrt`, `wrt` included: where a cotangent may flow. */
function activeValues(g: GraphBuilder, graph: Graph, wrt: readonly string[]): Set<string> {
  for (const name of wrt) {
    if (isFloat(g.value(name))) continue;
    throw new WhylightError(
      'invalid_request',
      `No derivative exists with respect to "${name}", which holds ${g.value(name).dtype}: choose a float tensor behind it, such as the output of the embedding.`,
      { tensor: name, dtype: g.value(name).dtype },
    );
  }
  const active = new Set(wrt);
  for (const node of graph.nodes) {
    const operands = valuesRead(node).filter((name) => active.has(name));
    if (operands.length === 0) continue;
    // Quantised numbers carry the cotangent of the real numbers they stand for.
    const quantised = node.op === 'QuantizeLinear' || operands.some((name) => !isFloat(g.value(name)));
    for (const output of node.outputs) {
      if (output !== '' && (isFloat(g.value(output)) || (quantised && isQuantised(g.value(output)))))
        active.add(output);
    }
  }
  return active;
}

/** Cotangents of the inputs of a node in their shapes; in a draft, stand-ins where the outcome of the rule is known. */
function stepBack(
  rule: Rule | undefined,
  context: RuleContext,
  { outcomes, budget, draft }: DifferentiateRequest,
  refused: (reason: string) => void,
): readonly (Value | undefined)[] {
  const { g, node } = context;
  const known = draft ? outcomes?.find(rule, context) : undefined;
  const standing = known && standIns(g, known.cotangents);
  if (known && standing) {
    budget?.spend(known.spent);
    for (const reason of known.reasons) refused(reason);
    return standing;
  }
  const before = budget?.spent;
  const reasons: string[] = [];
  const results = attempt(rule, context, (reason) => {
    reasons.push(reason);
    refused(reason);
  });
  const cotangents = node.inputs.map((_, i) => {
    const [result, operand] = [results[i], context.optional(i)];
    return result && operand && context.wants(i) ? unbroadcast(g, result, operand) : undefined;
  });
  if (budget && before) outcomes?.note(rule, context, { cotangents, reasons, spent: budget.since(before) });
  return cotangents;
}

/** Result of the rule; zeros where there is none or it refuses the node's form, so that the backward pass goes on and finds every refusal. */
function attempt(rule: Rule | undefined, context: RuleContext, refused: (reason: string) => void): Cotangents {
  const zeros = (): Cotangents =>
    context.node.inputs.map((_, i) => {
      const operand = context.optional(i);
      return operand && context.wants(i) && isFloat(operand) && context.g.zerosLike(operand);
    });
  try {
    return rule ? rule.vjp(context) : zeros();
  } catch (error) {
    if (!WhylightError.is(error, 'not_differentiable')) throw error;
    const [own] = (error.details.unsupported ?? []) as { reason?: string }[];
    refused(own?.reason ?? error.message);
    return zeros();
  }
}

function rulesOf(places: readonly NodePosition[], ruleset: Ruleset): Map<Node, Rule> {
  const rules = new Map<Node, Rule>();
  for (const position of places) {
    const rule = ruleset.rule(position);
    if (rule) rules.set(position.node, rule);
  }
  return rules;
}

/** @param why the form of the node that has no rule; what is known of the operator when left out */
function describe(graph: Graph, node: Node, why = reasonFor(node.op, node.domain)): UnsupportedNode {
  const way = `carries "${node.inputs.find((name) => name !== '')}" to "${node.outputs[0]}", on the way to the scores`;
  return {
    op: node.op,
    domain: node.domain || 'ai.onnx',
    opset: graph.opsets[node.domain] ?? 0,
    node: node.name,
    reason: why ? `${why}; it ${way}` : way,
  };
}

function refuseAll(ruleset: Ruleset, unsupported: readonly UnsupportedNode[]): never {
  const kinds = [...new Set(unsupported.map(({ op, domain }) => (domain === 'ai.onnx' ? op : `${domain}.${op}`)))];
  throw new WhylightError(
    'not_differentiable',
    `${ruleset.title} has no rule for ${kinds.join(', ')} (${counted(unsupported.length, 'node')} between input and scores: ${unsupported
      .map(
        ({ op, node, domain, opset, reason }) =>
          `${op} "${node}" of ${domain} ${opset} ${reason.startsWith('carries') ? '' : '- '}${reason}`,
      )
      .join(
        '; ',
      )}). Use a perturbation method, which needs no rules, or bring a rule for the operator in a plugin's ruleset.`,
    { ruleset: ruleset.id, unsupported },
  );
}

function positions(graph: Graph, path: readonly Node[]): NodePosition[] {
  const behind = new Set<string>();
  const first = new Set<Node>();
  for (const node of path) {
    const seen = node.inputs.some((name) => behind.has(name));
    const weighted = weightsOf(graph, node) !== undefined;
    if (weighted && !seen) first.add(node);
    if (weighted || seen) for (const output of node.outputs) behind.add(output);
  }
  const ahead = new Set<string>();
  const last = new Set<Node>();
  for (const node of [...path].reverse()) {
    const seen = node.outputs.some((name) => ahead.has(name));
    const weighted = weightsOf(graph, node) !== undefined;
    if (weighted && !seen) last.add(node);
    if (weighted || seen) for (const input of node.inputs) ahead.add(input);
  }
  return path.map((node) => ({ node, first: first.has(node), last: last.has(node) }));
}
