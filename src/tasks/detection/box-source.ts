/** Elements of outputs that a box is computed from, and how: on numbers, or on nodes of a graph. */

/** An element of one row of an output. */
interface Element {
  readonly output: string;
  readonly index: number;
}

type Pair = readonly [x: number, y: number];

/** Formula of a box in pixels of the input: `(number + shift) * scale`, of the centre and the size or of two corners. */
export interface BoxSource {
  readonly elements: readonly [Element, Element, Element, Element];
  readonly form: 'centre' | 'corners';
  readonly scale: Pair;
  /** Added to the centre before it is scaled. */
  readonly shift?: Pair;
  /** Sizes are logarithms. */
  readonly isLog?: boolean;
}

/** Four elements of one output, `stride` apart. */
export const fourElements = (output: string, start: number, stride: number): BoxSource['elements'] => [
  { output, index: start },
  { output, index: start + stride },
  { output, index: start + 2 * stride },
  { output, index: start + 3 * stride },
];

export interface Arithmetic<T> {
  element(element: Element): T;
  add(a: T, b: number): T;
  multiply(a: T, b: number): T;
  plus(a: T, b: T): T;
  minus(a: T, b: T): T;
  exp(a: T): T;
}

/** Left, top, right and bottom of a box. */
export function cornersOf<T>({ elements, form, scale, shift, isLog = false }: BoxSource, by: Arithmetic<T>): T[] {
  const all = elements.map((element) => by.element(element));
  if (form === 'corners') return all.map((value, i) => by.multiply(value, scale[i % 2] as number));
  const [x, y] = all.slice(0, 2).map((value, axis) => {
    return by.multiply(shift ? by.add(value, shift[axis] as number) : value, scale[axis] as number);
  }) as [T, T];
  const [width, height] = all.slice(2).map((value, axis) => {
    return by.multiply(isLog ? by.exp(value) : value, (scale[axis] as number) / 2);
  }) as [T, T];
  return [by.minus(x, width), by.minus(y, height), by.plus(x, width), by.plus(y, height)];
}
