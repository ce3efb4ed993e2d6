import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { whylight } from '../support/command-line.ts';

/** Words that bash proposes behind a command line, by sourcing the script and asking its function. */
function proposals(script: string, ...words: string[]): string[] {
  const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _whylight; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync('bash', ['--norc', '-c', `${script}\n${ask}`], { encoding: 'utf8' });
  return stdout.trim().split('\n');
}

describe('whylight completion', () => {
  test('proposes commands, options, and the values of an option in bash', () => {
    const { code, stdout: script } = whylight('completion', 'bash');
    expect(code).toBe(0);
    expect(proposals(script, 'whylight', 'e')).toEqual(['explain', 'evaluate', 'export', 'erase']);
    expect(proposals(script, 'whylight', 'explain', '--me')).toEqual(['--method', '--mean']);
    expect(proposals(script, 'whylight', 'explain', '--engine', '')).toEqual(['node', 'web']);
    expect(proposals(script, 'whylight', 'explain', 'package.j')).toEqual(['package.json']);
  });

  test('describes every option of a command for zsh and fish', () => {
    const zsh = whylight('completion', 'zsh').stdout;
    expect(zsh).toMatch(/^#compdef whylight\n/);
    expect(zsh).toContain("'--no-summary[");
    expect(zsh).toContain(':value:(node web)');
    const fish = whylight('completion', 'fish').stdout;
    expect(fish).toContain("complete -c whylight -n '__fish_seen_subcommand_from explain' -l engine -x -a 'node web'");
    // Quotes that end too early would break every line behind them.
    for (const line of fish.trimEnd().split('\n')) expect(line.split("'").length % 2).toBe(1);
  });

  test('prints its help without a shell, and refuses one that it does not know', () => {
    expect(whylight('completion')).toMatchObject({ code: 2, stdout: expect.stringContaining('USAGE') });
    expect(whylight('completion', 'csh')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});
