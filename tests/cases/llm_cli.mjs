// llm_cli: the command line of `lyceum llm decode`: options, exit status, the shape of what it prints.
//
//   node tests/cases/llm_cli.mjs [path of lyceum, default build/lyceum]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.resolve(process.argv[2] || path.join(process.env.LYCEUM_BUILD || path.join(root, 'build'), 'lyceum'));
const delta = (d) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: d }] })}\n\n`;
const stream = delta({ reasoning: 'hm' }) + delta({ content: '<think>x</think>Grüße 👋' })
  + delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] })
  + 'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\ndata: [DONE]\n\n';
const whole = {
  text: '<think>x</think>Grüße 👋', reasoning: 'hm', opaque: [], tool_calls: [{ id: 'c', name: 'f', arguments: '{}' }], stop: 'tool_calls',
  usage: { input: 5, output: 2, reasoning: null, cache_read: null, cache_write: null, cost: null }, error: null,
};
const failed = { text: '', reasoning: '', opaque: [], tool_calls: [], stop: 'error', usage: null,
  error: { code: 'x', message: 'slow down', type: 't', status: 429, kind: 'rate_limited', retryable: true } };

const chat = ['llm', 'decode', '--api', 'openai-chat'];
const cases = [
  ['a stream', [...chat], stream, 0, whole],
  ['by bytes', [...chat, '--chunk', 'byte'], stream, 0, whole],
  ['by sevens, though a body was asked for', [...chat, '--chunk', '7', '--unary'], stream, 0, whole],
  ['all at once', [...chat, '--chunk', 'all'], stream, 0, whole],
  ['think tags', [...chat, '--think'], delta({ content: '<think>x</think>y' }) + 'data: [DONE]\n\n', 0,
    { text: 'y', reasoning: 'x', opaque: [], tool_calls: [], stop: 'stop', usage: null, error: null }],
  ['an error of the provider is a decoded answer', [...chat, '--status', '429'], '{"error":{"message":"slow down","type":"t","code":"x"}}', 0, failed],
  ['no API', ['llm', 'decode'], '', 2],
  ['another API', ['llm', 'decode', '--api', 'palm'], '', 2],
  ['no value', [...chat, '--chunk'], '', 2],
  ['chunks of nothing', [...chat, '--chunk', '0'], '', 2],
  ['no status', [...chat, '--status', '99'], '', 2],
  ['an unknown option', [...chat, '--fast', '1'], '', 2],
  ['an unknown verb', ['llm', 'encode', '--api', 'openai-chat'], '', 2],
];

let passed = 0, failures = 0;
for (const [name, args, input, status, want] of cases) {
  const run = spawnSync(program, args, { input });
  const out = run.stdout?.toString('utf8') ?? '';
  const good = run.status === status && (want ? out === JSON.stringify(want) + '\n' || JSON.stringify(JSON.parse(out)) === JSON.stringify(want)
    : out === '' && /usage: lyceum llm decode/.test(run.stderr.toString()));
  if (good) passed++;
  else {
    failures++;
    console.log(`FAILED ${name}: exit ${run.status}, ${out || run.stderr || run.error}`);
  }
}
console.log(`${passed} passed, ${failures} failed, 0 skipped`);
process.exit(failures ? 1 : 0);
