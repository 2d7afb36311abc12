// lyceum: a plugin's side of the protocol, in JavaScript. Copy this file into your plugin; it needs nothing else.
//
//   import { tool, run } from './lyceum.mjs';
//   tool('greet', (args, host) => `Hello, ${args.name}.`);
//   run();
//
// A tool returns a text, a block (an object with "type"), an array of these, or result(blocks, structured), or a promise of
// one. What it throws as a Failure is told to whoever asked, in your words. `host` reaches what your manifest declares, and
// nothing else does.
import fs from 'node:fs';

const FD = Number(process.env.LYCEUM_FD ?? 3);
const tools = new Map();

export class Failure extends Error {}
export const tool = (name, run) => { tools.set(name, run); };
export const text = words => ({ type: 'text', text: words });
export const table = (columns, rows, title) => ({ type: 'table', columns, rows, ...(title ? { title } : {}) });
export const result = (blocks, structured) => ({
  blocks: (Array.isArray(blocks) ? blocks : [blocks]).map(b => typeof b === 'string' ? text(b) : b),
  ...(structured === undefined ? {} : { structured }),
});

function send(message) {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  const all = Buffer.concat([head, body]);
  for (let at = 0; at < all.length;) at += fs.writeSync(FD, all, at);
}
function take(n) {
  const all = Buffer.alloc(n);
  for (let at = 0; at < n;) {
    const got = fs.readSync(FD, all, at, n - at, null);
    if (got === 0) return null;
    at += got;
  }
  return all;
}
function receive() {
  const head = take(4);
  const body = head && take(head.readUInt32LE());
  return body && JSON.parse(body.toString());
}

let asked = 0;
function ask(method, params) {
  const id = ++asked;
  send({ jsonrpc: '2.0', id, method, params });
  for (;;) {
    const m = receive();
    if (!m) process.exit(0);
    if (m.id !== id || m.method) continue;
    if (m.error) throw new Failure(m.error.message ?? 'The host refused.');
    return m.result;
  }
}
// What a plugin may ask for. Each call waits for the answer; a refusal is a Failure.
const host = settings => ({
  settings,
  query: (dataset, sql) => ask('host/query', { dataset, sql }), // rows, under the person's own rights (cap read.dataset)
  fetch: (method, url, { headers, body } = {}) => ask('host/fetch', { method, url, headers, body }), // a host that the manifest names (cap net)
  artifact: (type, bytes_b64, alt = '') => ask('host/artifact.put', { type, bytes_b64, alt }), // keeps an image (cap artifact)
  ask: (question, options = []) => ask('host/ask', { question, options }), // asks the person (cap ask)
  progress: words => send({ jsonrpc: '2.0', method: 'host/progress', params: { text: words } }),
});

async function call(params) {
  const run = tools.get(params.name);
  if (!run) throw new Failure('This plugin has no tool of that name.');
  const value = await run(params.arguments ?? {}, host(params._meta?.settings ?? {}));
  return value?.blocks ? value : result(value);
}
const methods = {
  initialize: () => ({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'plugin', version: '1' } }),
  'tools/list': () => ({ tools: [...tools.keys()].map(name => ({ name })) }),
  'tools/call': call,
};
// Serves until the host closes the connection.
export async function run() {
  for (let m; (m = receive());) {
    if (m.id === undefined || !m.method) continue;
    const reply = { jsonrpc: '2.0', id: m.id };
    try {
      if (methods[m.method]) reply.result = await methods[m.method](m.params);
      else reply.error = { code: -32601, message: 'no such method' };
    } catch (e) {
      reply.error = { code: -32000, message: e instanceof Failure ? e.message : `${e.name}: ${e.message}` };
    }
    send(reply);
  }
}
