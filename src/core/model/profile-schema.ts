/** Time that a model takes on an engine, as a manifest states it. */
import * as z from 'zod';

export const profileSchema = z
  .strictObject({
    forward_ms: z.number().positive().describe('Milliseconds of a row through the forward graph.'),
    backward_ms: z
      .number()
      .positive()
      .describe('Milliseconds of a row through a gradient graph, its forward part included.'),
  })
  .describe('What `whylight calibrate` measured.');
