#!/usr/bin/env node
// script-model: a model server for tests: plays a scenario over OpenAI Chat Completions, Anthropic Messages, OpenAI Responses
// and Gemini, and refuses requests that a real server would refuse. No dependencies.
//   node script-model.mjs --port N --scenarios FOLDER
//   POST /agent/<scenario>/v1/chat/completions    POST /agent/<scenario>/v1/messages    POST /agent/<scenario>/v1/responses
//   POST /agent/<scenario>/v1/models/<model>:streamGenerateContent?alt=sse
//   GET /_log  /_violations  /_gaps (ms from the end of a reply to the next request of the same conversation)
//
// A scenario is a JSON file: {"turns":[{"expect","reasoning","text","tool_calls":[{"name","arguments"|"raw"}],"stop","error",
// "cut","status","word_ms"}], "repeat_last":bool}. The turn is chosen by how many assistant messages the request holds, so that
// a request that is sent again gets the same answer. In texts {{result}} is the last tool result, {{result:N}} the Nth.
// "expect": {"tools":[names],"no_tools":[names],"last_tool":name,"tool_results":N,"result_matches":regex,
// "every_result_matches":regex}: not met is a violation.
// For tests: "question", "dataset", "outcome", "answer_holds", "apis".
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const arg = (n, d) => { const i = process.argv.indexOf(`--${n}`); return i < 0 ? d : process.argv[i + 1]; };
const FOLDER = arg('scenarios', 'scenarios');
const log = [], violations = [], gaps = [];
let lastEnd = 0;
const sleep = ms => new Promise(r => setTimeout(r, ms));

// Both APIs' requests in one form: [{role, text, calls:[{id,name}], results:[{id,text}]}], or a reason why it is illegal.
function readChat(b) {
  const out = [];
  let open = new Set();
  for (const [i, m] of (b.messages ?? []).entries()) {
    if (m.role === 'system' || m.role === 'developer') { if (i > 0 && out.length > 0) return `messages[${i}]: ${m.role} after the conversation began`; continue; }
    if (m.role === 'tool') {
      if (!open.delete(m.tool_call_id)) return `messages[${i}]: a tool result for ${m.tool_call_id}, which was not called just before`;
      if (typeof m.content !== 'string') return `messages[${i}]: tool content must be text`;
      out.push({ role: 'tool', results: [{ id: m.tool_call_id, text: m.content }] });
      continue;
    }
    if (open.size) return `messages[${i}]: tool calls without results: ${[...open]}`;
    if (m.role === 'user') { if (!m.content?.length) return `messages[${i}]: empty user message`; out.push({ role: 'user', text: m.content }); continue; }
    if (m.role !== 'assistant') return `messages[${i}]: unknown role ${m.role}`;
    if (!m.content?.length && !m.tool_calls?.length) return `messages[${i}]: an empty assistant message`;
    for (const c of m.tool_calls ?? []) {
      if (!c.id || c.type !== 'function' || typeof c.function?.arguments !== 'string') return `messages[${i}]: a malformed tool call`;
      open.add(c.id);
    }
    out.push({ role: 'assistant', text: m.content, calls: (m.tool_calls ?? []).map(c => ({ id: c.id, name: c.function.name })) });
  }
  if (open.size) return `tool calls without results at the end: ${[...open]}`;
  return out;
}
function readAnthropic(b) {
  const out = [];
  let open = new Set(), previous = '';
  if (!(b.max_tokens > 0)) return 'max_tokens is required';
  for (const [i, m] of (b.messages ?? []).entries()) {
    const parts = typeof m.content === 'string' ? [{ type: 'text', text: m.content }] : m.content;
    if (m.role !== 'user' && m.role !== 'assistant') return `messages[${i}]: unknown role ${m.role}`;
    if (i === 0 && m.role !== 'user') return 'the first message must be the user\'s';
    if (m.role === previous && m.role === 'assistant') return `messages[${i}]: two assistant messages in a row`;
    if (!parts?.length) return `messages[${i}]: empty content`;
    if (parts.some(p => p.type === 'text' && !p.text)) return `messages[${i}]: an empty text block`;
    const results = parts.filter(p => p.type === 'tool_result'), calls = parts.filter(p => p.type === 'tool_use');
    for (const r of results) if (!open.delete(r.tool_use_id)) return `messages[${i}]: a result for ${r.tool_use_id}, which was not called just before`;
    if (open.size) return `messages[${i}]: tool_use without tool_result: ${[...open]}`;
    for (const c of calls) { if (typeof c.input !== 'object') return `messages[${i}]: input must be an object`; open.add(c.id); }
    const text = parts.filter(p => p.type === 'text').map(p => p.text).join('');
    const say = r => (typeof r.content === 'string' ? r.content : (r.content ?? []).map(p => p.text ?? '').join(''));
    if (results.length) out.push({ role: 'tool', results: results.map(r => ({ id: r.tool_use_id, text: say(r) })) });
    if (m.role === 'assistant') out.push({ role: 'assistant', text, calls: calls.map(c => ({ id: c.id, name: c.name })) });
    else if (text) out.push({ role: 'user', text });
    previous = m.role;
  }
  if (open.size) return `tool_use without tool_result at the end: ${[...open]}`;
  return out;
}

function readResponses(b) {
  const out = [], open = new Set();
  if (b.messages || b.max_tokens) return 'messages and max_tokens are not of this API';
  if (b.store !== false) return 'store must be false: nothing may stay at the provider';
  if ((b.tools ?? []).some(t => t.type !== 'function' || !t.name)) return 'tools are flat: type function, name';
  let said = null; // items of one assistant turn belong together
  const turn = () => { if (!said) { said = { role: 'assistant', text: '', calls: [] }; out.push(said); } return said; };
  for (const [i, x] of (b.input ?? []).entries()) {
    const text = kind => (x.content ?? []).map(p => { if (p.type !== kind) throw new Error(`input[${i}]: ${p.type}, not ${kind}`); return p.text; }).join('');
    const next = b.input[i + 1];
    if (x.type === 'reasoning') {
      if (!x.encrypted_content) return `input[${i}]: reasoning without its content`;
      if (!next || (next.type !== 'function_call' && next.type !== 'reasoning' && next.role !== 'assistant')) return `input[${i}]: reasoning without its following item`;
      turn().reasoning = x.encrypted_content;
    } else if (x.type === 'function_call') {
      if (!x.call_id || typeof x.arguments !== 'string') return `input[${i}]: a malformed call`;
      open.add(x.call_id);
      turn().calls.push({ id: x.call_id, name: x.name });
    } else if (x.type === 'function_call_output') {
      if (!open.delete(x.call_id)) return `input[${i}]: an output for ${x.call_id}, which was not called`;
      said = null;
      out.push({ role: 'tool', results: [{ id: x.call_id, text: x.output }] });
    } else if (x.role === 'assistant') turn().text += text('output_text');
    else if (x.role === 'system' || x.role === 'developer') { if (i > 0) return `input[${i}]: ${x.role} after the conversation began`; text('input_text'); }
    else if (x.role === 'user') { if (open.size) return `input[${i}]: calls without outputs: ${[...open]}`; if (!text('input_text')) return `input[${i}]: empty`; said = null; out.push({ role: 'user', text: text('input_text') }); }
    else return `input[${i}]: neither type nor role`;
  }
  if (open.size) return `calls without outputs at the end: ${[...open]}`;
  const bare = b.include && out.find(m => m.role === 'assistant' && m.calls.length && !m.reasoning);
  return bare ? 'reasoning was asked for in encrypted form, but did not come back' : out;
}
function readGemini(b) {
  const out = [];
  let asked = null; // the calls that wait for their responses
  for (const k of ['messages', 'model', 'stream', 'max_tokens']) if (k in b) return `unknown name "${k}"`;
  for (const [i, c] of (b.contents ?? []).entries()) {
    if (c.role !== 'user' && c.role !== 'model') return `contents[${i}]: role ${c.role}`;
    if (!c.parts?.length) return `contents[${i}].parts must not be empty`;
    const calls = c.parts.filter(p => p.functionCall), answers = c.parts.filter(p => p.functionResponse);
    const text = c.parts.map(p => (p.thought ? '' : p.text ?? '')).join('');
    if (asked && !answers.length) return `contents[${i}]: calls without responses`;
    if (c.role === 'model') {
      if (i === 0) return 'the first content must be the user\'s';
      if (calls.length && !calls[0].thoughtSignature) return `contents[${i}]: the first call lost its signature`;
      if (calls.some(p => typeof p.functionCall.args !== 'object')) return `contents[${i}]: args must be an object`;
      asked = calls.length ? calls.map(p => p.functionCall) : null;
      out.push({ role: 'assistant', text, calls: calls.map((p, k) => ({ id: `${i}.${k}`, name: p.functionCall.name })) });
    } else if (answers.length) {
      if (answers.length !== asked?.length) return `contents[${i}]: ${answers.length} responses to ${asked?.length ?? 0} calls`;
      const bad = answers.find((p, k) => p.functionResponse.name !== asked[k].name || p.functionResponse.id !== asked[k].id || typeof p.functionResponse.response !== 'object');
      if (bad) return `contents[${i}]: the response ${JSON.stringify(bad)} is not to its call`;
      out.push({ role: 'tool', results: answers.map((p, k) => ({ id: `${i - 1}.${k}`, text: p.functionResponse.response.output ?? p.functionResponse.response.error })) });
      asked = null;
    } else out.push({ role: 'user', text });
  }
  return asked ? 'calls without responses at the end' : out;
}

function unmet(expect, messages, tools) {
  const results = [];
  for (let i = messages.length - 1; i >= 0 && messages[i].role !== 'assistant'; i--) if (messages[i].role === 'tool') results.unshift(...messages[i].results);
  const before = [...messages].reverse().find(m => m.role === 'assistant');
  const nameOf = id => before?.calls.find(c => c.id === id)?.name;
  if (expect.tools && !expect.tools.every(n => tools.includes(n))) return `tools ${expect.tools} are not all among ${tools}`;
  const offered = (expect.no_tools ?? []).filter(n => tools.includes(n));
  if (offered.length) return `tools ${offered} are offered`;
  if (expect.tool_results !== undefined && results.length !== expect.tool_results) return `${results.length} results, not ${expect.tool_results}`;
  if (expect.last_tool && nameOf(results.at(-1)?.id) !== expect.last_tool) return `the last tool was ${nameOf(results.at(-1)?.id)}, not ${expect.last_tool}`;
  if (expect.result_matches && !results.some(r => new RegExp(expect.result_matches, 'i').test(r.text)))
    return `no result matches /${expect.result_matches}/: ${JSON.stringify(results).slice(0, 300)}`;
  const other = expect.every_result_matches && results.find(r => !new RegExp(expect.every_result_matches).test(r.text));
  if (other) return `a result does not match /${expect.every_result_matches}/: ${JSON.stringify(other).slice(0, 300)}`;
  return null;
}

function fill(text, messages) {
  const results = messages.flatMap(m => m.results ?? []);
  return text.replace(/\{\{result(?::(\d+))?\}\}/g, (_, n) => (n === undefined ? results.at(-1) : results[Number(n)])?.text ?? '');
}
// Words with the space behind them, so that a stream can be slow.
// What was written has reached the socket: a cut must come after it, not in its place.
const flushed = res => new Promise(r => res.write(':\n\n', r));
const words = text => text.match(/\S+\s*/g) ?? [];

async function streamChat(res, turn, text, id) {
  const send = (delta, finish = null, extra = {}) => res.write(`data: ${JSON.stringify({ id, object: 'chat.completion.chunk', model: 'scripted', choices: [{ index: 0, delta, finish_reason: finish }], ...extra })}\n\n`);
  send({ role: 'assistant', content: '' });
  if (turn.reasoning) send({ reasoning_content: turn.reasoning });
  for (const w of words(text)) { send({ content: w }); if (turn.word_ms) await sleep(turn.word_ms); }
  if (turn.error) { res.write(`data: ${JSON.stringify({ error: { message: turn.error, type: 'server_error' } })}\n\n`); return; }
  if (turn.cut) { await flushed(res); res.destroy(); return; }
  for (const [i, c] of (turn.tool_calls ?? []).entries()) {
    const a = c.raw ?? JSON.stringify(c.arguments ?? {});
    send({ tool_calls: [{ index: i, id: `call_${id}_${i}`, type: 'function', function: { name: c.name, arguments: '' } }] });
    for (let k = 0; k < a.length; k += 40) send({ tool_calls: [{ index: i, function: { arguments: a.slice(k, k + 40) } }] });
  }
  send({}, turn.stop ?? (turn.tool_calls?.length ? 'tool_calls' : 'stop'));
  res.write(`data: ${JSON.stringify({ id, choices: [], usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } })}\n\ndata: [DONE]\n\n`);
}
async function streamAnthropic(res, turn, text, id) {
  const send = (type, o) => res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...o })}\n\n`);
  let n = 0;
  send('message_start', { message: { id, type: 'message', role: 'assistant', model: 'scripted', content: [], stop_reason: null, usage: { input_tokens: 100, output_tokens: 1 } } });
  if (text) {
    send('content_block_start', { index: n, content_block: { type: 'text', text: '' } });
    for (const w of words(text)) { send('content_block_delta', { index: n, delta: { type: 'text_delta', text: w } }); if (turn.word_ms) await sleep(turn.word_ms); }
    send('content_block_stop', { index: n++ });
  }
  if (turn.error) { send('error', { error: { type: 'api_error', message: turn.error } }); return; }
  if (turn.cut) { await flushed(res); res.destroy(); return; }
  for (const [i, c] of (turn.tool_calls ?? []).entries()) {
    const a = c.raw ?? JSON.stringify(c.arguments ?? {});
    send('content_block_start', { index: n, content_block: { type: 'tool_use', id: `toolu_${id}_${i}`, name: c.name, input: {} } });
    for (let k = 0; k < a.length; k += 40) send('content_block_delta', { index: n, delta: { type: 'input_json_delta', partial_json: a.slice(k, k + 40) } });
    send('content_block_stop', { index: n++ });
  }
  const stops = { length: 'max_tokens', content_filter: 'refusal' };
  send('message_delta', { delta: { stop_reason: stops[turn.stop] ?? (turn.tool_calls?.length ? 'tool_use' : 'end_turn') }, usage: { output_tokens: 20 } });
  send('message_stop', {});
}

async function streamResponses(res, turn, text, id) {
  const output = [];
  const send = (type, o) => res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...o })}\n\n`);
  const item = async (opened, done, deltas) => {
    const output_index = output.length;
    send('response.output_item.added', { output_index, item: opened });
    for (const [type, delta] of deltas) { send(type, { output_index, delta }); if (turn.word_ms) await sleep(turn.word_ms); }
    if (!turn.error && !turn.cut) send('response.output_item.done', { output_index, item: done });
    output.push(done);
  };
  send('response.created', { response: { id, model: 'scripted', status: 'in_progress', output: [] } });
  const thought = turn.reasoning ?? (turn.tool_calls?.length ? 'I shall look.' : null);
  if (thought) await item({ type: 'reasoning', summary: [] }, { type: 'reasoning', id: `rs_${id}`, summary: [{ type: 'summary_text', text: thought }], encrypted_content: `enc:${id}` }, [['response.reasoning_summary_text.delta', thought]]);
  if (text) await item({ type: 'message', content: [] }, { type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }, words(text).map(w => ['response.output_text.delta', w]));
  if (turn.error) { send('error', { code: 'server_error', message: turn.error }); return; }
  if (turn.cut) { await flushed(res); res.destroy(); return; }
  for (const [i, c] of (turn.tool_calls ?? []).entries()) {
    const call = { type: 'function_call', id: `fc_${id}_${i}`, call_id: `call_${id}_${i}`, name: c.name, arguments: c.raw ?? JSON.stringify(c.arguments ?? {}) };
    await item({ ...call, arguments: '' }, call, [['response.function_call_arguments.delta', call.arguments]]);
  }
  const why = { length: 'max_output_tokens', content_filter: 'content_filter' }[turn.stop], status = why ? 'incomplete' : 'completed';
  send(`response.${status}`, { response: { id, status, incomplete_details: why ? { reason: why } : null, output, usage: { input_tokens: 100, output_tokens: 20 } } });
}
async function streamGemini(res, turn, text, id) {
  const send = (parts, more = {}) => res.write(`data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts }, index: 0, ...more }], usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 15, thoughtsTokenCount: 5 }, modelVersion: 'scripted' })}\r\n\r\n`);
  if (turn.reasoning) send([{ text: turn.reasoning, thought: true }]);
  for (const w of words(text)) { send([{ text: w }]); if (turn.word_ms) await sleep(turn.word_ms); }
  if (turn.error) { res.write(JSON.stringify({ error: { code: 500, message: turn.error, status: 'INTERNAL' } }, null, 2)); return; }
  if (turn.cut) { await flushed(res); res.destroy(); return; }
  const args = c => { try { return c.raw ? JSON.parse(c.raw) : c.arguments ?? {}; } catch { return {}; } };
  // Some models give ids, others none: as the length of the name has it.
  const own = i => (id.length % 2 ? { id: `${id}_${i}` } : {});
  if (turn.tool_calls?.length) send(turn.tool_calls.map((c, i) => ({ functionCall: { ...own(i), name: c.name, args: args(c) }, ...(i === 0 ? { thoughtSignature: `sig:${id}` } : {}) })));
  send([{ text: '' }], { finishReason: { length: 'MAX_TOKENS', content_filter: 'SAFETY' }[turn.stop] ?? 'STOP' });
}

const APIS = [
  { api: 'openai-chat', path: /\/v1\/chat\/completions$/, read: readChat, stream: streamChat },
  { api: 'anthropic', path: /\/v1\/messages$/, read: readAnthropic, stream: streamAnthropic },
  { api: 'openai-responses', path: /\/v1\/responses$/, read: readResponses, stream: streamResponses },
  { api: 'gemini', path: /\/v1\/models\/[\w.-]+:streamGenerateContent\?alt=sse$/, read: readGemini, stream: streamGemini },
];
const toolNames = b => (b.tools ?? []).flatMap(t => (t.functionDeclarations ?? [t]).map(x => x.name ?? x.function?.name));

async function play(res, name, { api, read, stream }, body) {
  const scenario = JSON.parse(fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'));
  const refuse = why => {
    violations.push({ scenario: name, api, why });
    res.writeHead(400, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: why } }));
  };
  let messages;
  try { messages = read(body); } catch (e) { messages = e.message; }
  if (typeof messages === 'string') return refuse(messages);
  const tools = toolNames(body);
  const at = messages.filter(m => m.role === 'assistant').length;
  const turn = scenario.turns[at] ?? (scenario.repeat_last ? scenario.turns.at(-1) : null);
  if (!turn) return refuse(`the scenario has ${scenario.turns.length} turns; this is one more`);
  const why = turn.expect ? unmet(turn.expect, messages, tools) : null;
  if (why) return refuse(`turn ${at}: ${why}`);
  if (turn.status) { res.writeHead(turn.status, { 'content-type': 'application/json' }); res.end(JSON.stringify({ error: { message: turn.error ?? 'no', type: 'scripted' } })); return; }
  const text = fill(turn.text ?? '', messages), id = `${name}-${at}`.replace(/[^a-zA-Z0-9_-]/g, '_');
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  await stream(res, turn, text, id);
  if (!res.destroyed) res.end();
}

http.createServer(async (req, res) => {
  const began = performance.now();
  const chunks = [];
  for await (const c of req) chunks.push(c);
  const send = o => { res.writeHead(200, { 'content-type': 'application/json' }); res.end(JSON.stringify(o)); };
  if (req.url === '/_log') return send(log);
  if (req.url === '/_violations') return send(violations);
  if (req.url === '/_gaps') return send(gaps);
  const m = /^\/agent\/([a-z0-9-]+)\/v1\//.exec(req.url), spoken = APIS.find(a => a.path.test(req.url));
  if (!m || !spoken) { res.writeHead(404); return res.end('{"error":{"message":"no such path"}}'); }
  let body;
  try { body = JSON.parse(Buffer.concat(chunks)); } catch { res.writeHead(400); return res.end('{"error":{"message":"not JSON"}}'); }
  const said = (body.messages ?? body.input ?? body.contents ?? []).length;
  if (lastEnd && said > 2) gaps.push(began - lastEnd);
  log.push({ url: req.url, messages: said });
  res.on('finish', () => { lastEnd = performance.now(); });
  await play(res, m[1], spoken, body);
}).listen(Number(arg('port', '8787')), '127.0.0.1');
