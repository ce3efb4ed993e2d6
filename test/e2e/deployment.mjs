/**
 * `npm run e2e:deployment`: the commands of docs/plugins.md from an empty folder to a map over HTTP, as they stand there,
 * with whylight from its tarball.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, check, emptyProject, nodeEngine, packProject, ROOT, run, step, workFolder } from './steps.mjs';

const page = readFileSync(join(ROOT, 'docs/plugins.md'), 'utf8');
const [, section = ''] = page.split('### From an empty folder to a map over HTTP');
const [commands = [], [ask] = []] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) =>
  text.trim().split('\n'),
);
check(commands.at(-1) === 'npx whylight start', 'the last command of the docs starts no server');

const STARTED = /whylight answers at (\S+)/;
/** Explanations that are timed. */
const EXPLANATIONS = 20;

const work = workFolder();
try {
  step('pack, and install into an empty project');
  const folder = join(work, 'empty');
  emptyProject(folder, process.argv[2] ?? packProject(work), nodeEngine());

  let cwd = folder;
  for (const command of commands.slice(0, -1)) {
    step(command);
    const [word, path] = command.split(' ');
    if (word === 'cd') cwd = join(cwd, path);
    else console.log(run(cwd, 'bash', '-c', command).trim().split('\n').slice(-3).join('\n'));
  }
  check(
    /^my_method .*\(configured, not built\)$/m.test(run(cwd, 'npx', 'whylight', 'plugins', 'list')),
    'plugins list does not tell that my_method is not built',
  );

  step('explain, compare and serve know the method');
  cpSync(join(ROOT, 'examples/photos/cat.jpg'), join(cwd, 'cat.jpg'));
  const explained = run(cwd, 'npx', 'whylight', 'explain', 'cat.jpg', '--model', 'cifar10', '--method', 'my_method');
  console.log(explained.trim().split('\n').at(-1));
  run(cwd, 'npx', 'whylight', 'compare', 'cat.jpg', '--methods', 'my_method,saliency', '-o', 'sheet.png');
  await answering(
    cwd,
    ['npx', 'whylight', 'serve', '--port', '8788', '--provider', 'cpu'],
    /whylight serves at (\S+)/,
    '8788',
  );

  step(commands.at(-1));
  const inside = await answering(cwd, commands.at(-1).split(' '), STARTED, '8787', timed);
  check(
    !run(cwd, 'npx', 'whylight', 'plugins', 'list').includes('not built'),
    'plugins list says that something is not built after a start',
  );

  step('my_method in an isolate of its own');
  isolate(cwd, 'saliency-method-my-method');
  const isolated = await answering(cwd, commands.at(-1).split(' '), STARTED, '8787', timed);
  check(globSync('.whylight/**/isolated/my_method*.js', { cwd }).length > 0, 'the build has no bundle of my_method');
  check(isolated.map === inside.map, 'the map of an isolated method is another one');
  check(isolated.map.length > 1000, 'the maps hold nothing');
  for (const [place, { first, median }] of Object.entries({ inside, isolated })) {
    console.log(
      `${place}: ${first} ms for the first explanation, ${median} ms for each of ${EXPLANATIONS} others (median)`,
    );
  }

  step('npx whylight plugins remove my_method');
  run(cwd, 'npx', 'whylight', 'plugins', 'remove', 'my_method');
  check(!run(cwd, 'npx', 'whylight', 'methods').includes('my_method'), 'my_method is there after plugins remove');
  step('done');
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Sets "isolated" in the entry of a plugin, and binds the Worker loader, as docs/operate.md says. */
function isolate(cwd, use) {
  const path = join(cwd, 'plugins.config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  const entry = config.plugins.find((one) => one.use === use);
  check(entry, `plugins.config.json has no entry of ${use}`);
  entry.isolated = true;
  writeFileSync(path, JSON.stringify(config, null, 2));
  appendFileSync(join(cwd, 'wrangler.toml'), '\n[[worker_loaders]]\nbinding = "LOADER"\n');
}

/** Asks for maps, and takes the times. Another method goes first, so that the engine has started and the model is open. */
async function timed(address, image) {
  const explain = async (query) => {
    const started = performance.now();
    const response = await fetch(`${address}/v2/models/cifar10/explain?${query}`, {
      method: 'POST',
      // Local workerd keeps its cache from one start to the next.
      headers: { 'Content-Type': 'image/jpeg', Accept: 'application/json', 'Cache-Control': 'no-store' },
      body: image,
    });
    const answer = await response.json();
    check(response.ok, `${query}: ${response.status} ${JSON.stringify(answer)}`);
    check(response.headers.get('X-Whylight-Cache') === 'bypass', `${query}: it was answered from the cache`);
    return { map: JSON.stringify(answer.outputs), ms: Math.round((performance.now() - started) * 10) / 10 };
  };
  await explain('method=saliency&seed=1');
  const { map, ms: first } = await explain('method=my_method&seed=1');
  const times = [];
  for (let i = 0; i < EXPLANATIONS; i++) times.push((await explain(`method=my_method&seed=${i + 2}`)).ms);
  return { map, first, median: times.sort((a, b) => a - b)[EXPLANATIONS / 2] };
}

/**
 * Starts a server, and runs the command of the docs that asks for a map at its port.
 * @param more asks for more, before the command of the docs
 */
async function answering(cwd, [command, ...args], line, port, more = () => undefined) {
  const server = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const address = await addressOf(server, line);
    const answers = await more(address, readFileSync(join(cwd, 'cat.jpg')));
    run(cwd, 'bash', '-c', ask.replace('8787', port));
    const map = readFileSync(join(cwd, 'map.png'));
    check(map[1] === 0x50 && map[2] === 0x4e, 'no PNG came back');
    console.log(`a map of ${map.length} bytes`);
    rmSync(join(cwd, 'map.png'));
    return answers;
  } finally {
    if (server.exitCode === null) {
      process.kill(-server.pid, 'SIGTERM');
      await once(server, 'exit');
    }
  }
}
