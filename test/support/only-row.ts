/**
 * The explained row of a request with one row.
 * @throws Error when there is none, or more than one
 */
export function onlyRow<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (!row || rows.length > 1) throw new Error(`one row was expected, but there are ${rows.length}`);
  return row;
}
