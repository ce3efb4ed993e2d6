/** Runs a check and prints its row as JSON. */
export async function check(operation: string, run: () => Promise<string>): Promise<void> {
  const line = await run().then(
    (detail) => ({ result: 'ok', detail }),
    (error: Error) => ({ result: 'FAIL', detail: error.message }),
  );
  console.log(JSON.stringify({ client: 'openapi-typescript', operation, ...line }));
}
