import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SERVER } from '../../src/edge/version.ts';

it('GET /v2 reports the version of the package', () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(SERVER).toEqual({ name, version });
});
