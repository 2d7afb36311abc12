// ref-stdio: the reference MCP server, which speaks HTTP, behind stdin and stdout: its request handler is called with what a
// request looks like.
import http from 'node:http';
import readline from 'node:readline';

let handler;
http.createServer = f => { handler = f; return { listen() {} }; };
await import('./mcp-ref-server.mjs');
let version;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const headers = { host: 'localhost', accept: 'application/json', 'content-type': 'application/json', ...(version ? { 'mcp-protocol-version': version } : {}) };
  const request = Object.assign((async function* () { yield Buffer.from(line); })(), { method: 'POST', url: '/mcp', headers });
  const body = await new Promise(resolve => { handler(request, { writeHead() { return this; }, end: resolve, write() {}, setHeader() {}, on() {} }); });
  if (!body) continue;
  version ??= JSON.parse(body).result?.protocolVersion;
  process.stdout.write(`${body}\n`);
}
