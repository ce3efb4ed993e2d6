/** Help and version as the command line prints them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandHelp, wrap } from '../../src/cli/help.ts';
import { whylight } from '../support/command-line.ts';

const COMMANDS = ['explain', 'compare', 'evaluate', 'report', 'methods', 'inspect'];
const MORE_COMMANDS = [
  'calibrate',
  'check',
  'export',
  'serve',
  'playground',
  'plugins',
  'init',
  'build',
  'start',
  'create-plugin',
];
const DEPLOYMENT_COMMANDS = ['batch', 'models', 'verify', 'backup', 'restore', 'price'];

const ALL_COMMANDS = [...COMMANDS, ...MORE_COMMANDS, ...DEPLOYMENT_COMMANDS];

const longLines = (text: string) => text.split('\n').filter((line) => line.length > 80);

describe('whylight --help', () => {
  test('lists every command in lines of at most 80 characters', () => {
    const { code, stdout } = whylight('--help');
    expect(code).toBe(0);
    for (const name of ALL_COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(longLines(stdout)).toEqual([]);
  });

  test.each(ALL_COMMANDS)('shows usage and examples of %s within 80 columns', (name) => {
    const { code, stdout } = whylight(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`USAGE\n  whylight ${name}`);
    expect(stdout).toContain(`EXAMPLES\n  whylight ${name}`);
    expect(longLines(stdout)).toEqual([]);
  });

  test('prints shared options under their own title, and the others under OPTIONS', () => {
    const shared = { model: { type: 'string', alias: 'm', description: 'Model' } } as const;
    const args = {
      ...shared,
      json: { type: 'boolean' },
      size: { type: 'string', default: '3', description: 'Size' },
    } as const;
    const text = commandHelp({
      name: 'try',
      description: 'Tries.',
      args,
      groups: [{ title: 'MODEL', args: shared }],
      examples: [],
    });
    expect(text).toMatch(/OPTIONS\n {2}--json\s+\n {2}--size <value>\s+Size \(default: 3\)\n\nMODEL\n {2}-m, --model/);
  });

  test('breaks long words after a bar', () => {
    expect(wrap('one aaaa|bbbb|cccc two', 10)).toEqual(['one', 'aaaa|bbbb|', 'cccc two']);
  });
});

test.each([['--version'], ['-v'], ['explain', '--version']])(
  'whylight %s %s prints the version of the package',
  (...words) => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(whylight(...words)).toEqual({ code: 0, stdout: `whylight ${version}\n`, stderr: '' });
  },
);
