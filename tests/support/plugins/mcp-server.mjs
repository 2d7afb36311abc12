// mcp-server: a small MCP server on stdin and stdout, for tests of wrapped servers. It prints a banner first, as some do.
import readline from 'node:readline';

console.log('A server that talks too much.');
const tools = {
  add: { inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
    run: ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }, { type: 'resource_link', uri: 'https://example.com/sum', name: 'sum' }], structuredContent: { sum: a + b } }) },
  fail: { inputSchema: { type: 'object' }, run: () => ({ isError: true, content: [{ type: 'text', text: 'No such place.' }] }) },
};
let ready = false;
const send = m => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'small', version: '1' } } });
  else if (method === 'notifications/initialized') ready = true;
  else if (!ready) send({ id, error: { code: -32002, message: 'not initialized' } });
  else if (method === 'tools/list') send({ id, result: { tools: Object.entries(tools).map(([name, t]) => ({ name, inputSchema: t.inputSchema })) } });
  else if (method === 'tools/call' && tools[params.name]) {
    send({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
    send({ id: 'roots-1', method: 'roots/list' });
    send({ id, result: tools[params.name].run(params.arguments) });
  } else if (id !== undefined && method) send({ id, error: { code: -32601, message: 'no such method' } });
}
