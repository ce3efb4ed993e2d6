/**
 * `npm run e2e:deployment`: the commands of docs/plugins.md from an empty folder to a map over HTTP, as they stand there,
 * with whylight from its tarball.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, check, emptyProject, nodeEngine, packProject, ROOT, run, step, workFolder } from './steps.mjs';

const page = readFileSync(join(ROOT, 'docs/plugins.md'), 'utf8');
const [, section = ''] = page.split('### From an empty folder to a map over HTTP');
const [commands = [], [ask] = []] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) =>
  text.trim().split('\n'),
);
check(commands.at(-1) === 'npx whylight start', 'the last command of the docs starts no server');

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
  await answering(cwd, commands.at(-1).split(' '), /whylight answers at (\S+)/, '8787');
  check(
    !run(cwd, 'npx', 'whylight', 'plugins', 'list').includes('not built'),
    'plugins list says that something is not built after a start',
  );

  step('npx whylight plugins remove my_method');
  run(cwd, 'npx', 'whylight', 'plugins', 'remove', 'my_method');
  check(!run(cwd, 'npx', 'whylight', 'methods').includes('my_method'), 'my_method is there after plugins remove');
  step('done');
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Starts a server, and runs the command of the docs that asks for a map at its port. */
async function answering(cwd, [command, ...args], line, port) {
  const server = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await addressOf(server, line);
    run(cwd, 'bash', '-c', ask.replace('8787', port));
    const map = readFileSync(join(cwd, 'map.png'));
    check(map[1] === 0x50 && map[2] === 0x4e, 'no PNG came back');
    console.log(`a map of ${map.length} bytes`);
    rmSync(join(cwd, 'map.png'));
  } finally {
    if (server.exitCode === null) {
      process.kill(-server.pid, 'SIGTERM');
      await once(server, 'exit');
    }
  }
}
