// model: starts our scripted model server on a free port of loopback, or the shared replay server where that exists.
import { spawn } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { ROOT, SHARED, freePort, until } from './deployment.mjs';

async function start(argv, port) {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  await until('the model server', () => new Promise(r => http.get(`${url}/_log`, x => { x.resume(); r(true); }).on('error', () => r(false))));
  process.on('exit', () => child.kill());
  return { url, stop: () => child.kill(), child,
    json: p => new Promise((resolve, reject) => http.get(url + p, x => { let b = ''; x.on('data', c => { b += c; }); x.on('end', () => resolve(JSON.parse(b))); }).on('error', reject)) };
}

// folder: scenarios of the test's own.
export async function scriptModel(folder = path.join(ROOT, 'tests/support/scenarios')) {
  const port = await freePort();
  return start([path.join(ROOT, 'tests/support/script-model.mjs'), '--port', String(port), '--scenarios', folder], port);
}

export async function replayServer() {
  if (!SHARED) return null;
  const port = await freePort();
  return start([path.join(SHARED, 'llm/replay-server.mjs'), '--port', String(port), '--log', `/tmp/replay-${port}.jsonl`], port);
}
