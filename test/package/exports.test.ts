/** Tests that the exports of package.json exist: each file under dist/ is made of the source file of the same path. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as compiler from '../../src/package/compiler.ts';
import * as node from '../../src/package/node.ts';
import * as plugin from '../../src/package/plugin.ts';
import * as testing from '../../src/testing/node.ts';

const root = new URL('../../', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

const targets = (entry: unknown): string[] =>
  typeof entry === 'string' ? [entry] : Object.values(entry as object).flatMap(targets);

describe('package exports', () => {
  it.each(targets(manifest.exports).filter((path) => path.startsWith('./dist/')))('%s has a source file', (path) => {
    const source = path.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts');
    expect(globSync(source.replace('*', '{*,*/*}'), { cwd: root }).length, source).toBeGreaterThan(0);
  });

  it('declare no side effects and publish existing files only', () => {
    expect(manifest.sideEffects).toBe(false);
    for (const file of manifest.files.filter((file: string) => !/[*!]|dist/.test(file)))
      expect(existsSync(new URL(file, root)), file).toBe(true);
  });

  it('contain the functions that the documentation names', () => {
    expect(Object.keys(node)).toEqual(
      expect.arrayContaining(['createExplainer', 'Model', 'preprocess', 'WhylightError']),
    );
    expect(Object.keys(plugin)).toEqual(
      expect.arrayContaining([
        'defineMethod',
        'defineCam',
        'defineFeatureMethod',
        'definePathMethod',
        'definePerturbation',
        'defineRuleset',
        'defineSinglePass',
        'Random',
        'float32',
        'z',
      ]),
    );
    expect(Object.keys(compiler)).toEqual(expect.arrayContaining(['differentiate', 'inspect', 'compile']));
    expect(Object.keys(testing)).toEqual(
      expect.arrayContaining([
        'testMethod',
        'testMetric',
        'testModality',
        'testTask',
        'checkContract',
        'checkRule',
        'checkGradient',
        'vectorGraph',
      ]),
    );
  });
});
