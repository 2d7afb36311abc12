#!/usr/bin/env node
// script-model: a model server for tests: plays a scenario over OpenAI Chat Completions and Anthropic Messages (streaming or
// not), and refuses requests that a real server would refuse. No dependencies.
//   node script-model.mjs --port N --scenarios FOLDER
//   POST /agent/<scenario>/v1/chat/completions    POST /agent/<scenario>/v1/messages
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

async function play(req, res, name, api, body) {
  const scenario = JSON.parse(fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'));
  const refuse = why => {
    violations.push({ scenario: name, api, why });
    res.writeHead(400, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: why } }));
  };
  const messages = api === 'anthropic' ? readAnthropic(body) : readChat(body);
  if (typeof messages === 'string') return refuse(messages);
  const tools = (body.tools ?? []).map(t => t.name ?? t.function?.name);
  const at = messages.filter(m => m.role === 'assistant').length;
  const turn = scenario.turns[at] ?? (scenario.repeat_last ? scenario.turns.at(-1) : null);
  if (!turn) return refuse(`the scenario has ${scenario.turns.length} turns; this is one more`);
  const why = turn.expect ? unmet(turn.expect, messages, tools) : null;
  if (why) return refuse(`turn ${at}: ${why}`);
  if (turn.status) { res.writeHead(turn.status, { 'content-type': 'application/json' }); res.end(JSON.stringify({ error: { message: turn.error ?? 'no', type: 'scripted' } })); return; }
  const text = fill(turn.text ?? '', messages), id = `${name}-${at}`.replace(/[^a-zA-Z0-9_-]/g, '_');
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  await (api === 'anthropic' ? streamAnthropic : streamChat)(res, turn, text, id);
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
  const m = /^\/agent\/([a-z0-9-]+)\/v1\/(chat\/completions|messages)$/.exec(req.url);
  if (!m) { res.writeHead(404); return res.end('{"error":{"message":"no such path"}}'); }
  let body;
  try { body = JSON.parse(Buffer.concat(chunks)); } catch { res.writeHead(400); return res.end('{"error":{"message":"not JSON"}}'); }
  if (lastEnd && (body.messages ?? []).length > 2) gaps.push(began - lastEnd);
  log.push({ url: req.url, messages: body.messages?.length });
  res.on('finish', () => { lastEnd = performance.now(); });
  await play(req, res, m[1], m[2] === 'messages' ? 'anthropic' : 'openai-chat', body);
}).listen(Number(arg('port', '8787')), '127.0.0.1');
