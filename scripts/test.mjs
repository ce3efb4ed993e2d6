/**
 * `npm test`: format and lint, types, unused code, generated files, then the tests in Node and in workerd. Goes on after
 * a failure, names the tests that were skipped and why, and ends with one line `N passed, N failed` in which each check
 * counts as one test.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GENERATORS, OFFLINE_WRANGLER, PINNED_NODE } from './tools.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const CHECKS = [
  { title: 'format and lint', command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'] },
  { title: 'types', command: ['node_modules/typescript/bin/tsc', '-b', '--noEmit'] },
  { title: 'unused files, exports and packages', command: ['node_modules/knip/bin/knip.js', '--no-progress'] },
  ...GENERATORS.map((script) => ({ title: `generated files of ${script}`, command: [script, '--check'] })),
];

const total = { passed: 0, failed: 0, skipped: [] };
for (const { title, command } of CHECKS) {
  console.log(`\n== ${title}`);
  const status = await node(command);
  console.log(status === 0 ? 'ok' : `FAILED: ${title}`);
  total[status === 0 ? 'passed' : 'failed']++;
}
console.log('\n== tests in Node and in workerd');
const tests = await runTests();
total.passed += tests.passed;
total.failed += tests.failed;
total.skipped.push(...tests.skipped);

if (total.skipped.length > 0) console.log(`\nskipped:\n${total.skipped.join('\n')}`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'whylight-test-'));
  const file = join(folder, 'results.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const status = await node(['node_modules/vitest/vitest.mjs', 'run', ...reporters], OFFLINE_WRANGLER);
    return count(JSON.parse(readFileSync(file, 'utf8')), status);
  } catch (error) {
    console.error(`vitest left no results: ${error.message}`);
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Failures that belong to no test count as one each: a file that does not load, an error outside every test. */
function count(results, status) {
  const passed = results.numPassedTests;
  const unloadable = results.testResults.filter((f) => f.status === 'failed' && !f.assertionResults.some(failedTest));
  const failed = results.numFailedTests + unloadable.length;
  return {
    passed,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: results.testResults.flatMap(skippedTests),
  };
}

function failedTest({ status }) {
  return status === 'failed';
}

/** One line for each skipped test of a file: its name, and the reason that test/support/optional-tests.ts noted. */
function skippedTests({ name, assertionResults }) {
  return assertionResults
    .filter(({ status }) => ['skipped', 'pending', 'todo'].includes(status))
    .map(({ fullName, meta }) => `  ${relative('.', name)}: ${fullName} (${meta?.skipReason ?? 'no reason given'})`);
}

/** Runs a script with the pinned Node and resolves with its exit status. */
function node(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(PINNED_NODE, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
