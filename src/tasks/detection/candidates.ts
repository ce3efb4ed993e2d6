/** Search of heads for candidates above a threshold. */
import { at, type ClassTable, confidence, type Detections, type Head, isTable } from './head.ts';

/** Candidates above a threshold, in no particular order; parallel arrays. */
export interface Candidates {
  readonly heads: Head[];
  /** Number of the candidate within its head. */
  readonly members: number[];
  readonly classes: number[];
  readonly scores: number[];
}

/**
 * Candidates whose confidence is above `threshold`.
 * @param several every class above the threshold counts, in place of each candidate's best class alone.
 */
export function candidatesAbove({ heads }: Detections, threshold: number, several = false): Candidates {
  const found: Candidates = { heads: [], members: [], classes: [], scores: [] };
  for (const head of heads) {
    if (!isTable(head.scores)) listed(head, threshold, found);
    else if (several) allClasses(head, head.scores, threshold, found);
    else bestClasses(head, head.scores, threshold, found);
  }
  return found;
}

function push(found: Candidates, head: Head, member: number, klass: number, score: number): void {
  found.heads.push(head);
  found.members.push(member);
  found.classes.push(klass);
  found.scores.push(score);
}

function listed(head: Head, threshold: number, found: Candidates): void {
  if (isTable(head.scores)) return;
  const { score, class: klass } = head.scores;
  for (let i = 0; i < head.count; i++) {
    const confident = confidence(head, i, at(score, i));
    if (confident > threshold) push(found, head, i, Math.round(at(klass, i)), confident);
  }
}

function allClasses(
  head: Head,
  { data, start, step, stride, classes }: ClassTable,
  threshold: number,
  found: Candidates,
) {
  for (let i = 0; i < head.count; i++) {
    for (let c = 0; c < classes; c++) {
      const confident = confidence(head, i, data[start + i * step + c * stride] as number);
      if (confident > threshold) push(found, head, i, c, confident);
    }
  }
}

function bestClasses(head: Head, table: ClassTable, threshold: number, found: Candidates): void {
  const { best, classes } = highest(table, head.count);
  for (let i = 0; i < head.count; i++) {
    const confident = confidence(head, i, best[i] as number);
    if (confident > threshold) push(found, head, i, classes[i] as number, confident);
  }
}

/** Highest probability of each candidate and its class; the first of equals. Memory is walked in its own order. */
function highest({ data, start, step, stride, classes: count }: ClassTable, candidates: number) {
  const best = new Float32Array(candidates).fill(Number.NEGATIVE_INFINITY);
  const classes = new Uint16Array(candidates);
  const alongCandidates = step <= stride;
  const [outer, inner] = alongCandidates ? [count, candidates] : [candidates, count];
  const [jump, hop] = alongCandidates ? [stride, step] : [step, stride];
  for (let o = 0; o < outer; o++) {
    for (let i = 0, from = start + o * jump; i < inner; i++, from += hop) {
      const candidate = alongCandidates ? i : o;
      const value = data[from] as number;
      if (value > (best[candidate] as number)) {
        best[candidate] = value;
        classes[candidate] = alongCandidates ? o : i;
      }
    }
  }
  return { best, classes };
}
