// scripted: the agent against scripted models that refuse illegal requests: our scenarios, and the shared ones where they are.
import { Deployment, Suite, equal, holds, must } from '../support/deployment.mjs';
import { replayServer, scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, SHARED } from '../support/deployment.mjs';

const s = new Suite();
const d = await Deployment.start({ settings: { 'test.alias_tools': true, 'limits.turn_steps': 8 } });
const model = await scriptModel();
const replay = await replayServer();
fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: Array.from({ length: 37 }, (_, i) => ({ id: i + 1, name: `repo-${i}`, stars: i * 3 })) }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);

equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0);
function add(name, url, api) {
  const r = d.lyceum(['model', 'set', name, '--api', api, '--url', url, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']);
  equal(r.status, 0, r.stdout + r.stderr);
}
async function ask(name, question = 'how many repos are there?') {
  const r = await d.lyceumAsync(['ask', '--dataset', 'repos', '--model', name, '--json', question]).done;
  must(r.stdout.trim().startsWith('{'), `no JSON: ${r.stdout} ${r.stderr}`);
  return { ...JSON.parse(r.stdout), status: r.status };
}
const violations = async server => (await server.json('/_violations')).map(v => JSON.stringify(v));

const own = fs.readdirSync(path.join(ROOT, 'tests/support/scenarios')).filter(f => f.endsWith('.json')).map(f => f.slice(0, -5));
for (const api of ['openai-chat', 'anthropic']) {
  for (const name of own) {
    const spec = JSON.parse(fs.readFileSync(path.join(ROOT, 'tests/support/scenarios', `${name}.json`), 'utf8'));
    if (!spec.outcome || (spec.apis && !spec.apis.includes(api))) continue; // scenarios for the browser say no outcome
    await s.test(`${name} over ${api}`, async () => {
      add(`m-${name}`, `${model.url}/agent/${name}/v1`, api);
      const r = await ask(`m-${name}`, spec.question ?? 'how many repos are there?');
      equal(r.outcome, spec.outcome, JSON.stringify(r).slice(0, 1500));
      for (const part of spec.answer_holds ?? []) holds(r.answer, part, 'answer');
      equal(r.status, ['done', 'asked', 'cannot_answer'].includes(spec.outcome) ? 0 : 1, 'exit status');
    });
  }
}
await s.test('no scripted model was sent an illegal request', async () => equal(await violations(model), []));

// The shared scenarios: what they must come to. Anything else than `done` is said here.
const outcomes = { 'loop-forever': 'limit', truncated: 'limit', 'truncated-tool': null, 'rate-limited': 'done', 'midstream-error': 'failed',
  'midstream-eof': 'failed', 'midstream-field-line': null, 'content-filter': null, refusal: null };
const shared = SHARED ? fs.readdirSync(path.join(SHARED, 'llm/scenarios')).filter(f => f.endsWith('.json')).map(f => f.slice(0, -5)) : [];
for (const api of ['openai-chat', 'anthropic']) {
  for (const name of ['fix-broken-sql', 'parallel-tools', 'bad-args', 'truncated', 'truncated-tool', 'midstream-error', 'midstream-eof', 'midstream-field-line',
    'refusal', 'content-filter', 'loop-forever', 'multi-turn', 'unicode', 'rate-limited', ...shared.filter(n => n.startsWith('quirk-') && api === 'openai-chat')]) {
    if (!replay) { s.skip(`shared ${name} over ${api}`, 'there is no ../shared'); continue; }
    if (!shared.includes(name)) continue;
    await s.test(`shared ${name} over ${api}`, async () => {
      add('shared', `${replay.url}/agent/${name}/v1`, api);
      const r = await ask('shared', name === 'multi-turn' ? 'the first question' : undefined);
      const want = name in outcomes ? outcomes[name] : 'done';
      if (want) equal(r.outcome, want, JSON.stringify(r).slice(0, 1500));
      else must(['done', 'failed', 'limit', 'stopped', 'cannot_answer'].includes(r.outcome), r.outcome);
      if (name === 'fix-broken-sql') holds(r.answer, '37');
      if (name === 'parallel-tools') equal(r.results.length, 2);
    });
  }
}
if (replay) await s.test('no shared scenario was sent an illegal request', async () => equal((await violations(replay)).filter(v => !/loop-forever/.test(v)), []));

await s.test('a model server that is down: the turn says so and can be tried again', async () => {
  add('down', 'http://127.0.0.1:9/v1', 'openai-chat');
  const r = await ask('down');
  equal(r.outcome, 'failed');
  holds(JSON.stringify(r), 'retr');
});
await s.test('a model that is not configured is a sentence', async () => {
  const r = await d.lyceumAsync(['ask', '--dataset', 'repos', '--model', 'nobody', '--json', 'x']).done;
  must(r.status !== 0, 'exit status');
  holds(r.stdout + r.stderr, 'nobody');
});
await s.test('one turn at a time in a conversation', async () => {
  const cookies = new Map();
  add('slow', `${model.url}/agent/slow-story/v1`, 'openai-chat');
  const r = await d.post('/-/chat', { question: 'slowly', dataset: 'repos', model: 'slow' }, { cookies });
  const chat = new URL(r.headers.location, d.url).pathname;
  const second = await d.post(chat, { question: 'and another' }, { cookies });
  equal(second.status, 409);
  const turn = /data-turn="(t_[a-z2-9]+)"/.exec((await d.get(chat, { cookies })).body)[1];
  equal((await d.post(`${chat}/stop`, { turn }, { cookies })).status, 303);
});
model.stop();
replay?.stop();
d.stop();
s.end();
