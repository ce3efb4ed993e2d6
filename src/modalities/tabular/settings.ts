/** Entry of tables in a manifest. */
import * as z from 'zod';
import { settingsIssues, wrongSettings } from '../../core/modality/settings.ts';
import { safeParse } from '../../core/safe-parse.ts';

const columnSchema = z.strictObject({
  name: z.string().min(1).describe('Name of the column, as tables spell it.'),
  type: z
    .enum(['number', 'integer', 'category'])
    .optional()
    .describe('Kind of value; the default follows the type of the input and the categories.'),
  categories: z.array(z.string()).min(1).optional().describe('Words that the column may hold.'),
  codes: z.array(z.number()).optional().describe('Number that each category becomes; 0, 1, 2 and so on when left out.'),
  missing: z.enum(['error', 'keep']).optional().describe('Missing values: refused, or handed to the model as NaN.'),
  unknown: z
    .enum(['error', 'keep'])
    .optional()
    .describe('Words that are no category: refused, or handed to the model as -1.'),
  unit: z.string().optional().describe('Unit, for names and drawings: "cm".'),
  digits: z.int().min(0).max(12).optional().describe('Digits behind the point in names and drawings.'),
  group: z.string().min(1).optional().describe('Group of columns that it belongs to.'),
});

/** Schema of `tabular` in a manifest. */
export const tabularSettingsSchema = z
  .strictObject({
    columns: z
      .array(z.union([z.string().min(1), columnSchema]))
      .min(1)
      .optional()
      .describe("Columns in the model's order: names, or objects."),
    background: z
      .string()
      .min(1)
      .optional()
      .describe('Table beside the model with rows of typical data: what absent columns are replaced by.'),
    missing: z
      .enum(['error', 'keep'])
      .default('error')
      .describe('Missing values, where neither the column nor the graph says: refused, or handed to the model as NaN.'),
  })
  .describe('From the columns of a table to the input tensors.');

export type TabularSettings = z.output<typeof tabularSettingsSchema>;
export type ColumnSettings = z.output<typeof columnSchema>;

/**
 * Settings with their defaults.
 * @throws WhylightError `invalid_config`
 */
export function parseTabularSettings(source: unknown): TabularSettings {
  const result = safeParse(tabularSettingsSchema, source ?? {});
  const issues = settingsIssues(result.error);
  for (const [i, column] of (result.data?.columns ?? []).entries()) {
    if (typeof column === 'string' || !column.codes || column.codes.length === column.categories?.length) continue;
    issues.push({ entry: `columns.${i}.codes`, message: 'expected as many codes as there are categories' });
  }
  if (result.success && issues.length === 0) return result.data;
  throw wrongSettings('the table', issues);
}
