/**
 * SLIC superpixels (Achanta et al. 2012, "SLIC superpixels compared to state-of-the-art superpixel methods"): k-means in
 * colour (CIELAB) and position, each centre looking only at its neighbourhood; then every segment is made one connected piece.
 */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** sRGB from 0 to 1, three planes; or one plane of grey. */
  readonly planes: readonly ArrayLike<number>[];
}

export interface SlicOptions {
  /** Weight of distance against colour, in units of CIELAB per grid step. */
  readonly compactness?: number;
  readonly iterations?: number;
}

/**
 * The segment of each pixel, numbered from 0 in the order of their first pixel. Each is connected over edges.
 * @param count the most segments there may be; nearly always there are just as many
 */
export function superpixels(
  image: Image,
  count: number,
  { compactness = 10, iterations = 10 }: SlicOptions = {},
): Uint32Array {
  const lab = toLab(image);
  const nearest = cluster(lab, image, count, compactness, iterations);
  return mergeSmallest(lab, image, connectedPieces(nearest, image), count);
}

/** L, a and b of each pixel, interleaved: sRGB to CIELAB under D65. */
function toLab({ width, height, planes }: Image): Float32Array {
  const lab = new Float32Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = [0, 1, 2].map((c) => linear((planes[c] ?? planes[0])?.[i] as number)) as [number, number, number];
    const x = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    const y = root(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const z = root((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    lab[i * 3] = 116 * y - 16;
    lab[i * 3 + 1] = 500 * (x - y);
    lab[i * 3 + 2] = 200 * (y - z);
  }
  return lab;
}

const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const root = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116);

function cluster(
  lab: Float32Array,
  { width, height }: Image,
  count: number,
  compactness: number,
  iterations: number,
): Uint32Array {
  const rows = Math.min(height, Math.max(1, Math.round(Math.sqrt((count * height) / width))));
  const columns = Math.min(width, Math.ceil(count / rows));
  const clusters = rows * columns;
  const step = Math.sqrt((width * height) / clusters);
  const nearness = (compactness / step) ** 2;
  // l, a, b, x, y of each centre
  const centres = new Float64Array(clusters * 5);
  for (let k = 0; k < clusters; k++) {
    const x = (((k % columns) + 0.5) * width) / columns - 0.5;
    const y = ((Math.floor(k / columns) + 0.5) * height) / rows - 0.5;
    const at = (Math.ceil(y) * width + Math.ceil(x)) * 3;
    centres.set([...lab.subarray(at, at + 3), x, y], k * 5);
  }
  const nearest = Uint32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
  });
  const distances = new Float64Array(width * height);
  for (let iteration = 0; iteration < iterations; iteration++) {
    distances.fill(Infinity);
    for (let k = 0; k < clusters; k++) {
      const [l = 0, a = 0, b = 0, cx = 0, cy = 0] = centres.subarray(k * 5, k * 5 + 5);
      const [left, right] = [Math.max(0, Math.ceil(cx - step)), Math.min(width - 1, Math.floor(cx + step))];
      const [top, bottom] = [Math.max(0, Math.ceil(cy - step)), Math.min(height - 1, Math.floor(cy + step))];
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const i = y * width + x;
          const colour =
            ((lab[i * 3] as number) - l) ** 2 +
            ((lab[i * 3 + 1] as number) - a) ** 2 +
            ((lab[i * 3 + 2] as number) - b) ** 2;
          const distance = colour + nearness * ((x - cx) ** 2 + (y - cy) ** 2);
          if (distance >= (distances[i] as number)) continue;
          distances[i] = distance;
          nearest[i] = k;
        }
      }
    }
    moveCentres(centres, nearest, lab, width);
  }
  return nearest;
}

/** Each centre to the mean of its pixels; one without pixels stays. */
function moveCentres(centres: Float64Array, nearest: Uint32Array, lab: Float32Array, width: number): void {
  const sums = new Float64Array(centres.length);
  const sizes = new Uint32Array(centres.length / 5);
  for (const [i, k] of nearest.entries()) {
    sizes[k] = (sizes[k] as number) + 1;
    for (let c = 0; c < 3; c++) sums[k * 5 + c] = (sums[k * 5 + c] as number) + (lab[i * 3 + c] as number);
    sums[k * 5 + 3] = (sums[k * 5 + 3] as number) + (i % width);
    sums[k * 5 + 4] = (sums[k * 5 + 4] as number) + Math.floor(i / width);
  }
  for (const [at, sum] of sums.entries()) {
    const size = sizes[Math.floor(at / 5)] as number;
    if (size > 0) centres[at] = sum / size;
  }
}

interface Pieces {
  readonly ids: Uint32Array;
  readonly sizes: number[];
}

/** Connected pixels of one cluster are one piece, numbered in the order of their first pixel. */
function connectedPieces(clusters: Uint32Array, { width }: Image): Pieces {
  const unset = 0xffffffff;
  const ids = new Uint32Array(clusters.length).fill(unset);
  const sizes: number[] = [];
  const queue = new Uint32Array(clusters.length);
  for (let start = 0; start < clusters.length; start++) {
    if (ids[start] !== unset) continue;
    const id = sizes.length;
    let [head, tail] = [0, 1];
    queue[0] = start;
    ids[start] = id;
    while (head < tail) {
      const i = queue[head++] as number;
      for (const j of neighbours(i, width, clusters.length)) {
        if (ids[j] !== unset || clusters[j] !== clusters[start]) continue;
        ids[j] = id;
        queue[tail++] = j;
      }
    }
    sizes.push(tail);
  }
  return { ids, sizes };
}

function* neighbours(i: number, width: number, size: number): Generator<number> {
  if (i % width > 0) yield i - 1;
  if (i % width < width - 1) yield i + 1;
  if (i >= width) yield i - width;
  if (i + width < size) yield i + width;
}

/** Joins the smallest piece to the neighbour of the nearest colour, until no more than `count` are left. */
function mergeSmallest(lab: Float32Array, { width }: Image, { ids, sizes }: Pieces, count: number): Uint32Array {
  const colours = new Float64Array(sizes.length * 3);
  const touching = sizes.map(() => new Set<number>());
  for (const [i, id] of ids.entries()) {
    for (let c = 0; c < 3; c++) colours[id * 3 + c] = (colours[id * 3 + c] as number) + (lab[i * 3 + c] as number);
    for (const j of neighbours(i, width, ids.length)) {
      const other = ids[j] as number;
      if (other !== id) touching[id]?.add(other);
    }
  }
  const into = sizes.map((_, id) => id);
  const bySize = new SmallestFirst(sizes.map((size, id) => ({ size, id })));
  let left = sizes.length;
  while (left > count) {
    // Pieces grow as others join them: one that has grown goes back to its new position.
    const smallest = bySize.take();
    const { id } = smallest;
    if (into[id] !== id) continue;
    if (smallest.size < (sizes[id] as number)) {
      bySize.put({ size: sizes[id] as number, id });
      continue;
    }
    let [best, least] = [-1, Infinity];
    for (const other of touching[id] as Set<number>) {
      const difference = colourDifference(colours, sizes, id, other);
      if (difference < least || (difference === least && other < best)) [best, least] = [other, difference];
    }
    into[id] = best;
    sizes[best] = (sizes[best] as number) + (sizes[id] as number);
    for (let c = 0; c < 3; c++) {
      colours[best * 3 + c] = (colours[best * 3 + c] as number) + (colours[id * 3 + c] as number);
    }
    for (const other of touching[id] as Set<number>) {
      touching[other]?.delete(id);
      if (other === best) continue;
      touching[other]?.add(best);
      touching[best]?.add(other);
    }
    left--;
  }
  return renumber(ids, into);
}

interface Sized {
  readonly size: number;
  readonly id: number;
}

/** A binary heap: the smallest first, of equals the first by number. */
class SmallestFirst {
  private readonly items: Sized[];

  constructor(items: readonly Sized[]) {
    // Sorted is heaped, too.
    this.items = [...items].sort((a, b) => a.size - b.size || a.id - b.id);
  }

  put(item: Sized): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0 && this.before(at, (at - 1) >> 1)) at = this.swap(at, (at - 1) >> 1);
  }

  take(): Sized {
    const { items } = this;
    const [first] = items as [Sized];
    const last = items.pop() as Sized;
    if (items.length > 0) items[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = this.before(left + 1, left) ? left + 1 : left;
      if (!this.before(child, at)) return first;
      at = this.swap(at, child);
    }
  }

  private before(a: number, b: number): boolean {
    const [one, other] = [this.items[a], this.items[b]];
    return (
      one !== undefined &&
      other !== undefined &&
      (one.size < other.size || (one.size === other.size && one.id < other.id))
    );
  }

  private swap(a: number, b: number): number {
    const { items } = this;
    [items[a], items[b]] = [items[b] as Sized, items[a] as Sized];
    return b;
  }
}

function colourDifference(colours: Float64Array, sizes: readonly number[], a: number, b: number): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    sum +=
      ((colours[a * 3 + c] as number) / (sizes[a] as number) - (colours[b * 3 + c] as number) / (sizes[b] as number)) **
      2;
  }
  return sum;
}

function renumber(ids: Uint32Array, into: number[]): Uint32Array {
  const last = (id: number): number => {
    let at = id;
    while (into[at] !== at) at = into[at] as number;
    into[id] = at;
    return at;
  };
  const names = new Map<number, number>();
  return ids.map((id) => {
    const segment = last(id);
    const known = names.get(segment) ?? names.size;
    names.set(segment, known);
    return known;
  });
}
