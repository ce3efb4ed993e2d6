/** The real thing for tests of the page: `npm start` in workerd, on a free port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface StartedServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** @throws Error with what it said, when it ends before it answers */
export async function startServer(): Promise<StartedServer> {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--port', '0'], { cwd: ROOT });
  const ended = once(child, 'exit');
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /whylight answers at (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', () => reject(new Error(`The server did not start:\n${said}`)));
  });
  return {
    address,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
