import { describe, expect, test } from 'vitest';
import { numberFlag, numbersFlag, refuseUnknown, splitArguments, UsageError } from '../../src/cli/arguments.ts';

const declared = {
  photo: { type: 'positional' },
  method: { type: 'string' },
  out: { type: 'string', alias: 'o' },
  json: { type: 'boolean' },
} as const;

describe('splitArguments', () => {
  test('separates declared flags and positionals from parameters of the method', () => {
    const { known, parameters } = splitArguments(
      ['cat.png', '--method', 'grad_cam', '-o', 'map.png', '--n_steps', '50', '--json', '--relu=false'],
      declared,
    );
    expect(known).toEqual(['cat.png', '--method=grad_cam', '--o=map.png', '--json']);
    expect(parameters).toEqual({ n_steps: '50', relu: 'false' });
  });

  test('reads negative numbers, switches and --param', () => {
    const { parameters } = splitArguments(
      ['--baseline', '-1.5', '--absolute', '--no-relu', '--param', 'a=b=c', '--param=d=1'],
      declared,
    );
    expect(parameters).toEqual({ baseline: '-1.5', absolute: 'true', relu: 'false', a: 'b=c', d: '1' });
  });

  test('leaves arguments after -- unchanged', () => {
    expect(splitArguments(['--', '--method'], declared)).toEqual({ known: ['--', '--method'], parameters: {} });
  });

  test('refuses a flag without a value and a parameter without a name', () => {
    expect(() => splitArguments(['--method'], declared)).toThrow(UsageError);
    expect(() => splitArguments(['--method', '--json'], declared)).toThrow('--method needs a value');
    expect(() => splitArguments(['--param', 'n_steps'], declared)).toThrow('name=value');
  });
});

test('refuseUnknown suggests the nearest flag', () => {
  expect(() => refuseUnknown({ parameters: { metod: 'x' } }, declared)).toThrow('Did you mean --method?');
  expect(() => refuseUnknown({ parameters: { n_step: '5' } }, declared, ['n_steps'])).toThrow('--n_steps?');
  expect(() => refuseUnknown({ parameters: { n_steps: '5' } }, declared, ['n_steps'])).not.toThrow();
});

test('numberFlag and numbersFlag accept numbers in range only', () => {
  expect(numberFlag('seed', '7', 0)).toBe(7);
  expect(numbersFlag('mean', '0.5,0.25')).toEqual([0.5, 0.25]);
  for (const text of ['', 'x', 'NaN', '-1']) expect(() => numberFlag('seed', text, 0)).toThrow(UsageError);
});
