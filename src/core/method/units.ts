import * as z from 'zod';

/** Much more than any tensor holds, and far enough from what float32 holds that the layers of a model do not overflow. */
const MAX_VALUE = 1e12;

/** Numbers in the units of a tensor, for parameters. */
export const units = z.number().min(-MAX_VALUE).max(MAX_VALUE);

/** The same for sizes: not negative. */
export const sizeInUnits = z.number().min(0).max(MAX_VALUE);
