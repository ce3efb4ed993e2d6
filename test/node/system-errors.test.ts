import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { reasonOf, systemErrorText } from '../../src/node/system-errors.ts';

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

it('a refused connection is reported with its address and reason', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const error = await failureOf(fetch(`http://127.0.0.1:${port}`));
  expect(systemErrorText(error)).toBe(`Cannot connect to 127.0.0.1:${port}: connection refused.`);
});

it('a missing file is reported with its path and reason', async () => {
  const error = await failureOf(readFile('/no/such/file'));
  expect(reasonOf(error)).toBe('no such file or directory');
  expect(systemErrorText(error)).toBe('Cannot access /no/such/file: no such file or directory.');
});

it('errors that are not system errors are not reworded', () => {
  expect(systemErrorText(new Error('invalid'))).toBeUndefined();
  expect(systemErrorText('invalid')).toBeUndefined();
  expect(reasonOf(new Error('invalid'))).toBe('invalid');
});
