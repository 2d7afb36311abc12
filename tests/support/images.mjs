// images: a server on this machine that answers as an OpenAI images API does: POST /v1/images/generations, a key, models of
// the gpt-image family that answer with base64 alone and refuse what the real one refuses. What the prompt says decides what
// goes wrong. Its pictures are made as it runs.
import http from 'node:http';
import zlib from 'node:zlib';

const crc = bytes => { let c = ~0; for (const b of bytes) { c ^= b; for (let k = 0; k < 8; k++) c = c & 1 ? c >>> 1 ^ 0xedb88320 : c >>> 1; } return ~c >>> 0; };
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}
// A PNG of noise, which does not shrink: width x height x 3 bytes and a little.
export function png(width, height, seed = 1) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let i = 0, x = seed; i < rows.length; i++) { x = Math.imul(x, 1103515245) + 12345 >>> 0; rows[i] = i % (width * 3 + 1) === 0 ? 0 : x >>> 16; }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(rows, { level: 0 })), chunk('IEND', Buffer.alloc(0))]);
}

const failure = (message, code, { type = 'invalid_request_error', param = null } = {}) => ({ error: { message, type, param, code } });
const KNOWN = ['model', 'prompt', 'n', 'size', 'quality', 'background', 'output_format', 'output_compression', 'moderation', 'stream', 'partial_images', 'user'];
const SIZES = ['auto', '1024x1024', '1536x1024', '1024x1536'];

// What a real one refuses before it draws: [status, body], or null.
function refusal(b, key, auth) {
  if (auth !== `Bearer ${key}`) return [401, failure('Incorrect API key provided.', 'invalid_api_key')];
  const unknown = Object.keys(b).find(k => !KNOWN.includes(k));
  if (unknown) return [400, failure(`Unknown parameter: '${unknown}'.`, 'unknown_parameter', { param: unknown })];
  if (typeof b.prompt !== 'string' || !b.prompt) return [400, failure("Missing required parameter: 'prompt'.", 'missing_required_parameter', { param: 'prompt' })];
  if (b.size && !SIZES.includes(b.size)) return [400, failure(`Invalid value: '${b.size}'. Supported values are: ${SIZES.join(', ')}.`, 'invalid_value', { param: 'size' })];
  if (b.quality && !['auto', 'low', 'medium', 'high'].includes(b.quality)) return [400, failure(`Invalid value: '${b.quality}'.`, 'invalid_value', { param: 'quality' })];
  if (/forbidden/.test(b.prompt)) return [400, failure('Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID req_test. safety_violations=[violence].', 'moderation_blocked', { type: 'image_generation_user_error' })];
  if (/too often/.test(b.prompt)) return [429, failure('Rate limit reached for gpt-image-1 on images per min: Limit 5, Used 5. Please try again in 12s.', 'rate_limit_exceeded', { type: 'input-images' })];
  if (/no money/.test(b.prompt)) return [429, failure('You exceeded your current quota, please check your plan and billing details.', 'insufficient_quota', { type: 'insufficient_quota' })];
  if (/broken server/.test(b.prompt)) return [500, failure('The server had an error while processing your request.', null, { type: 'server_error' })];
  return null;
}

function answer(b) {
  const [width, height] = /far too large/.test(b.prompt) ? [2048, 1024] : /three megabytes/.test(b.prompt) ? [1024, 1024] : [64, 32];
  return { created: 1700000000, background: 'opaque', data: [{ b64_json: png(width, height, b.prompt.length).toString('base64') }], output_format: 'png', quality: b.quality ?? 'medium', size: `${width}x${height}`,
    usage: { input_tokens: 10, input_tokens_details: { image_tokens: 0, text_tokens: 10 }, output_tokens: 4160, output_tokens_details: { image_tokens: 4160, text_tokens: 0 }, total_tokens: 4170 } };
}

function stream(r, b) {
  const whole = answer(b), event = o => r.write(`event: ${o.type}\ndata: ${JSON.stringify(o)}\n\n`);
  r.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (let i = 0; i < b.partial_images; i++) event({ type: 'image_generation.partial_image', partial_image_index: i, b64_json: png(64, 32, 100 + i).toString('base64'), output_format: 'png' });
  if (!/broken stream/.test(b.prompt)) event({ type: 'image_generation.completed', b64_json: whole.data[0].b64_json, usage: whole.usage, quality: whole.quality, output_format: 'png' });
  r.end();
}

// {url, asked: requests as they came, stop}
export async function imagesServer(key) {
  const asked = [];
  const server = http.createServer((q, r) => {
    const parts = [];
    q.on('data', p => parts.push(p));
    q.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8'), send = (status, body) => { r.writeHead(status, { 'content-type': 'application/json' }); r.end(typeof body === 'string' ? body : JSON.stringify(body, null, 2)); };
      let b = {};
      try { b = JSON.parse(text); } catch { return send(400, failure('We could not parse the JSON body of your request.', null)); }
      asked.push({ method: q.method, url: q.url, auth: q.headers.authorization, type: q.headers['content-type'], text, body: b });
      if (q.method !== 'POST' || !q.url.endsWith('/v1/images/generations')) return send(404, failure(`Invalid URL (${q.method} ${q.url})`, null));
      const no = refusal(b, key, q.headers.authorization);
      if (no) return send(...no);
      if (b.stream) return stream(r, b);
      const whole = JSON.stringify(answer(b), null, 2);
      if (/cut connection/.test(b.prompt)) { r.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length }); r.write(whole.slice(0, 2000)); return setImmediate(() => r.destroy()); }
      return send(200, /cut short/.test(b.prompt) ? whole.slice(0, whole.length / 2) : whole);
    });
  });
  await new Promise(r => server.listen(0, '127.0.0.1', r));
  return { url: `http://127.0.0.1:${server.address().port}`, asked, stop: () => server.close() };
}
