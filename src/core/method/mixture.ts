/**
 * Rows that are mixtures of an input and of what stands for its absence, `w x + (1 - w) absent`, as a graph of
 * `needs: { mixtures: true }` takes them where {@link ExplainContext.mixes} says so. All three are broadcast against each
 * other, so that the input and what is absent travel once, and the weights once for all channels of a position.
 */

/** Name under which the weights of an input's elements are fed; each is 1 when they are left out. */
export const weightsName = (input: string): string => `weights/${input}`;

/** Name under which what an input becomes at weight 0 is fed; zeros when it is left out. */
export const absentName = (input: string): string => `absent/${input}`;
