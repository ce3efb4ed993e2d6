/** The number that is explained for a box. */
import type { Value } from '../../core/onnx/builder.ts';
import type { TaskTarget } from '../../core/task/task.ts';
import { element } from '../nodes.ts';
import type { Found } from './find.ts';
import { type FollowBy, referenceOf, scoreOfBox } from './follow.ts';
import { type Column, isTable, type Sourced } from './head.ts';
import type { Search } from './search.ts';

/**
 * The confidence of a box: the element of the scores that holds its class, times the objectness where there is one. As
 * nodes that is the product itself. As weights it is the sum of first order that equals it in the undisturbed run:
 * (o c + c o) / 2 where class and objectness are channels of one output, else the class with the objectness held fixed.
 *
 * In a disturbed run the box is looked for by overlap and class.
 */
export function targetOf(found: Found, { format, reader, view }: Search, by: FollowBy = 'confidence'): TaskTarget {
  const { head, candidate } = found;
  const reference = referenceOf(head, candidate, found.class);
  const { labels, firstClass = 0 } = format;
  const label = labels?.[found.class + firstClass];
  const klass = classElement(found);
  const objectness = objectnessElement(found);
  return {
    output: klass.output,
    weights: objectness ? shares(klass, objectness, found) : [{ index: klass.index, weight: 1 }],
    class: found.class + firstClass,
    ...(label !== undefined && { label }),
    ...(objectness && { build: product(klass, objectness, head.combine === 'geometric_mean') }),
    follow: (outputs) => scoreOfBox(reader.read(format, outputs, view.input, 0), reference, by),
    similarity: (outputs) => scoreOfBox(reader.read(format, outputs, view.input, 0), reference, 'similarity'),
  };
}

/** An element of an output, and its value in the undisturbed run. */
interface Element {
  readonly output: string;
  readonly index: number;
  readonly value: number;
}

const elementOf = (column: Column & Sourced, candidate: number, further = 0): Element => {
  const index = column.start + candidate * column.step + further;
  return { output: column.output, index, value: column.data[index] as number };
};

function classElement({ head, candidate, class: klass }: Found): Element {
  const { scores } = head;
  return isTable(scores) ? elementOf(scores, candidate, klass * scores.stride) : elementOf(scores.score, candidate);
}

const objectnessElement = ({ head, candidate }: Found): Element | undefined =>
  head.objectness && elementOf(head.objectness, candidate);

/** Both factors count alike: a homogeneous function is the sum of its derivatives times its arguments, by Euler. */
function shares(klass: Element, objectness: Element, { score }: Found): TaskTarget['weights'] {
  const share = ({ value }: Element, of: number) => (value === 0 ? 0 : of / value);
  if (objectness.output !== klass.output) return [{ index: klass.index, weight: share(klass, score) }];
  return [klass, objectness].map((element) => ({ index: element.index, weight: share(element, score / 2) }));
}

const product =
  (klass: Element, objectness: Element, root: boolean): TaskTarget['build'] =>
  (g, value) => {
    const factors = [klass, objectness].map(({ output, index }) => element(g, value(output), index));
    const both = g.mul(factors[0] as Value, factors[1] as Value);
    return root ? g.op('Sqrt', [both]) : both;
  };
