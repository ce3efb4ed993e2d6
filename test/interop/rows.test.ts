import { describe, expect, it } from 'vitest';
import { byClient, rowsIn, summary } from './rows.ts';

const OUTPUT = `Traceback is not a row
{"client": "requests", "operation": "json=", "result": "ok", "detail": "logits"}
ok      http           is_server_live                                                  12 ms  True
FAIL    http.aio       infer in=bytes out=json body=gzip answer=None                  512 ms  ValueError: [400] no
absent  http           get_trace_settings                                               3 ms  [404] nothing here
`;

describe('rows of a script', () => {
  const rows = rowsIn(OUTPUT, 'node', 'triton_http.py');

  it('are read from JSON and from tables', () => {
    expect(rows).toEqual([
      { server: 'node', client: 'requests', operation: 'json=', result: 'ok', detail: 'logits' },
      { server: 'node', client: 'triton_http.py http', operation: 'is_server_live', result: 'ok', detail: 'True' },
      {
        server: 'node',
        client: 'triton_http.py http.aio',
        operation: 'infer in=bytes out=json body=gzip answer=None',
        result: 'FAIL',
        detail: 'ValueError: [400] no',
      },
      {
        server: 'node',
        client: 'triton_http.py http',
        operation: 'get_trace_settings',
        result: 'skip',
        detail: '[404] nothing here',
      },
    ]);
  });

  it('are counted in all and for each client', () => {
    expect(summary(rows)).toBe('2 passed, 1 failed, 1 skipped');
    expect(byClient(rows).split('\n')).toHaveLength(3);
  });
});
